import Basics
import Engine
import SystemPackage
import YAMLDocuments

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
    var writer = YAMLWriter()
    writer.line("# git-orch settings for everyone who works on this repository; see git-orch-config(5).")
    var section = ""
    for proposal in shared {
      let parts = proposal.name.split(separator: ".", maxSplits: 1).map { snakeCased($0) }
      if parts[0] != section {
        section = parts[0]
        writer.line("\(section):")
      }
      let key = parts.last ?? ""
      switch proposal.value {
      case .text(let value): writer.field(key, value, indent: 2)
      case .list(let items): writer.list(key, items, indent: 2)
      }
    }
    return writer.text
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
