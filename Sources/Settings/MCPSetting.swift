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
package struct MCPSetting: Sendable, Equatable {
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

  /// The last parts of their keys, described as rows of the table are; the name is `mcp.<name>.command` and so on.
  ///
  /// All of them need trust: servers are programs, and what they are sent reaches the agents.
  package static let fields: [SettingDescription] = Field.allCases.map { field in
    SettingDescription(
      name: "mcp.<name>.\(field.rawValue)", typeName: field.typeName,
      allowedValues: field == .authType ? MCPAuthentication.allCases.map(\.rawValue) : nil,
      defaultText: field.defaultText, summary: field.summary, isList: field.isList, needsTrust: true)
  }

  enum Field: String, CaseIterable {
    case command, args, package, authType, env, setup

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

/// A key `mcp.<name>.<field>`, taken apart.
struct MCPKey: Equatable {
  let server: String
  let field: MCPSetting.Field

  /// - Parameter name: without `orchestrator.`; the field in any case, also in snake case, the server's name in its own.
  init?(_ name: String) {
    guard let (server, field) = Self.parts(of: name) else { return nil }
    let folded = field.lowercased().filter { $0 != "_" }
    guard let known = MCPSetting.Field.allCases.first(where: { $0.rawValue.lowercased() == folded }) else { return nil }
    self.server = server
    self.field = known
  }

  /// The server's name and the last part of such a key, whatever they are; nil for other keys.
  static func parts(of name: String) -> (server: String, field: String)? {
    guard name.lowercased().hasPrefix("mcp."), let dot = name.lastIndex(of: ".") else { return nil }
    let begin = name.index(name.startIndex, offsetBy: 4)
    guard begin < dot else { return nil }
    return (String(name[begin..<dot]), String(name[name.index(after: dot)...]))
  }

  /// Without `orchestrator.`.
  var name: String { "mcp.\(server).\(field.rawValue)" }

  /// What is wrong with the server's name; nil when nothing is.
  var nameFault: ValueFault? {
    let isGood = server.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
    }
    // The agents' client takes "__" for the end of a server's name.
    if isGood, !server.contains("__") { return nil }
    return ValueFault(
      bad: "MCP server name", server, advice: "it must be letters, digits, - and _, without two _ in a row")
  }

  /// Checks one value as it would be in the configuration.
  func check(_ text: String?) throws(ValueFault) {
    var setting = MCPSetting(name: server)
    try setting.set(field, to: [text])
  }
}

extension MCPSetting {
  /// Reads all values of one field that are in force, in git's order.
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

/// Gathers the keys of MCP servers while settings are read.
struct MCPSettingsReader {
  private var entries: [String: [(key: MCPKey, entry: ConfigEntry)]] = [:]
  private var order: [String] = []

  /// - Parameter name: without `orchestrator.`.
  /// - Returns: whether it is such a key.
  mutating func take(_ entry: ConfigEntry, name: String) -> Bool {
    guard let key = MCPKey(name) else { return false }
    if entries[key.server] == nil { order.append(key.server) }
    entries[key.server, default: []].append((key, entry))
    return true
  }

  /// The servers in the order in which they first appear.
  func read(bad: inout [BadSetting]) -> [MCPSetting] {
    order.compactMap { name in
      let found = entries[name] ?? []
      guard let first = found.first, let last = found.last else { return nil }
      if let fault = first.key.nameFault {
        bad.append(
          BadSetting(
            name: "orchestrator.\(first.key.name)", value: first.entry.value, origin: first.entry.origin, fault: fault))
        return nil
      }
      var setting = MCPSetting(name: name, origin: last.entry.origin)
      for field in MCPSetting.Field.allCases {
        let entries = found.filter { $0.key.field == field }.map(\.entry)
        guard !entries.isEmpty else { continue }
        do throws(ValueFault) {
          let inForce = field.isList ? entries[...] : entries.suffix(1)
          if let broken = inForce.last(where: { !$0.isValidText }) {
            throw ValueFault(bad: "value", broken.value ?? "", advice: "it is not UTF-8")
          }
          try setting.set(field, to: inForce.map(\.value))
        } catch {
          let key = MCPKey("mcp.\(name).\(field.rawValue)")
          let culprit = entries.last { (try? key?.check($0.value)) == nil || !$0.isValidText } ?? entries[0]
          bad.append(
            BadSetting(
              name: "orchestrator.mcp.\(name).\(field.rawValue)", value: culprit.value, origin: culprit.origin,
              fault: error))
        }
      }
      return setting
    }
  }
}
