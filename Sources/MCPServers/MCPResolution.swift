import Basics
import SystemPackage

/// How agents come to a server.
enum MCPResolution: Equatable {
  /// As the registry or the settings have it; with the program's absolute path.
  case own(String)
  /// As the user has added it to the client.
  case user(UserMCPServers.Entry)
  case missing(Missing)

  struct Missing: Equatable {
    /// The program that is not there.
    var program: String?
    var variables: [String] = []

    /// What is missing, as a clause.
    var words: String {
      var parts: [String] = []
      if let program {
        let isRelative = program.contains("/") && !program.hasPrefix("/") && !program.hasPrefix("~/")
        let place = isRelative ? "not an absolute path" : program.contains("/") ? "not a program" : "not on PATH"
        parts.append("'\(program)' is \(place)")
      }
      if !variables.isEmpty {
        parts.append("\(variables.joined(separator: ", ")) \(variables.count == 1 ? "is" : "are") not set")
      }
      return parts.isEmpty ? "not configured" : parts.joined(separator: ", ")
    }
  }

  /// A program whose variables are set is run as we have it; otherwise the user's entry, with what it brings, is taken.
  /// Servers to which one signs in have no program of ours: an entry says that the user has done so.
  static func find(to server: MCPServer, user: UserMCPServers, environment: [String: String]) -> MCPResolution {
    let entry = user.entries[server.name].flatMap { $0.isUsable ? $0 : nil }
    var missing = Missing()
    if let program = server.program {
      let path = locate(program, environment: environment)
      if path == nil { missing.program = program }
      missing.variables = server.variables.filter { (environment[$0] ?? "").isEmpty }
      if let path, missing.variables.isEmpty { return .own(path) }
    }
    if let entry { return .user(entry) }
    return .missing(missing)
  }

  /// The program's absolute path. Agents are in folders that they fill themselves: nothing relative to these is run.
  static func locate(_ program: String, environment: [String: String]) -> String? {
    guard !program.contains("/") || program.hasPrefix("/") || program.hasPrefix("~/") else { return nil }
    let search = ExecutableSearch(
      path: ExecutableSearch(environment).folders.filter { $0.hasPrefix("/") }.joined(separator: ":"),
      home: environment["HOME"])
    return search.locate(program)?.string
  }
}

extension UserMCPServers.Entry {
  var isUsable: Bool {
    if let command { return !command.isEmpty }
    return ["http", "sse"].contains(type ?? "") && url?.isEmpty == false
  }
}

extension MCPServer {
  /// A command that closes the missing; words where none would do.
  func remedy(_ missing: MCPResolution.Missing, command: String) -> String {
    let variables =
      missing.variables.isEmpty ? nil : "export \(missing.variables.map { "\($0)=…" }.joined(separator: " "))"
    if program == nil {
      if let setup { return setup }
      if let url {
        return "\(command) mcp add --transport http -s user \(name) \(url) && \(command) mcp login \(name)"
      }
      return "git config orchestrator.mcp.\(name).command PROGRAM"
    }
    let install =
      missing.program == nil ? nil : setup ?? package.map { "install \($0)" } ?? "install '\(program ?? name)'"
    return [install, variables].compactMap(\.self).joined(separator: " && ")
  }
}
