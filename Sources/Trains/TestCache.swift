import Basics
import Settings
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How the tests of a tree went, kept so that no tree is tested twice: green as long as it is there, red only where a
/// second run was red, too.
///
/// Under `<git common directory>/orchestrator/tests`: a file `<key>.json` for each result, and `<key>.log` with what the
/// tests printed. All of it may be deleted at any time.
package struct TestCache: Sendable {
  package let folder: FilePath
  /// How many results are kept, and how many bytes of logs.
  private static let (mostResults, mostBytes) = (2_000, 256 << 20)
  /// Of a log that is kept longer than its landing.
  private static let mostLogBytes = 4 << 20

  package init(commonDirectory: FilePath) {
    folder = commonDirectory.appending("orchestrator").appending("tests")
  }

  package struct Result: Codable, Equatable, Sendable {
    package var tree: String
    package var command: String
    package var passed: Bool
    /// `exit status 1`, `not finished after 3600 s`.
    package var outcome: String
    package var seconds: Double
    /// `2026-11-27T04:12:40.000Z`.
    package var testedAt: String

    package init(tree: String, command: String, passed: Bool, outcome: String, seconds: Double, testedAt: String) {
      self.tree = tree
      self.command = command
      self.passed = passed
      self.outcome = outcome
      self.seconds = seconds
      self.testedAt = testedAt
    }
  }

  /// What a result depends on.
  package struct Circumstances: Sendable, Equatable {
    package var command: String
    package var environment: [String: String]
    /// What a worktree has beyond git's files: the set-up, ignored files by their contents, the sandbox.
    package var additions: [String]

    package init(command: String, environment: [String: String], additions: [String]) {
      self.command = command
      self.environment = environment
      self.additions = additions
    }

    /// Those of any program: a test that depends on others says so by a variable that is passed on purpose.
    private static let passing: Set<String> = ["TERM", "TMPDIR", "SHELL", "LOGNAME", "USER", "HOME"]

    /// The name of the result for a tree. Submodules are commits in it, and files of LFS pointers.
    package func key(tree: String) -> String {
      var parts = ["1", tree, command, Self.system]
      parts += environment.filter { !Self.passing.contains($0.key) }.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }
      parts.append("")
      parts += additions
      // With lengths, so that no two lists are written alike.
      return String(SHA256.hex(parts.flatMap { Array("\($0.utf8.count):\($0)\n".utf8) }).prefix(40))
    }

    private static let system: String = {
      #if os(macOS)
        let name = "macos"
      #else
        let name = "linux"
      #endif
      #if arch(arm64)
        return "\(name)/arm64"
      #elseif arch(x86_64)
        return "\(name)/x86_64"
      #else
        return "\(name)/other"
      #endif
    }()
  }

  private func file(_ key: String) -> FilePath { folder.appending("\(key).json") }

  /// Where what the tests printed is kept.
  package func log(_ key: String) -> FilePath { folder.appending("\(key).log") }

  /// nil when the tree was never tested, or what is kept of it cannot be read.
  package func result(_ key: String) -> Result? {
    guard let bytes = try? file(key).readBytes(limit: 1 << 20, .regularOnly) else { return nil }
    return bytes.withUnsafeBytes { try? JSONValue(checking: $0)?.decode(Result.self) }
  }

  /// Keeps a result. What cannot be kept is tested again some day.
  package func keep(_ result: Result, as key: String, log: FilePath) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(result) else { return }
    try? FileSystem.createFolder(folder, permissions: 0o700)
    try? FileSystem.replace(self.log(key), with: Array(log.readTail(limit: Self.mostLogBytes).utf8))
    // Last: a result that is there is whole.
    try? FileSystem.replace(file(key), with: Array(bytes))
  }

  /// Removes the oldest results beyond what is kept.
  package func sweep() {
    let names = folder.entries ?? []
    var results = names.filter { $0.hasSuffix(".json") }.compactMap { name -> (key: String, age: Int, size: Int64)? in
      let key = String(name.dropLast(".json".count))
      guard let status = FileStatus(file(key)) else { return nil }
      return (key, status.modified, status.size + (FileStatus(log(key))?.size ?? 0))
    }
    results.sort { $0.age > $1.age }
    var (count, bytes) = (0, Int64(0))
    for result in results {
      count += 1
      bytes += result.size
      if count > Self.mostResults || bytes > Self.mostBytes {
        try? FileSystem.remove(file(result.key))
        try? FileSystem.remove(log(result.key))
      }
    }
    // Logs whose results were never written, and files that were being written.
    let known = Set(results.map(\.key))
    for name in names where name.hasSuffix(".log") && !known.contains(String(name.dropLast(4))) {
      try? FileSystem.remove(folder.appending(name))
    }
  }
}
