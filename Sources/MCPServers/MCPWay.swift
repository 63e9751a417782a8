#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How agents come to a server.
enum MCPWay: Equatable {
  /// As the registry or the settings have it.
  case own
  /// As the user has added it to the client.
  case user(UserMCPServers.Entry)
  case missing(Gaps)

  struct Gaps: Equatable {
    /// The program that is not there.
    var program: String?
    var variables: [String] = []

    /// What is missing, as a clause.
    var words: String {
      var parts: [String] = []
      if let program { parts.append("'\(program)' is not on PATH") }
      if !variables.isEmpty {
        parts.append("\(variables.joined(separator: ", ")) \(variables.count == 1 ? "is" : "are") not set")
      }
      return parts.isEmpty ? "not configured" : parts.joined(separator: ", ")
    }
  }

  /// A program whose variables are set is run as we have it; otherwise the user's entry, with what it brings, is taken.
  /// Servers to which one signs in have no program of ours: an entry says that the user has done so.
  static func find(to server: MCPServer, user: UserMCPServers, environment: [String: String]) -> MCPWay {
    let entry = user.entries[server.name].flatMap { $0.isUsable ? $0 : nil }
    var gaps = Gaps()
    if let program = server.program {
      if !isInstalled(program, environment: environment) { gaps.program = program }
      gaps.variables = server.variables.filter { (environment[$0] ?? "").isEmpty }
      if gaps == Gaps() { return .own }
    }
    if let entry { return .user(entry) }
    return .missing(gaps)
  }

  static func isInstalled(_ program: String, environment: [String: String]) -> Bool {
    if program.contains("/") { return isExecutable(expanded(program, environment: environment)) }
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    // Only absolute folders: agents stand elsewhere than we do.
    return path.split(separator: ":").contains { $0.hasPrefix("/") && isExecutable("\($0)/\(program)") }
  }

  /// The path with the home folder for `~`.
  static func expanded(_ program: String, environment: [String: String]) -> String {
    guard program.hasPrefix("~/"), let home = environment["HOME"] else { return program }
    return home + program.dropFirst()
  }

  private static func isExecutable(_ path: String) -> Bool {
    var isFolder: Bool = false
    let manager = FileManager.default
    return manager.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
      && manager.isExecutableFile(atPath: path)
  }
}

extension UserMCPServers.Entry {
  var isUsable: Bool {
    if let command { return !command.isEmpty }
    return ["http", "sse"].contains(type ?? "") && url?.isEmpty == false
  }
}

extension MCPServer {
  /// A command that closes the gaps; words where none would do.
  func mending(_ gaps: MCPWay.Gaps, command: String) -> String {
    let variables = gaps.variables.isEmpty ? nil : "export \(gaps.variables.map { "\($0)=…" }.joined(separator: " "))"
    if program == nil {
      if let setup { return setup }
      if let url {
        return "\(command) mcp add --transport http -s user \(name) \(url) && \(command) mcp login \(name)"
      }
      return "git config orchestrator.mcp.\(name).command PROGRAM"
    }
    let install = gaps.program == nil ? nil : setup ?? package.map { "install \($0)" } ?? "install '\(program ?? name)'"
    return [install, variables].compactMap(\.self).joined(separator: " && ")
  }
}
