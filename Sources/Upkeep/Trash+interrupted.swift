import Basics
import Engine
import Git
import Journal
import Platform
import SystemPackage
import Worktrees

/// What a process that was killed had begun to move to the trash.
extension Trash {
  /// The file in an entry's folder that is there as long as not everything is in its place.
  static let pending = "pending"

  /// Brings each such entry to its end. Where nothing had been moved yet, all is as it was: it is judged again.
  func finishInterrupted() async throws {
    let homes = await offPool { [folder] in
      (folder.entries ?? []).sorted().map { folder.appending($0) }.filter { $0.appending(Self.pending).exists }
    }
    guard !homes.isEmpty else { return }
    // Held by those that are at work, who bring it to its end themselves.
    guard let lock = try? await FileLock(place.store.lock).take() else { return }
    defer { lock.release() }
    for home in homes { try await finish(home) }
  }

  private func finish(_ home: FilePath) async throws {
    guard let entry = self.entry(home.lastComponent?.string ?? "") else {
      return await offPool {
        for name in ["restore", Self.pending] { try? FileSystem.remove(home.appending(name)) }
        _ = home.removeEmptyFolder()
      }
    }
    let names = entry.references.map(\.trash)
    let isMoved = try await place.withRepository { repository throws(GitError) in
      if let first = entry.moved.first { return FilePath(first.to).exists }
      for name in names where try repository.reference(name) != nil { return true }
      return false
    }
    guard isMoved else { return await giveBack(entry, home) }
    if let folder = entry.moved.first, entry.moved.count > 1, FileSystem.isVacant(FilePath(folder.from)) {
      // The folder went first, and git's record of it had to follow.
      let worktrees = Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment)
      for record in entry.moved.dropFirst() where FilePath(record.from).exists && !FilePath(record.to).exists {
        try await worktrees.moveRecord(FilePath(record.from), to: FilePath(record.to))
      }
    }
    if let branch = entry.branch, try await configuration(of: branch) == entry.configuration {
      let isGone = try await place.withRepository { repository throws(GitError) in
        try repository.branch(branch) == nil
      }
      if isGone { await removeConfiguration(of: entry) }
    }
    try FileSystem.remove(home.appending(Self.pending))
  }
}

extension TrashEntry {
  /// The branch that it holds.
  fileprivate var branch: String? {
    references.compactMap(\.name).first { $0.hasPrefix("refs/heads/") }.map {
      String($0.dropFirst("refs/heads/".count))
    }
  }
}

extension FilePath {
  fileprivate func removeEmptyFolder() -> Bool { withPlatformString { rmdir($0) } == 0 }
}
