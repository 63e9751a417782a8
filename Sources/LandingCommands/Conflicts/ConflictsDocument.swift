import Basics
import Conflicts
import Git
import Merging

/// The conflicts as JSON, schema 1: fields may be added within it, none is renamed or removed.
enum ConflictsDocument {
  /// More paths of one verdict than this are counted only.
  private static let mostPaths = 1_000

  static func json(_ found: FoundConflicts) -> JSON {
    let report = found.report
    let counts = report.counts
    return .object([
      "schema": 1,
      "run": found.scene.run.map(JSON.string) ?? .null,
      "base": ["branch": .string(found.scene.base), "commit": .string(report.base.description)],
      "clean": .bool(report.isClean),
      "branches": .array(
        report.branches.indices.map { index in
          let (branch, scene) = (report.branches[index], found.scene.branches[index])
          return .object([
            "name": .string(branch.name),
            "task": scene.task.map(JSON.string) ?? .null,
            "branch": .string(scene.branch),
            "commit": .string(scene.tip.description),
            "uncommitted": .bool(found.uncommitted.contains(branch.name)),
            "merged": .bool(branch.isMerged),
            "base": verdict(branch.base),
            "conflicts": .number(Double(counts[index])),
          ])
        }),
      "pairs": .array(
        report.pairs.map { pair in
          .object([
            "branches": [
              .string(report.branches[pair.first].name), .string(report.branches[pair.second].name),
            ],
            "conflict": verdict(pair.verdict),
          ])
        }),
      "notes": .array(found.notes.map(JSON.string)),
    ])
  }

  private static func verdict(_ verdict: ConflictReport.Verdict) -> JSON {
    func paths(_ list: [String]) -> JSON { .array(list.prefix(mostPaths).map(JSON.string)) }
    return .object([
      "clean": .bool(verdict.isClean),
      "unrelated": .bool(verdict.isUnrelated),
      "count": .number(Double(verdict.paths.count)),
      "here": paths(verdict.here),
      "forge": paths(verdict.forge ?? verdict.here),
    ])
  }
}
