/// What a command line asks of the dispatcher.
package enum Request: Equatable, Sendable {
  /// Run `git-orch-NAME` with the arguments that follow the name.
  case run(name: String)
  /// Show the manual of a command, or of the suite.
  case manual(name: String?)
  case version
  /// `-h`, or `help` alone.
  case usage
  /// No argument at all: the usage too, but as git says it, with a failing status.
  case nothing
  case unknownOption(String)

  /// Reads the arguments without the program's name. Only the first two are looked at; what follows the name of a
  /// command is that command's own, save a `--help` right after it, as with git.
  package init(_ arguments: some Collection<String>) {
    let second = arguments.dropFirst().first
    switch arguments.first {
    case nil: self = .nothing
    case "-h": self = .usage
    case "--help": self = .manual(name: nil)
    case "-v", "--version", "version": self = .version
    case "help":
      switch second {
      case nil, "-h", "help": self = .usage
      case "--help": self = .manual(name: nil)
      case let option? where option.hasPrefix("-"): self = .unknownOption(option)
      case let name?: self = .manual(name: name)
      }
    case let option? where option.hasPrefix("-"): self = .unknownOption(option)
    case let name?: self = second == "--help" ? .manual(name: name) : .run(name: name)
    }
  }
}
