package import Basics
package import SystemPackage

/// Why an agent cannot be used, or a question to it was not answered.
package enum AgentError: Error, Sendable, Equatable, CustomStringConvertible {
  /// - `product`: what the program is; `setting`: what names it.
  case commandNotFound(String, product: String, setting: String)
  case commandNotExecutable(FilePath, setting: String)
  case versionTooOld(FilePath, found: String, product: AgentProduct, setting: String)
  /// It could not be started, gave no version in time, or answered something else.
  case versionUnknown(FilePath, product: String, setting: String, answer: String)
  /// - `remedy`: the command that sets what the client does not refuse.
  case permissionsNotSkippableAsRoot(product: String, remedy: String)
  /// What the settings say of an agent does not make one; a sentence, with the settings in it.
  case misconfigured(String)
  case failed(AgentFailure)
  case timedOut(Duration)
  case cancelled
  /// The agent ended well but gave no answer of the shape asked for.
  case noStructuredAnswer(String)
  case notLaunched(String)
  case inaccessibleFile(FileError)

  package var description: String {
    switch self {
    case .commandNotFound(let command, let product, let setting):
      "'\(plainText(command, limit: 300))' not found; install \(product), or name its program with "
        + "'git config \(setting) PATH'"
    case .commandNotExecutable(let path, let setting):
      "'\(path)' is not an executable file; make it one with 'chmod +x', or name another program with "
        + "'git config \(setting) PATH'"
    case .versionTooOld(let path, let found, let product, let setting):
      "'\(path)' is version \(found), and \(product.minimumVersion) or newer is needed; update it"
        + (product.update.map { " with '\(path.lastComponent?.string ?? "") \($0)'" } ?? "") + ", or name "
        + "another program with 'git config \(setting) PATH'"
    case .versionUnknown(let path, let product, let setting, let answer):
      "'\(path)' does not look like \(product): '\(path) --version' \(answer); name the right program with "
        + "'git config \(setting) PATH'"
    case .permissionsNotSkippableAsRoot(let product, let remedy):
      "\(product) refuses to skip permissions as root; run as another user, set IS_SANDBOX=1 inside a sandbox, or "
        + "'\(remedy)'"
    case .misconfigured(let why): why
    case .failed(let failure): failure.message
    case .timedOut(let limit): "the agent did not answer within \(limit.components.seconds) s"
    case .cancelled: "the request to the agent was canceled"
    case .noStructuredAnswer(let why): "no valid answer from the agent: \(why)"
    case .notLaunched(let why): "cannot start the agent: \(why)"
    case .inaccessibleFile(let error): error.description
    }
  }
}
