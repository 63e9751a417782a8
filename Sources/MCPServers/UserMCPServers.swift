import Basics
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The MCP servers that the user has added to the client (`claude mcp add`), for all projects or for one.
///
/// Read from the client's own file: `claude mcp list` and `claude mcp get` start the servers and show their secrets.
package struct UserMCPServers: Sendable {
  struct Entry: Sendable, Equatable, Decodable {
    var type: String?
    var command: String?
    var args: [String]?
    var env: [String: String]?
    var url: String?
    var headers: [String: String]?
  }

  let entries: [String: Entry]

  package static let none = UserMCPServers(entries: [:])

  init(entries: [String: Entry]) { self.entries = entries }

  package var names: [String] { entries.keys.sorted() }

  package func has(_ name: String) -> Bool { entries[name] != nil }

  /// Reads `~/.claude.json`, or that in `CLAUDE_CONFIG_DIR`. A file that is missing or cannot be understood holds none.
  ///
  /// - Parameter project: the root of the user's checkout, whose own servers count before the others.
  package static func read(environment: [String: String], project: FilePath? = nil) -> UserMCPServers {
    let folder = environment["CLAUDE_CONFIG_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? environment["HOME"]
    guard let folder, !folder.isEmpty,
      let data = try? FilePath(folder).appending(".claude.json").readBytes(limit: 256 << 20, .regularOnly)
    else { return none }
    return UserMCPServers(parsing: Data(data), project: project)
  }

  init(parsing data: Data, project: FilePath?) {
    guard let file = try? JSONDecoder().decode(File.self, from: data) else {
      entries = [:]
      return
    }
    let own = project.flatMap { file.projects?[$0.string]?.mcpServers }
    entries = (file.mcpServers?.known ?? [:]).merging(own?.known ?? [:]) { _, own in own }
  }

  private struct File: Decodable {
    var mcpServers: Servers?
    var projects: [String: Project]?
  }

  private struct Project: Decodable {
    var mcpServers: Servers?
  }

  /// Entries of a shape that is not known are as if they were not there.
  private struct Servers: Decodable {
    let known: [String: Entry]

    init(from decoder: any Decoder) throws {
      let all = try decoder.singleValueContainer().decode([String: Lenient].self)
      known = all.compactMapValues(\.entry)
    }

    struct Lenient: Decodable {
      let entry: Entry?
      init(from decoder: any Decoder) throws { entry = try? Entry(from: decoder) }
    }
  }
}
