package import Agents
package import Journal
package import Processes
package import SystemPackage

/// What an agent is to bring about in a worktree, whatever it is.
package protocol AgentWork: Sendable {
  /// What there is once the work is complete.
  associatedtype Product: Sendable

  /// The task's id.
  var id: String { get }
  var worktree: FilePath { get }
  /// The branch that it commits to; nil when it makes no commits.
  var branch: String? { get }

  /// Returns when another attempt may begin, as far as other tasks are concerned. Asked before its prompt is made.
  /// - Parameter stop: ends the wait.
  func awaitTurn(until stop: StopRequest) async throws
  /// Why no agent can start there now, as a sentence; nil when one can. Asked before each attempt.
  func obstacle() async throws -> String?
  func options() throws -> AgentOptions
  /// Whether the working tree is a stranger's.
  var isForeign: Bool { get }
  /// The prompt of an attempt that knows nothing yet.
  func firstPrompt() -> String
  /// The prompt of an attempt that follows another.
  /// - Parameters:
  ///   - reason: how the attempt before ended, as a clause.
  ///   - resumed: whether the agent still has the conversation.
  func nextPrompt(after reason: String, resumed: Bool) async -> String
  /// Whether the conversation of an attempt of an earlier process is about this work.
  func mayResume(_ attempt: AttemptState) -> Bool
  /// Looks at what is there after an attempt that was reported as done. In the worktree of complete work nothing is left
  /// that is not committed.
  func examine(_ outcome: AttemptOutcome) async throws -> Verification<Product>
}

extension AgentWork {
  package var isForeign: Bool { false }
  package var branch: String? { nil }
  package func awaitTurn(until stop: StopRequest) async throws {}
  package func mayResume(_ attempt: AttemptState) -> Bool { true }
}

/// What is there, whatever the agent says.
package enum Verification<Product: Sendable>: Sendable {
  case complete(Product)
  case incomplete(Failure)

  package struct Failure: Sendable, Equatable {
    /// A clause.
    package let reason: String
    /// What the task ends as if this is how it stays.
    package let status: TaskStatus
    /// Whether telling the agent may help.
    package let isWorthAnother: Bool
    /// What the user can do if this is how it stays, a line each.
    package let advice: [String]

    package init(reason: String, status: TaskStatus, isWorthAnother: Bool, advice: [String] = []) {
      self.reason = reason
      self.status = status
      self.isWorthAnother = isWorthAnother
      self.advice = advice
    }
  }
}

/// How a task ended, before it is written down.
package struct TaskEnding: Equatable, Sendable {
  package var status: TaskStatus
  /// Why; nil for a success about which there is nothing to say.
  package var message: String?
  /// What the user can do next, a line each.
  package var advice: [String] = []

  package init(
    status: TaskStatus, message: String? = nil, advice: [String] = []
  ) {
    self.status = status
    self.message = message
    self.advice = advice
  }
}
