import Git
import Platform
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
  package private(set) var console: Console
  /// Where this program lies, without symbolic links; nil when the system does not tell.
  package let executable: FilePath?
  /// Whether the process is there for this command alone: signals, limits and orphaned processes are then the
  /// command's business, too.
  package let ownsProcess: Bool
  /// The run that this process was started for in the background; nil in the foreground.
  package private(set) var detachedRun: String?

  /// The context of this process.
  package static func current() -> CommandContext {
    var environment = ProcessInfo.processInfo.environment
    // For this process alone.
    let detachedRun = environment.removeValue(forKey: DetachedStart.variable)
    var context = CommandContext(
      directory: FilePath(FileManager.default.currentDirectoryPath), environment: environment,
      console: Console(environment: environment), executable: Self.ownExecutable(), ownsProcess: true)
    context.detachedRun = detachedRun
    return context
  }

  /// A context inside a process that does other things as well, as that of tests does.
  package init(directory: FilePath, environment: [String: String], console: Console, executable: FilePath?) {
    self.init(
      directory: directory, environment: environment, console: console, executable: executable, ownsProcess: false)
  }

  private init(
    directory: FilePath, environment: [String: String], console: Console, executable: FilePath?, ownsProcess: Bool
  ) {
    self.directory = directory
    self.environment = environment
    self.console = console
    self.executable = executable
    self.ownsProcess = ownsProcess
  }

  /// Without colors where git's configuration does not want any: `color.orch`, else `color.ui`, as for git's own
  /// commands.
  func respectingColorSettings() -> CommandContext {
    guard console.output.palette.isColored || console.errors.palette.isColored,
      Repository.wantsColor(for: "orch", around: directory, environment: environment) == false
    else { return self }
    var copy = self
    copy.console = console.uncolored()
    return copy
  }

  private static func ownExecutable() -> FilePath? {
    #if canImport(Darwin)
      var size = UInt32(4096)
      let path = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String? in
        guard let start = buffer.baseAddress, _NSGetExecutablePath(start, &size) == 0 else { return nil }
        return String(cString: start)
      }
    #else
      let path: String? = "/proc/self/exe"
    #endif
    guard let path, let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}
