/// A value that somebody committed and that has no effect until the user trusts it.
package struct UntrustedValue: Sendable, Equatable {
  /// The full name: `orchestrator.agent.command`; of a plan's value, what the plan calls it; of
  /// `.worktreeinclude` its own.
  package let name: String
  /// As the file has them; those of a list one by one.
  package let values: [String]
  /// Where the first of them stands: `.claude-orchestrator.yaml:3`.
  package let place: String
  /// Where a path leads that leaves the repository; part of what is trusted.
  package let destination: String?

  package init(name: String, values: [String], place: String, destination: String? = nil) {
    self.name = name
    self.values = values
    self.place = place
    self.destination = destination
  }

  /// The file that holds them, for a question about all.
  package static func file(of values: [UntrustedValue]) -> String {
    values.allSatisfy { $0.name == WorktreeInclude.name } ? WorktreeInclude.name : SettingsFile.teamName
  }

  /// The values on one line, as they are; the terminal must be protected from them.
  package var value: String { values.joined(separator: ", ") }

  /// `orchestrator.agent.command = ./evil (.claude-orchestrator.yaml:3)`, on one line, control characters escaped.
  ///
  /// Never cut: what is not shown must not be trusted.
  package var line: String {
    let leads = destination.map { " -> " + printable($0, limit: .max) } ?? ""
    return "\(printable(name, limit: .max)) = \(printable(value, limit: .max))\(leads) (\(printable(place)))"
  }
}
