import Basics
package import Journal

/// What it takes to take a run back, or to bring it back after that.
package struct UndoPlan: Sendable {
  package let run: String
  package let isRedo: Bool
  /// Whether an earlier process began it and did not come to its end.
  package let isRest: Bool
  /// Counts from 1; a run that was brought back can be taken back once more.
  package let number: Int
  /// What is to be changed, in the order of the run.
  package internal(set) var changes: [EffectRecord] = []
  /// What stays although it belongs to the run, and why.
  package internal(set) var left: [String] = []
  /// What nobody can take back.
  package internal(set) var lasting: [String] = []
  /// US dollars that its agents cost, which nobody takes back either.
  package internal(set) var cost = 0.0
  /// Why nothing is done at all; empty when it can be.
  package internal(set) var refusals: [Refusal] = []
  /// Worktrees that hold uncommitted work, which is saved first.
  package internal(set) var unsaved: [String] = []

  package struct Refusal: Sendable, Equatable {
    package let reason: String
    package let hints: [String]

    init(_ reason: String, _ hints: String...) {
      self.reason = reason
      self.hints = hints
    }
  }

  init(run: String, isRedo: Bool, isRest: Bool, number: Int) {
    self.run = run
    self.isRedo = isRedo
    self.isRest = isRest
    self.number = number
  }

  /// Where what a reference pointed to is kept.
  func keptName(of reference: String) -> String {
    "refs/orchestrator/undone/\(run)/\(number)/\(reference.hasPrefix("refs/") ? String(reference.dropFirst(5)) : reference)"
  }

  func changes(of kinds: EffectKind...) -> [EffectRecord] { changes.filter { kinds.contains($0.kind) } }
}

extension EffectRecord {
  /// The change as the user is told of it: what is done.
  package var deed: String {
    func short(_ commit: String?) -> String { String((commit ?? "").prefix(10)) }
    let branch = name.hasPrefix("refs/heads/") ? "branch \(name.dropFirst("refs/heads/".count))" : name
    switch (kind, before, after) {
    case (.reference, _, _) where name.hasPrefix("refs/remotes/"):
      return "\(after == nil ? "forget" : "note") \(name)\(after == nil ? "" : " at \(short(after))")"
    case (.reference, nil, _): return "create \(branch) at \(short(after))"
    case (.reference, _, nil): return "delete \(branch) (at \(short(before)), which is kept)"
    case (.reference, _, _): return "move \(branch) from \(short(before)) to \(short(after))"
    case (.worktree, _, nil): return "move worktree \(before ?? name) to the trash"
    case (.worktree, _, _): return "move worktree \(after ?? name) back from the trash"
    case (.configuration, _, nil): return "unset \(name)"
    case (.configuration, _, _): return "set \(name) to \(after ?? "")"
    case (.remoteBranch, nil, _): return "push \(branch) to \(place ?? "the remote") at \(short(after))"
    case (.remoteBranch, _, nil): return "delete \(branch) of \(place ?? "the remote") (at \(short(before)))"
    case (.remoteBranch, _, _):
      return "move \(branch) of \(place ?? "the remote") from \(short(before)) to \(short(after))"
    case (.pullRequest, _, "open"): return "open pull request #\(name) again\(place.map { " (\($0))" } ?? "")"
    case (.pullRequest, _, _): return "close pull request #\(name)\(place.map { " (\($0))" } ?? "")"
    case (.pullRequestBase, _, _): return "make \(after ?? "") the base of pull request #\(name) again"
    case (.checkout, _, _): return "set worktree \(name) to \(short(after))"
    case (.file, nil, _): return "write \(name)"
    case (.file, _, nil): return "remove \(name)"
    case (.file, _, _): return "write \(name) as it was"
    default: return "change \(kind.rawValue) \(name)"
    }
  }
}

package enum UndoError: Error, CustomStringConvertible {
  /// A part of it is done.
  case incomplete(run: String, isRedo: Bool, reason: String)

  package var description: String {
    switch self {
    case .incomplete(let run, let isRedo, let reason):
      """
      run \(run) is only partly \(isRedo ? "brought back" : "taken back"): \(reason)
      hint: to finish it: git orch undo \(run)
      """
    }
  }
}
