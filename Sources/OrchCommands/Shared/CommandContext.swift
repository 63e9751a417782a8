package import Planning
package import SystemPackage
import TerminalProgress

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the outside world offers a command: where it was called, with which environment, and who it can ask.
package struct CommandContext: Sendable {
  package let directory: FilePath
  package let environment: [String: String]
  package let console: Console
  /// Sends a request to the Messages API; nil in executables without an HTTP client.
  package let askAPI: (@Sendable (HTTPRequest) async throws -> HTTPResponse)?

  /// The context of this process.
  package static func current(
    askAPI: (@Sendable (HTTPRequest) async throws -> HTTPResponse)? = nil
  ) -> CommandContext {
    let environment = ProcessInfo.processInfo.environment
    return CommandContext(
      directory: FilePath(FileManager.default.currentDirectoryPath), environment: environment,
      console: Console(environment: environment), askAPI: askAPI)
  }
}
