import Basics
import SystemPackage
import Trace

extension Trace {
  static func process(_ invocation: Invocation, started pid: Int32) {
    note(.process, "start \(pid): \(commandLine(invocation))")
  }

  static func process(_ invocation: Invocation, failed failure: ProcessFailure) {
    note(.process, "not started: \(commandLine(invocation)): \(failure)")
  }

  static func process(_ executable: FilePath, pid: Int32, ended exit: ExitDescription, after duration: Duration) {
    note(.process, "end \(pid): \(exit) after \(milliseconds(duration)) ms: \(executable)")
  }

  /// The environment is left out: it holds secrets.
  private static func commandLine(_ invocation: Invocation) -> String {
    let words = [invocation.executable.string] + shortened(invocation.arguments)
    let place = invocation.directory.map { " (in \($0))" } ?? ""
    let sandbox = invocation.sandbox.map { " (in a sandbox of \($0.tool.name))" } ?? ""
    return words.map { shellQuoted($0) }.joined(separator: " ") + place + sandbox
  }
}
