package import Agents
import Basics
package import Processes
package import Settings
package import SystemPackage

/// What is put into a sandbox, as `sandbox.*` have it: what runs a fork's code, and, where `sandbox.agents` says so,
/// one's own agents, tests and set-ups.
package struct SandboxPolicy: Sendable {
  private let place: RepositoryContext
  package let mode: SandboxMode
  /// Whether one's own agents, tests and set-ups are covered.
  package let coversAgents: Bool

  package init(_ place: RepositoryContext) {
    self.place = place
    mode = place.settings[.sandboxMode]
    coversAgents = mode != .off && place.settings[.sandboxAgents]
  }

  /// What is to run.
  package enum Subject: Sendable, Equatable {
    /// Tests or a set-up of a fork.
    case fork
    /// Tests of one's own.
    case tests
    /// A set-up of one's own.
    case setup(branch: String)
    /// An agent, whatever it works on. `files` are those of the run that it reads.
    case agent(branch: String?, directories: [FilePath], files: [FilePath], state: AgentState?)
  }

  /// What covers `subject`, if anything does, in the way that it can be made here.
  /// - Throws: `SandboxMissing` where it must be covered and cannot.
  package func sandbox(
    for subject: Subject, worktree: FilePath, environment: [String: String], scratch: FilePath
  ) async throws -> Sandbox? {
    guard mode != .off, subject == .fork || coversAgents else { return nil }
    switch await SandboxTrial.shared.availability(place.environment) {
    case .missing(let obstacle):
      if mode == .required { throw SandboxMissing(obstacle) }
      return nil
    case .works(let tool):
      let builder = SandboxBuilder(place: place, environment: environment)
      switch subject {
      case .fork:
        return Sandbox(tool: tool, profile: try await builder.forFork(worktree: worktree, scratch: scratch))
      case .tests:
        return Sandbox(tool: tool, profile: try builder.forOwn(worktree: worktree, git: .readOnly))
      case .setup(let branch):
        return Sandbox(tool: tool, profile: try builder.forOwn(worktree: worktree, git: .committing(to: branch)))
      case .agent(let branch, let directories, let files, let state):
        return Sandbox(
          tool: tool,
          profile: try builder.forAgent(
            worktree: worktree, branch: branch, directories: directories, files: files, state: state))
      }
    }
  }

  /// Looks before anything is paid for: what the user should know, if anything.
  /// - Parameter runsFork: whether a fork's code is going to run.
  /// - Throws: `RunError` where a sandbox is required and none can be made.
  package func examine(runsFork: Bool) async throws -> String? {
    guard mode != .off, runsFork || coversAgents,
      case .missing(let obstacle) = await SandboxTrial.shared.availability(place.environment)
    else { return nil }
    let what = coversAgents ? (runsFork ? "agents and a fork's code" : "agents") : "a fork's code"
    if mode == .required {
      throw RunError(
        .sandboxMissing, "\(what) may only run in a sandbox (orchestrator.sandbox.mode), and \(obstacle.reason)",
        hints: obstacle.advice)
    }
    return "\(what) will run without a sandbox: \(obstacle.reason); see git orch doctor"
  }
}

/// A sandbox is required, and none can be made.
package struct SandboxMissing: Error, CustomStringConvertible {
  package let description: String

  init(_ obstacle: SandboxObstacle) {
    description = "it may only run in a sandbox (orchestrator.sandbox.mode), and \(obstacle.reason)"
  }
}

/// Why no profile can be made for a worktree.
package struct SandboxFault: Error, CustomStringConvertible {
  package let description: String
}
