import Basics
import Engine
import Plans
import Settings
import SystemPackage

/// `.claude-orchestrator.yaml`, the settings that everybody shares who works on a repository.
struct TeamFile: Sendable {
  static let name = ".claude-orchestrator.yaml"

  let path: FilePath

  init(in checkout: FilePath) { path = checkout.appending(Self.name) }

  var isThere: Bool { !FileSystem.isAbsent(path) }

  /// Whether that is what it holds already.
  func holds(_ text: String) -> Bool { (try? path.readText(limit: 1 << 20, .plainFile)) == text }

  /// Puts the file in place; what was there is renamed first.
  /// - Returns: the backup's path, if one was made.
  func write(_ text: String) throws -> FilePath? {
    do {
      let backup = isThere ? try FileSystem.moveToBackup(path) : nil
      try FileSystem.replace(path, with: text)
      return backup
    } catch {
      throw InitError("cannot write '\(path)': \(FileSystem.reason(error))")
    }
  }

  /// The settings in the file's shape: sections, and names in snake case.
  ///
  /// The name of a remote is left out: it is each clone's own.
  static func text(_ proposals: [SettingProposal]) -> String? {
    let shared = proposals.filter { $0.name != "git.remote" }
    guard !shared.isEmpty else { return nil }
    var text = "# git-orch settings for everyone who works on this repository; see git-orch-config(5).\n"
    var section = ""
    for proposal in shared {
      let parts = proposal.name.split(separator: ".", maxSplits: 1).map { snakeCased($0) }
      if parts[0] != section {
        section = parts[0]
        text += "\(section):\n"
      }
      text += field(parts.last ?? "", proposal.value)
    }
    return text
  }

  private static func field(_ key: String, _ value: SettingProposal.Value) -> String {
    switch value {
    case .text(let value):
      if let literal = YAMLText.literal(value, indent: 4) { return "  \(key): \(literal)" }
      return "  \(key): \(YAMLText.inline(value))\n"
    case .list(let items):
      return "  \(key):\n" + items.map { "    - \(YAMLText.inline($0))\n" }.joined()
    }
  }

  private static func snakeCased(_ name: Substring) -> String {
    name.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined()
  }
}

/// Why nothing can be set up here.
struct InitError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
