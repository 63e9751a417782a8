import Git
import OrchTestSupport
import TerminalUI
import Testing

@testable import Conflicts
@testable import Merging

/// The conflicts as people read them, in wide and narrow windows.
@Suite struct ConflictsTextTests {
  private static func found() throws -> FoundConflicts {
    let tip = try #require(ObjectID("4f2c9ab" + String(repeating: "0", count: 33)))
    let names = [
      "add-rate-limit-to-login", "add-audit-log-api", "fix-timezone-in-export", "replace-moment-with-temporal",
      "translate-emails-to-japanese", "add-webhook-retries",
    ]
    let scene = BranchScene(
      run: "20261126-091530-5411", base: "main", baseCommit: tip,
      branches: names.map { .init(name: $0, task: $0, branch: "feature/\($0)", tip: tip, worktree: nil) },
      missing: ["use-native-fetch"])
    let report = ConflictReport(
      base: tip,
      branches: names.map {
        .init(
          name: $0, tip: tip, isMerged: $0 == "add-rate-limit-to-login",
          base: .init(here: $0 == "add-webhook-retries" ? ["src/jobs/index.ts"] : []))
      },
      pairs: [
        .init(first: 2, second: 3, verdict: .init(here: ["src/export/dates.ts", "src/locales/メール.json"])),
        .init(first: 1, second: 5, verdict: .init(here: ["CHANGELOG.md"], forge: ["CHANGELOG.md", "schema.lock"])),
      ], notes: [])
    return FoundConflicts(
      scene: scene, report: report, uncommitted: ["fix-timezone-in-export"],
      notes: ["no branch yet: use-native-fetch"])
  }

  @Test(arguments: [100, 60, 40]) func `a matrix, or a list where there is no room for it`(width: Int) throws {
    let lines = ConflictsText.lines(try Self.found(), width: width, palette: .plain)
    try assertSnapshot(lines.joined(separator: "\n"), "conflicts-\(width).txt")
  }

  @Test func `without Unicode`() throws {
    let found = try Self.found()
    let lines = ConflictsText.lines(found, width: 40, palette: Palette(isColored: false, glyphs: .ascii))
    #expect(!lines.contains { $0.contains("↯") })
    #expect(lines.contains("fix-timezone-in-export ! replace-moment-with-temporal"), "\(lines)")
  }
}
