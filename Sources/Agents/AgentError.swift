package import Basics
package import SystemPackage

/// Why an agent cannot be used, or a question to it was not answered.
package enum AgentError: Error, Sendable, Equatable, CustomStringConvertible {
  case commandNotFound(String)
  case commandNotExecutable(FilePath)
  case versionTooOld(FilePath, found: String, minimum: String)
  /// It could not be started, gave no version in time, or answered something else.
  case versionUnknown(FilePath, answer: String)
  /// - `remedy`: the command that sets what the client does not refuse.
  case permissionsNotSkippableAsRoot(remedy: String)
  case failed(AgentFailure)
  case timedOut(Duration)
  case cancelled
  /// The agent ended well but gave no answer of the shape asked for.
  case noStructuredAnswer(String)
  case notLaunched(String)
  case inaccessibleFile(FileError)

  package var description: String {
    switch self {
    case .commandNotFound(let command):
      "'\(plainText(command, limit: 300))' not found; install Claude Code, or name its program with "
        + "'git config orchestrator.agent.command PATH'"
    case .commandNotExecutable(let path):
      "'\(path)' is not an executable file; make it one with 'chmod +x', or name another program with "
        + "'git config orchestrator.agent.command PATH'"
    case .versionTooOld(let path, let found, let minimum):
      "'\(path)' is version \(found), and \(minimum) or newer is needed; update it with 'claude update', or name "
        + "another program with 'git config orchestrator.agent.command PATH'"
    case .versionUnknown(let path, let answer):
      "'\(path)' does not look like Claude Code: '\(path) --version' \(answer); name the right program with "
        + "'git config orchestrator.agent.command PATH'"
    case .permissionsNotSkippableAsRoot(let remedy):
      "Claude Code refuses to skip permissions as root; run as another user, set IS_SANDBOX=1 inside a sandbox, or "
        + "'\(remedy)'"
    case .failed(let failure): failure.message
    case .timedOut(let limit): "the agent did not answer within \(limit.components.seconds) s"
    case .cancelled: "the request to the agent was canceled"
    case .noStructuredAnswer(let why): "no valid answer from the agent: \(why)"
    case .notLaunched(let why): "cannot start the agent: \(why)"
    case .inaccessibleFile(let error): error.description
    }
  }
}
