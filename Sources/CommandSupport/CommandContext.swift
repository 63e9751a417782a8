package import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the outside world offers a command: where it was called, with which environment, and where its words go.
package struct CommandContext: Sendable {
  package let directory: FilePath
  package let environment: [String: String]
  package let console: Console

  /// The context of this process.
  package static func current() -> CommandContext {
    let environment = ProcessInfo.processInfo.environment
    return CommandContext(
      directory: FilePath(FileManager.default.currentDirectoryPath), environment: environment,
      console: Console(environment: environment))
  }
}
