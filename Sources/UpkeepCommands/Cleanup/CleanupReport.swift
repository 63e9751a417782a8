import Basics
import Leftovers
import RunViews
import SystemPackage
import Upkeep

/// What is to be removed and what was, as people and as scripts read it.
struct CleanupReport {
  let plan: Cleanup.Plan
  let isDryRun: Bool
  let trash: FilePath

  private var removed: [(leftover: Leftover, entry: TrashEntry)] = []
  private var kept: [KeptLeftover] = []
  private var failed: [KeptLeftover] = []
  private var deleted: [Trash.Expired] = []
  private var undeleted: [(expired: Trash.Expired, reason: String)] = []

  init(plan: Cleanup.Plan, isDryRun: Bool, trash: FilePath) {
    self.plan = plan
    self.isDryRun = isDryRun
    self.trash = trash
  }

  var hasFailed: Bool { !failed.isEmpty || !undeleted.isEmpty }

  mutating func add(_ step: Cleanup.Step) {
    switch step {
    case .removed(let leftover, let entry): removed.append((leftover, entry))
    case .kept(let leftover): kept.append(leftover)
    case .failed(let leftover): failed.append(leftover)
    case .deleted(let expired): deleted.append(expired)
    case .notDeleted(let expired, let reason): undeleted.append((expired, reason))
    }
  }

  // MARK: - Lines

  var linesOfPlan: [String] {
    plan.going.map { sanitized("remove \(Self.name(of: $0)): \($0.reason)") }
      + plan.expired.map { sanitized("delete \(Self.name(of: $0)): it can no longer be put back") }
      + plan.kept.map { sanitized("keep \(Self.name(of: $0.leftover)): \($0.reason)") }
      + (plan.isEmpty && plan.kept.isEmpty ? ["nothing to remove"] : [])
  }

  /// What did not go as planned; nil for what did.
  static func line(of step: Cleanup.Step) -> String? {
    switch step {
    case .removed, .deleted: nil
    case .kept(let kept): "kept \(name(of: kept.leftover)): \(kept.reason)"
    case .failed(let kept): "error: \(name(of: kept.leftover)): \(kept.reason)"
    case .notDeleted(let expired, let reason): "error: \(name(of: expired)): \(reason)"
    }
  }

  var closingLines: [String] {
    if isDryRun || plan.isEmpty { return [] }
    var lines = ["removed \(removed.count)\(deleted.isEmpty ? "" : ", and deleted \(deleted.count) for good")"]
    if let last = removed.last {
      lines.append(
        "to put something back: sh '\(trash)/<id>/restore', for example "
          + "'\(last.entry.id)' for the \(Self.name(of: last.leftover))")
    }
    return lines
  }

  private static func name(of leftover: Leftover) -> String {
    let word =
      switch leftover.kind {
      case .worktree: "worktree"
      case .folder: "folder"
      case .record: "record"
      case .reviewBranch, .branch: "branch"
      case .reviewReference: "reference"
      case .savedWork: "saved work"
      case .ledger: "ledger"
      case .home: "home folder"
      case .temporary: "temporary file"
      case .run: "run"
      }
    return "\(word) '\(leftover.name)'"
  }

  private static func name(of expired: Trash.Expired) -> String {
    expired.what.map { "\(expired.id) (\($0))" } ?? expired.id
  }

  // MARK: - JSON

  /// Schema version 1: fields may be added within it, none is renamed or removed.
  private struct Document: Encodable {
    struct Item: Encodable {
      let kind: Leftover.Kind
      let name: String
      let run: String?
      let task: String?
      let reason: String
      /// Its folder in the trash; absent while it is only planned.
      var trash: String?

      init(_ leftover: Leftover, _ reason: String, trash: String? = nil) {
        (kind, name, run, task) = (leftover.kind, leftover.name, leftover.run, leftover.task)
        self.reason = reason
        self.trash = trash
      }
    }

    struct Deleted: Encodable {
      let id: String
      let what: String?
      var error: String?
    }

    let schema = 1
    let dryRun: Bool
    let success: Bool
    let removed: [Item]
    let kept: [Item]
    let failed: [Item]
    let deleted: [Deleted]
    let notDeleted: [Deleted]
  }

  func json() throws -> String {
    let document = Document(
      dryRun: isDryRun, success: !hasFailed,
      removed: isDryRun
        ? plan.going.map { .init($0, $0.reason) }
        : removed.map { .init($0.leftover, $0.leftover.reason, trash: "\(trash)/\($0.entry.id)") },
      kept: (plan.kept + kept).map { .init($0.leftover, $0.reason) },
      failed: failed.map { .init($0.leftover, $0.reason) },
      deleted: (isDryRun ? plan.expired : deleted).map { .init(id: $0.id, what: $0.what) },
      notDeleted: undeleted.map { .init(id: $0.expired.id, what: $0.expired.what, error: $0.reason) })
    return try StatusDocument.json(document)
  }
}
