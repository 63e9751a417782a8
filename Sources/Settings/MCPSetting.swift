/// How an MCP server knows its user.
package enum MCPAuthentication: String, CaseIterable, Sendable {
  /// By variables of the environment.
  case environment
  /// By signing in with a browser, once, in the agent's own client.
  case oauth
  /// By nothing, or by what is already set up for the client.
  case preconfigured
}

/// What the settings `orchestrator.mcp.<name>.*` say of one MCP server: one of the user's own, or what is to be
/// different about a known one.
package struct MCPSetting: Sendable, Equatable, SettingFamily {
  static let prefix = "mcp"

  /// Letters, digits, `_` and `-`, in the case in which it is written.
  package let name: String
  /// The program that is the server: a name on `PATH` or a path.
  package var command: String?
  /// Its arguments; nil where none of the settings says.
  package var arguments: [String]?
  /// What installs the program, for messages.
  package var package: String?
  package var authentication: MCPAuthentication?
  /// The names of the variables it needs, never their values; nil where none of the settings says.
  package var variables: [String]?
  /// How it is set up, in words or as a command, for messages.
  package var setup: String?
  /// Where the last of these stands.
  package var origin: SettingOrigin

  package init(
    name: String, command: String? = nil, arguments: [String]? = nil, package: String? = nil,
    authentication: MCPAuthentication? = nil, variables: [String]? = nil, setup: String? = nil,
    origin: SettingOrigin = .builtIn
  ) {
    self.name = name
    self.command = command
    self.arguments = arguments
    self.package = package
    self.authentication = authentication
    self.variables = variables
    self.setup = setup
    self.origin = origin
  }

  /// All of them need trust: servers are programs, and what they are sent reaches the agents.
  enum Field: String, SettingField {
    case command, args, package, authType, env, setup

    var needsTrust: Bool { true }

    var allowedValues: [String]? { self == .authType ? MCPAuthentication.allCases.map(\.rawValue) : nil }

    var typeName: String {
      switch self {
      case .args, .env: "list"
      case .authType: "choice"
      default: "string"
      }
    }

    var isList: Bool { self == .args || self == .env }

    var defaultText: String {
      switch self {
      case .command: "the package's name"
      case .authType: "environment where env names variables, else preconfigured"
      default: "none"
      }
    }

    var summary: String {
      switch self {
      case .command: "program of the MCP server: a name on PATH or a path"
      case .args: "one argument of the program; repeat the key for more"
      case .package: "package that installs the program"
      case .authType: "how the server authenticates its user"
      case .env: "names of the environment variables the server needs"
      case .setup: "how the server is set up, shown when it is not"
      }
    }
  }
}

extension MCPSetting {
  // The agents' client takes "__" for the end of a server's name.
  static func nameFault(_ name: String) -> ValueFault? {
    wordFault(name, of: "MCP server name", mayRepeatUnderscore: false)
  }

  init(name: String, origin: SettingOrigin) { self.init(name: name, command: nil, origin: origin) }

  func texts(of field: Field) -> [String] {
    switch field {
    case .command: command.map { [$0] } ?? []
    case .args: arguments ?? []
    case .package: package.map { [$0] } ?? []
    case .authType: authentication.map { [$0.rawValue] } ?? []
    case .env: variables ?? []
    case .setup: setup.map { [$0] } ?? []
    }
  }
}

extension MCPSetting {
  mutating func set(_ field: Field, to values: [String?]) throws(ValueFault) {
    let text = SettingType<String?>.optional(.text)
    switch field {
    case .command: command = try text.parse(values)
    case .package: self.package = try text.parse(values)
    case .setup: setup = try text.parse(values)
    case .authType: authentication = try Self.authentication(values)
    case .args: arguments = try Self.arguments(values)
    case .env: variables = try Self.variables(values)
    }
  }

  private static func authentication(_ values: [String?]) throws(ValueFault) -> MCPAuthentication? {
    // The words of the YAML files too.
    switch values.last??.lowercased() {
    case "env_vars": return .environment
    case "oauth_browser": return .oauth
    case "pre_configured": return .preconfigured
    default: return try SettingType<MCPAuthentication?>.optional(.choice).parse(values)
    }
  }

  /// One argument a value, commas and all; an empty value drops those before it.
  private static func arguments(_ values: [String?]) throws(ValueFault) -> [String] {
    var arguments: [String] = []
    for value in values {
      guard let value else { throw .missing }
      if value.contains("\0") { throw ValueFault(bad: "value", value, advice: "it must not contain a NUL character") }
      if value.isEmpty { arguments = [] } else { arguments.append(value) }
    }
    return arguments
  }

  private static func variables(_ values: [String?]) throws(ValueFault) -> [String] {
    let names = try SettingType<[String]>.list.parse(values)
    for name in names {
      let isName =
        name.unicodeScalars.first.map { !("0"..."9").contains($0) } ?? false
        && name.unicodeScalars.allSatisfy {
          ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
        }
      guard isName else {
        // A value may be a secret, and what follows the name is not repeated.
        let shown = name.split(separator: "=", omittingEmptySubsequences: false).first.map(String.init) ?? name
        throw ValueFault(
          bad: "variable name", name.contains("=") ? "\(shown)=…" : name,
          advice: name.contains("=")
            ? "give only the variable's name; its value stays in the environment"
            : "it must be letters, digits and _, and not begin with a digit")
      }
    }
    return names
  }
}
