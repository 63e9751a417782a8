import Basics
import Foundation
import OrchTestSupport
import Settings
import SystemPackage
import Testing

/// A scratch folder with a home of its own, in which git reads nothing of the machine's configuration.
struct ConfiguredFolder {
  let path: FilePath
  let environment: [String: String]

  var repository: FilePath { path.appending("repository") }
  var globalFile: FilePath { path.appending("home/.gitconfig") }

  /// Runs `body` in a new folder with an empty repository in it, and removes the folder afterwards.
  static func with(_ body: (ConfiguredFolder) async throws -> Void) async throws {
    let scratch = try TemporaryDirectory()
    let configured = ConfiguredFolder(
      path: scratch.path, environment: try HermeticEnvironment(in: scratch.path).variables)
    try configured.write("", to: configured.globalFile)
    try await configured.git("init", "-q", configured.repository.string, in: configured.path)
    try await body(configured)
    withExtendedLifetime(scratch) {}
  }

  func git(_ arguments: String..., in directory: FilePath? = nil) async throws {
    try await GitProgram.run(arguments, in: directory ?? repository, environment: environment)
  }

  func write(_ text: String, to path: FilePath) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
  }

  func settings(in directory: FilePath? = nil, adding variables: [String: String] = [:]) async throws -> Settings {
    try await Settings.load(
      directory: directory ?? repository, environment: environment.merging(variables) { _, new in new },
      checkout: repository)
  }
}

extension ConfigListing {
  /// A listing as if each pair stood in `.git/config`, keys written as git prints them.
  init(local pairs: KeyValuePairs<String, String?>) {
    self.init(
      pairs.map { ConfigEntry(scope: .local, source: "file:.git/config", key: "orchestrator.\($0)", value: $1) })
  }
}
