import Subprocess
package import SystemPackage

extension ConfigListing {
  /// Asks git, in `directory` and with exactly this environment: every scope, include, `-c` and `GIT_CONFIG_*` counts
  /// as it does for git itself. One process; works outside a repository too.
  package static func load(
    directory: FilePath, environment: [String: String]
  ) async throws(SettingsError) -> ConfigListing {
    let output: [UInt8]
    do {
      let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
      let result = try await run(
        .name("git"), arguments: ["config", "--list", "-z", "--show-scope", "--show-origin"],
        environment: .custom(Dictionary(variables, uniquingKeysWith: { _, last in last })), workingDirectory: directory,
        output: .bytes(limit: 64 << 20), error: .string(limit: 64 << 10))
      guard result.terminationStatus.isSuccess else {
        throw SettingsError.gitFailed(message: plainMessage(result.standardError))
      }
      output = result.standardOutput
    } catch let error as SettingsError {
      throw error
    } catch {
      throw .gitUnavailable(reason: "\(error)")
    }
    return try ConfigListing(parsing: output)
  }

  /// git's standard error without the word `fatal: ` and the line feed at its end.
  static func plainMessage(_ text: String) -> String {
    let lines = text.split(separator: "\n").map { $0.hasPrefix("fatal: ") ? $0.dropFirst("fatal: ".count) : $0 }
    return lines.isEmpty ? "git gave no reason" : lines.joined(separator: "\n")
  }
}
