import Agents
import ClaudeCode
import Foundation
import Processes
import Synchronization
import SystemPackage

/// An agent inside the test process, without a process of its own: each attempt ends as the next of a list says.
final class InProcessAgent: Agent {
  typealias Attempt = @Sendable (AttemptRequest, StopRequest) async -> AttemptOutcome

  private struct State {
    var attempts: [Attempt]
    var requests: [AttemptRequest] = []
  }

  private let state: Mutex<State>

  init(_ attempts: [Attempt]) { state = Mutex(State(attempts: attempts)) }

  /// Attempts that do nothing and end so.
  convenience init(ending ends: AttemptEnd..., session: String? = "session") {
    self.init(ends.map { end in { _, _ in AttemptOutcome(end: end, sessionID: session) } })
  }

  /// What each attempt was started with.
  var requests: [AttemptRequest] { state.withLock { $0.requests } }
  var prompts: [String] {
    requests.map { (try? String(contentsOfFile: $0.files.prompt.string, encoding: .utf8)) ?? "none" }
  }
  var sessions: [String?] {
    requests.map { if case .resumed(let id, _, _) = $0.session { id } else { nil } }
  }

  func perform(
    _ request: AttemptRequest, stop: StopRequest, launched: @escaping @Sendable (ProcessIdentity) async -> Void,
    observe: @escaping @Sendable (AgentEvent) async -> Void
  ) async -> AttemptOutcome {
    let attempt = state.withLock { state -> Attempt? in
      state.requests.append(request)
      return state.attempts.isEmpty ? nil : state.attempts.removeFirst()
    }
    return await attempt?(request, stop) ?? AttemptOutcome(end: .notLaunched("more attempts than the test has"))
  }

  let kind = "claude"
  let name = "claude"
  let version: String? = "2.1.330"
  let command = "claude"
  let model: String? = nil
  var capabilities: AgentCapabilities { ClaudeCode(executable: "/nonexistent", version: version).capabilities }

  var loginWays: (command: String, keyVariable: String)? {
    ClaudeCode(executable: "/nonexistent", version: version).loginWays
  }

  // Only what starts a process asks for these.
  func invocation(for request: AttemptRequest) -> Invocation {
    Invocation(executable: "/nonexistent", arguments: [], environment: [:])
  }
  func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader { ClaudeStreamReader() }
}
