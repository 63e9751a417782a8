import Platform
import Synchronization
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The repositories that most tests begin with, made by git once for the process and then copied: making them again takes
/// a dozen processes.
actor RepositoryTemplate {
  static let shared = RepositoryTemplate()

  private var making: Task<Folders, any Error>?

  private struct Folders: Sendable {
    let committed: FilePath
    let pushed: FilePath
    let remote: FilePath
  }

  /// Makes `path` a repository with one commit, of `README.md`.
  func copyCommitted(to path: FilePath) async throws {
    try Self.copy(try await folders().committed, to: path)
  }

  /// The same with a remote `origin` at `remote`, to which the branch has been pushed.
  func copyPushed(to path: FilePath, remote: FilePath) async throws {
    let folders = try await folders()
    try Self.copy(folders.remote, to: remote)
    try Self.copy(folders.pushed, to: path)
    // The only place where git writes an absolute path.
    let configuration = "\(path)/.git/config"
    let text = try String(contentsOfFile: configuration, encoding: .utf8)
    try text.replacing(folders.remote.string, with: remote.string)
      .write(toFile: configuration, atomically: false, encoding: .utf8)
  }

  private func folders() async throws -> Folders {
    let making = making ?? Task { try await Self.make() }
    self.making = making
    return try await making.value
  }

  private static func copy(_ folder: FilePath, to path: FilePath) throws {
    // The scratch folder is there in every case.
    try FileManager.default.copyItem(atPath: folder.string, toPath: path.string)
  }

  private static func make() async throws -> Folders {
    let committed = try await TemporaryRepository()
    let pushed = try await TemporaryRepository()
    for repository in [committed, pushed] {
      try await repository.commit("README.md", "read me\n", message: "first")
      let hooks = repository.path.appending(".git/hooks")
      for sample in try FileManager.default.contentsOfDirectory(atPath: hooks.string) {
        try FileManager.default.removeItem(atPath: hooks.appending(sample).string)
      }
    }
    let remote = try await pushed.addBareRemote()
    keepUntilExit([committed, pushed])
    return Folders(committed: committed.path, pushed: pushed.path, remote: remote.path)
  }
}

/// Nobody else knows when the last copy is made.
private let kept = Mutex<[TemporaryRepository]>([])

private func keepUntilExit(_ repositories: [TemporaryRepository]) {
  kept.withLock { $0 += repositories }
  atexit { kept.withLock { $0 = [] } }
}
