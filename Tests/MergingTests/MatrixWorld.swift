import Basics
import Git
import Merging
import OrchTestSupport
import SystemPackage
import Testing

/// A repository with branches to be judged.
struct MatrixWorld {
  let repository: TemporaryRepository
  let quarantine: MergeQuarantine

  init(_ history: ImportedHistory) async throws {
    repository = try await TemporaryRepository("repository", options: ["-b", "main"])
    try await history.write(into: repository)
    quarantine = try await MergeQuarantine(
      commonDirectory: repository.path.appending(".git"), environment: repository.environment)
  }

  /// The branches by name, but the base.
  func branches(under prefix: String = "") async throws -> (base: ObjectID, others: [JudgedBranch]) {
    let lines = try await repository.git(
      "for-each-ref", "--sort=refname", "--format=%(objectname) %(refname:short)", "refs/heads/\(prefix)")
    var base: ObjectID?
    var others: [JudgedBranch] = []
    for line in lines.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 1).map(String.init)
      let id = try #require(ObjectID(fields[0]))
      if fields[1] == "\(prefix)main" { base = id } else { others.append(JudgedBranch(name: fields[1], tip: id)) }
    }
    return (try #require(base), others)
  }

  func matrix(isScreening: Bool = true) -> ConflictMatrix {
    ConflictMatrix(quarantine, environment: repository.environment, isScreening: isScreening)
  }

  /// Judged, as `one↯other: paths` for each pair and `one: paths` with the base.
  func verdicts(isScreening: Bool = true) async throws -> (texts: [String], asked: Int) {
    let (base, others) = try await branches()
    let matrix = matrix(isScreening: isScreening)
    let report = try await matrix.judge(base: base, others)
    return (Self.texts(report), await matrix.asked)
  }

  static func texts(_ report: ConflictReport) -> [String] {
    func text(_ verdict: ConflictReport.Verdict) -> String {
      (verdict.isUnrelated ? "unrelated" : verdict.here.joined(separator: " "))
        + (verdict.forge.map { " | " + $0.joined(separator: " ") } ?? "")
    }
    return report.branches.filter { !$0.base.isClean }.map { "\($0.name): \(text($0.base))" }
      + report.pairs.map {
        "\(report.branches[$0.first].name)↯\(report.branches[$0.second].name): \(text($0.verdict))"
      }
  }
}
