package import ArgumentParser
import Basics
package import CommandSupport
import Settings

/// `git orch config`: the settings, read and written as git's own.
package struct ConfigCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "config", abstract: "Get and set settings",
    usage: """
      git orch config [<scope>] [--show-origin] <key>
      usage: git orch config [<scope>] [--add] <key> <value>
      usage: git orch config [<scope>] --unset <key>
      usage: git orch config [<scope>] --list [--show-origin | --json]
      usage: git orch config [<scope>] --import <file>
      usage: git orch config --trust [-y]
      """)

  @Flag(help: "One scope only")
  var scope: ConfigTarget?

  @Flag(name: [.short, .long], help: "List all settings, and where each comes from")
  var list = false

  @Flag(help: "Show the file that each value comes from")
  var showOrigin = false

  @Flag(help: "List as JSON (schema 1)")
  var json = false

  @Flag(help: "Add a value to a list")
  var add = false

  @Flag(help: "Remove all values of a key from the scope")
  var unset = false

  @Option(name: .customLong("import"), help: ArgumentHelp("Write the values of a YAML file", valueName: "file"))
  var file: String?

  @Flag(help: "Show and trust what the team's file sets")
  var trust = false

  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Trust without asking")
  var isSure = false

  @Argument(help: "A setting's name: run.jobs, workflow.auto_approve")
  var key: String?

  @Argument(help: "Its new value; after '--' if it begins with '-'")
  var value: String?

  package init() {}

  package func validate() throws {
    let actions = [
      (list, "--list"), (add, "--add"), (unset, "--unset"), (file != nil, "--import"), (trust, "--trust"),
    ].filter(\.0).map(\.1)
    if actions.count > 1 { throw ValidationError("\(actions[0]) and \(actions[1]) cannot be used together") }
    if json && !list { throw ValidationError("--json requires --list") }
    if json && showOrigin { throw ValidationError("--json and --show-origin cannot be used together") }
    if isSure && !trust { throw ValidationError("-y requires --trust") }
    if trust && scope != nil { throw ValidationError("trust belongs to the repository: --trust takes no scope") }
    if list || trust || file != nil {
      if key != nil { throw ValidationError("\(actions[0]) takes no key") }
      if showOrigin && !list { throw ValidationError("\(actions[0]) and --show-origin cannot be used together") }
      return
    }
    guard key != nil else { throw ValidationError("no key given; --list shows all of them") }
    if add && value == nil { throw ValidationError("--add requires a value") }
    if unset && value != nil { throw ValidationError("--unset removes all values of the key: it takes no value") }
    if showOrigin && (unset || value != nil) { throw ValidationError("--show-origin requires --list, or a key alone") }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let desk = ConfigService(context: context, target: scope)
    if list { return try await desk.list(asJSON: json, showsOrigin: showOrigin) }
    if trust { return try await desk.trust(unasked: isSure) }
    if let file { return try await desk.importFile(file) }
    guard let key else { return .usage }
    if unset { return try await desk.unset(key) }
    guard let value else { return try await desk.show(key, showsOrigin: showOrigin) }
    return try await add ? desk.add(value, to: key) : desk.set(value, as: key)
  }
}

/// The scopes of git's configuration that can be asked for.
package enum ConfigTarget: String, FlagChoice, Sendable {
  case local, global, worktree

  package static func name(for target: ConfigTarget) -> NameSpecification {
    target == .global ? [.customShort("g"), .long] : .long
  }

  package static func help(for target: ConfigTarget) -> ArgumentHelp? {
    switch target {
    case .local: "The repository's own configuration"
    case .global: "The user's, for all repositories"
    case .worktree: "This worktree's own"
    }
  }

  var scope: ConfigScope {
    switch self {
    case .local: .local
    case .global: .global
    case .worktree: .worktree
    }
  }

  /// As messages name it.
  var phrase: String {
    switch self {
    case .local: "the repository's configuration"
    case .global: "the user's configuration"
    case .worktree: "this worktree's configuration"
    }
  }
}
