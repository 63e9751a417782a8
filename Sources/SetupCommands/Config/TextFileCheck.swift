import Basics
import CommandSupport
import Git
import Settings
import SystemPackage

/// Whether the file that a setting's `@file` names is there, before the setting is written.
struct TextFileCheck: Sendable {
  let context: CommandContext
  /// A relative path of a global setting starts at another root in each repository.
  let isGlobal: Bool

  func check(_ text: String, of setting: NamedSetting) async throws {
    let keys: [SettingKey<String?>] = [.projectTestInstructions, .projectAgentInstructions]
    guard text.hasPrefix("@"), let key = keys.first(where: { $0.name == setting.details.name }) else { return }
    let isFixed = text.hasPrefix("@/") || text.hasPrefix("@~/")
    guard isFixed || !isGlobal else {
      context.console.narrate(
        "note: each repository reads '\(text.dropFirst())' at its own root; it was not checked here")
      return
    }
    let settings = try Settings(listing: ConfigListing(), home: context.environment["HOME"].map { FilePath($0) })
      .overriding(key, with: text, from: "this command")
    _ = try settings.text(of: key, repositoryRoot: isFixed ? FilePath("/") : try await root())
  }

  private func root() async throws(GitError) -> FilePath {
    try await offPool { [context] () throws(GitError) in
      let repository = try Repository.discover(from: context.directory, environment: context.environment)
      return repository.mainWorkingDirectory ?? repository.commonDirectory
    }
  }
}
