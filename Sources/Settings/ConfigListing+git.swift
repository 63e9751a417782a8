import Basics
import Processes
package import SystemPackage

extension ConfigListing {
  /// Asks git, in `directory` and with exactly this environment: every scope, include, `-c` and `GIT_CONFIG_*` counts
  /// as it does for git itself. One process; works outside a repository too.
  package static func load(
    directory: FilePath, environment: [String: String]
  ) async throws(SettingsError) -> ConfigListing {
    let output: ProcessOutput
    do throws(ProcessFailure) {
      output = try await runGit(
        .configuring, ["config", "--list", "-z", "--show-scope", "--show-origin"], in: directory,
        environment: environment)
    } catch {
      throw .gitUnavailable(reason: "\(error)")
    }
    guard output.exit.isSuccess else { throw .gitFailed(message: plainMessage(output.standardError)) }
    return try ConfigListing(parsing: output.standardOutput)
  }

  /// git's standard error without the word `fatal: ` and the line feed at its end.
  static func plainMessage(_ bytes: [UInt8]) -> String {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.hasPrefix("fatal: ") ? $0.dropFirst("fatal: ".count) : $0
    }
    return lines.isEmpty ? "git gave no reason" : lines.joined(separator: "\n")
  }
}

/// Runs git's own words on configuration, with exactly this environment.
func runGit(
  _ purpose: GitPurpose, _ arguments: [String], in directory: FilePath, environment: [String: String]
) async throws(ProcessFailure) -> ProcessOutput {
  guard let git = ExecutableSearch(environment).locate("git") else {
    throw .notStarted("the 'git' program was not found on PATH")
  }
  return try await Invocation.preparedGit(git, for: purpose, arguments, in: directory, environment: environment).run(
    outputLimit: 64 << 20, errorLimit: 64 << 10)
}
