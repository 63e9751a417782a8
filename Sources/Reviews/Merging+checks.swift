import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The forge's checks of what is to be merged.
extension Merging {
  /// Waits for the forge's checks; returns why they rule the merge out, nil when they do not.
  func checkFault(_ rules: MergeRules, into base: String) async throws -> String? {
    let limit = context.place.settings[.reviewChecksTimeout]
    var waited = Duration.zero
    var pause = Duration.seconds(1)
    var recorded: [String]?
    let expectation = Expectation(rules: rules, base: base)
    while true {
      let (checks, why) = try await checksNow(expectation)
      let names = checks.names.map { plainText($0, limit: 100) }
      switch checks.state {
      case .none, .passed: return nil
      case .failed: return "checks failed\(Self.which(names))"
      case .pending:
        guard waited < limit else { return why ?? "checks are pending\(Self.which(names))" }
        if names != recorded {
          let end = JournalTime(Date(timeIntervalSinceNow: (limit - waited) / .seconds(1)))
          try await context.journal.append(.waitingForChecks(task: header.id, checks: names, until: end))
          recorded = names
        }
        let next = min(pause, limit - waited)
        try await terms.retryPolicy.pause(for: next, .checks)
        waited += next
        pause = min(pause * 2, .seconds(15))
      }
    }
  }

  /// What is known of the checks that are to come.
  private struct Expectation {
    let rules: MergeRules
    let base: String
  }

  /// The checks as they are, and why those that have not begun are waited for.
  private func checksNow(_ expected: Expectation) async throws -> (CheckSummary, why: String?) {
    let checks = try await forge.checks(of: tip.description)
    switch checks.state {
    case .failed, .pending: return (checks, nil)
    case .passed:
      let missing = expected.rules.requiredChecks.filter { !checks.reported.contains($0) }
      guard !missing.isEmpty else { return (checks, nil) }
      return (CheckSummary(state: .pending, names: missing), nil)
    case .none: break
    }
    if !expected.rules.requiredChecks.isEmpty {
      return (CheckSummary(state: .pending, names: expected.rules.requiredChecks), nil)
    }
    let waiting = CheckSummary(state: .pending)
    // They reported on the head before; those of a commit that was pushed just now are yet to begin.
    if hasPushedFixes, try await forge.checks(of: change.head.description).state != .none { return (waiting, nil) }
    guard let why = try await terms.mergeRules.reasonForChecks(into: expected.base, at: tip, in: context.place) else {
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
