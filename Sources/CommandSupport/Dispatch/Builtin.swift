import Platform

/// A command that is part of this program.
package struct Builtin: Sendable {
  /// The word after `git orch`; `git-orch-` and this is a further name of the program.
  package let name: String
  /// One line, beginning with a verb, without a full stop.
  package let summary: String
  /// Runs it with the arguments after its name.
  package let perform: @Sendable (_ arguments: [String], CommandContext) async -> ExitStatus

  package init(_ name: String, _ command: (some OrchCommand).Type, summary: String) {
    self.name = name
    self.summary = summary
    perform = { await CommandMain.run(command, arguments: $0, in: $1) }
  }

  /// Runs it in the context of this process, and ends the process.
  func main(_ arguments: [String]) async -> Never {
    // A reader that closes its end early (`git orch log x | head`) is an error of write(2), not a deadly signal.
    signal(SIGPIPE, SIG_IGN)
    exit(await perform(arguments, .current()).code)
  }
}
