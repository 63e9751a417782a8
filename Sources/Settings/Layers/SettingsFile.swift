package import SystemPackage

/// Settings written in YAML, in the shape of claude-code-orchestrator's file: nested maps with names in snake case.
///
/// Every value becomes an entry as git's listing has it, so that it is checked, overridden and blamed like any other.
package struct SettingsFile: Sendable, Equatable {
  /// The team's file, at the root of a checkout. Its values come from whoever can commit.
  package static let teamName = ".claude-orchestrator.yaml"

  /// In the order of the file. A list begins with an empty entry: it replaces those of the layers below.
  package let entries: [ConfigEntry]
  /// What the file holds without a meaning, one line each, ready to be shown.
  package let warnings: [String]

  /// The user's own file; nil where there is no home.
  package static func userPath(environment: [String: String]) -> FilePath? {
    // Relative values are to be ignored, says the XDG base directory specification.
    let folder =
      if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
        folder
      } else if let home = environment["HOME"], !home.isEmpty {
        "\(home)/.config"
      } else {
        nil as String?
      }
    return folder.map { FilePath("\($0)/claude-orchestrator/config.yaml") }
  }

  /// Reads a file of at most 256 KiB; nil when there is none.
  ///
  /// - Parameters:
  ///   - scope: the layer its entries are for. In a team's file a symbolic link is refused.
  ///   - name: what messages call the file.
  /// - Throws: `badFile` with every fault that was found.
  package static func read(
    _ path: FilePath, scope: ConfigScope, name: String
  ) throws(SettingsError) -> SettingsFile? {
    guard let text = try SettingsFileText.read(path, followsLinks: scope != .team, name: name) else { return nil }
    return try SettingsFile(yaml: text, scope: scope, name: name)
  }

  package init(yaml: String, scope: ConfigScope, name: String) throws(SettingsError) {
    var reader = SettingsFileReader(scope: scope, name: name)
    try reader.read(yaml)
    entries = reader.entries
    warnings = reader.warnings
  }
}

/// A fault of a settings file, and where it stands.
package struct SettingsFileProblem: Equatable, Sendable, CustomStringConvertible {
  package let file: String
  /// From 1; nil for a fault of the whole file.
  package let line: Int?
  package let column: Int?
  package let message: String

  package var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return "\(printable(place)): \(message)"
  }
}
