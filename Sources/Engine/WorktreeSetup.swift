package import Basics
package import Git
import Settings
import Subprocess
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a new worktree needs beyond git's files: ignored files such as `.env`, and the user's setup command.
package struct WorktreeSetup: Sendable {
  /// The checkout from which ignored files are brought along; nil when there is none (a bare repository).
  package let source: FilePath?
  /// Paths relative to it, each ignored by git.
  package var ignoredFiles: [String]
  package let command: String?
  package var environment: [String: String]

  /// As the settings of a workplace have it.
  package init(_ place: RepositoryContext) async throws(GitError) {
    source = place.checkout
    ignoredFiles =
      try await place.checkout == nil
      ? [] : Self.ignoredFiles(matching: place.settings[.worktreeCopy], git: place.git)
    command = place.settings[.worktreeSetup]
    environment = GitEnvironment.withoutRepository(place.environment)
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Asks git which of the files that match `patterns` it ignores; only those are brought along, since any other
  /// would show as uncommitted work in the worktree.
  private static func ignoredFiles(matching patterns: [String], git: GitCommand) async throws(GitError) -> [String] {
    guard !patterns.isEmpty else { return [] }
    let listing = try await git.require(
      ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"] + patterns.map { ":(top,glob)\($0)" })
    return listing.bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Copies what git's checkout did not bring. A path that is there already is left alone.
  package func copyIgnoredFiles(to worktree: FilePath) throws(Failure) {
    guard let source else { return }
    for file in ignoredFiles {
      let target = worktree.appending(file)
      do {
        try FileManager.default.createDirectory(
          atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
        guard !FileManager.default.fileExists(atPath: target.string) else { continue }
        try FileManager.default.copyItem(atPath: source.appending(file).string, toPath: target.string)
      } catch {
        throw Failure(description: "cannot copy '\(file)' into '\(worktree)': \(error)")
      }
    }
  }

  /// Runs the setup command in the worktree, its output going to `log`.
  package func run(in worktree: FilePath, log: FilePath) async throws {
    guard let command else { return }
    try FileSystem.create(log, containing: "")
    let file = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(5))]
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", command], environment: .custom(keyed(environment)),
      workingDirectory: worktree, platformOptions: options, input: .none,
      output: .fileDescriptor(file, closeAfterSpawningProcess: true), error: .combinedWithOutput)
    guard result.terminationStatus.isSuccess else {
      let words = log.readTail(limit: 4096).split(separator: "\n").last.map { ": \($0)" } ?? ""
      throw Failure(description: "setup command '\(command)' failed (\(result.terminationStatus))\(words)")
    }
  }

  private func keyed(_ environment: [String: String]) -> [Environment.Key: String] {
    var keyed: [Environment.Key: String] = [:]
    for (name, value) in environment {
      if let key = Environment.Key(rawValue: name) { keyed[key] = value }
    }
    return keyed
  }
}
