import Basics
import Engine
package import Forges
package import Git
import Journal
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The forge's checks of what is to be merged.
extension MergeContext {
  /// A commit that is to be merged, and what is known of the checks that are to come.
  package struct CheckedCommit: Sendable {
    package let commit: ObjectID
    /// The head before it, where the commit was pushed just now: checks that reported on that one are yet to begin.
    package let earlier: ObjectID?
    package let rules: MergeRules
    package let base: String

    package init(_ commit: ObjectID, after earlier: ObjectID?, rules: MergeRules, base: String) {
      self.commit = commit
      self.earlier = earlier
      self.rules = rules
      self.base = base
    }
  }

  /// Waits for the forge's checks; returns why they rule the merge out, nil when they do not.
  package func checkFault(of checked: CheckedCommit, for task: String) async throws -> String? {
    let limit = place.settings[.reviewChecksTimeout]
    var waited = Duration.zero
    var pause = Duration.seconds(1)
    var recorded: [String]?
    while true {
      let (checks, why) = try await checksNow(checked)
      let names = checks.names.map { plainText($0, limit: 100) }
      switch checks.state {
      case .none, .passed: return nil
      case .failed: return "checks failed\(Self.which(names))"
      case .pending:
        guard waited < limit else { return why ?? "checks are pending\(Self.which(names))" }
        if names != recorded {
          let end = JournalTime(Date(timeIntervalSinceNow: (limit - waited) / .seconds(1)))
          try await journal.append(.waitingForChecks(task: task, checks: names, until: end))
          recorded = names
        }
        let next = min(pause, limit - waited)
        try await retryPolicy.pause(for: next, .checks)
        waited += next
        pause = min(pause * 2, .seconds(15))
      }
    }
  }

  /// The checks as they are, and why those that have not begun are waited for.
  private func checksNow(_ checked: CheckedCommit) async throws -> (CheckSummary, why: String?) {
    let checks = try await forge.checks(of: checked.commit.description)
    switch checks.state {
    case .failed, .pending: return (checks, nil)
    case .passed:
      let missing = checked.rules.requiredChecks.filter { !checks.reported.contains($0) }
      guard !missing.isEmpty else { return (checks, nil) }
      return (CheckSummary(state: .pending, names: missing), nil)
    case .none: break
    }
    if !checked.rules.requiredChecks.isEmpty {
      return (CheckSummary(state: .pending, names: checked.rules.requiredChecks), nil)
    }
    let waiting = CheckSummary(state: .pending)
    // They reported on the head before; those of a commit that was pushed just now are yet to begin.
    if let earlier = checked.earlier, try await forge.checks(of: earlier.description).state != .none {
      return (waiting, nil)
    }
    guard let why = try await rules.reasonForChecks(into: checked.base, at: checked.commit, in: place) else {
      return (checks, nil)
    }
    return (waiting, "no checks have reported, although \(why)")
  }

  private static func which(_ names: [String]) -> String {
    guard !names.isEmpty else { return "" }
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    return ": \(names.prefix(5).joined(separator: ", "))\(more)"
  }
}
