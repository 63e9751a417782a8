import Basics
import Foundation
import Settings
import Subprocess
import SystemPackage
import Testing

/// A scratch folder with a home of its own, in which git reads nothing of the machine's configuration.
struct ConfiguredFolder {
  let path: FilePath
  private(set) var environment: [String: String]

  var repository: FilePath { path.appending("repository") }
  var globalFile: FilePath { path.appending("home/.gitconfig") }

  /// Runs `body` in a new folder with an empty repository in it, and removes the folder afterwards.
  static func with(_ body: (ConfiguredFolder) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let home = folder.appendingPathComponent("home")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let configured = ConfiguredFolder(
      path: FilePath(folder.path),
      environment: [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        "HOME": home.path,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": home.path + "/.gitconfig",
        "GIT_CEILING_DIRECTORIES": folder.path,
        "LC_ALL": "C",
        "TZ": "UTC",
      ])
    try configured.write("", to: configured.globalFile)
    try await configured.git("init", "-q", configured.repository.string, in: configured.path)
    try await body(configured)
  }

  func git(_ arguments: String..., in directory: FilePath? = nil) async throws {
    let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
    let result = try await run(
      .name("git"), arguments: Arguments(arguments),
      environment: .custom(Dictionary(variables, uniquingKeysWith: { first, _ in first })),
      workingDirectory: directory ?? repository, output: .discarded, error: .string(limit: 1 << 16))
    try #require(result.terminationStatus.isSuccess, "git \(arguments): \(result.standardError)")
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
