/// A command that is part of this program.
package struct Builtin: Sendable {
  /// The word after `git orch`; `git-orch-` and this is a further name of the program.
  package let name: String
  /// One line, beginning with a verb, without a full stop.
  package let summary: String
  /// Runs it with the arguments after its name, and ends the process.
  package let main: @Sendable (_ arguments: [String]) async -> Never

  package init(_ name: String, _ command: (some OrchCommand).Type, summary: String) {
    self.name = name
    self.summary = summary
    main = { await CommandMain.run(command, arguments: $0) }
  }
}
