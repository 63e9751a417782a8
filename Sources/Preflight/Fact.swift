package import Engine

/// One thing that a run needs, and how it stands: a line of `git orch doctor` and of `git orch run --dry-run`.
package struct Fact: Sendable, Equatable {
  package enum State: String, Sendable {
    case good
    /// A run works, but not as well as it could.
    case warning
    /// A run would fail: it is not begun.
    case fault
    /// It cannot be told, or does not apply.
    case unknown
  }

  /// What was looked at; the same whoever asks.
  package let name: String
  package let state: State
  /// One line, without a full stop.
  package let message: String
  /// What to do, a line each; commands after a colon.
  package let advice: [String]

  package init(_ name: String, _ state: State, _ message: String, advice: [String] = []) {
    self.name = name
    self.state = state
    self.message = message
    self.advice = advice
  }
}

extension [Fact] {
  /// Throws the first fault, with the others named.
  package func requireNoFault() throws(RunError) {
    guard let fault = first(where: { $0.state == .fault }) else { return }
    let others = filter { $0.state == .fault && $0 != fault }
    throw RunError(
      .preflight, fault.message, hints: fault.advice + others.map { "this is missing as well: \($0.message)" })
  }

  /// What the user should know before the first agent starts, a line each. How many agents the machine has room for is
  /// watched while they run, and said then; so is a ledger that is missing.
  package var warnings: [String] {
    filter { $0.state == .warning && !["Memory", "Open files", "Ledger"].contains($0.name) }.map { fact in
      fact.message + (fact.advice.first.map { "; \($0)" } ?? "")
    }
  }
}
