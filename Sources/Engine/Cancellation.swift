import Agents
import Forges
import Git
import Processes

/// Whether an error only says that the work was cut short.
package func isCancellation(_ error: any Error) -> Bool {
  switch error {
  case is CancellationError: true
  case let error as GitError: error.code == .cancelled
  case let error as ForgeError: error.code == .cancelled
  case let error as AgentError: error == .cancelled
  case let error as ProcessFailure: error == .cancelled
  // What was made of one of these: `cannot reach remote 'origin': 'git ls-remote' was canceled`.
  default: "\(error)".split(separator: "\n").first?.hasSuffix("canceled") ?? false
  }
}
