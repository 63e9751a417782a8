import Basics
import CLibgit2
package import Git
package import SystemPackage

/// What a command left uncommitted in a worktree before anybody worked there, such as the lock file that it brought up to
/// date. As long as a file is as it was left, it is nobody's work.
package struct WorktreeTraces: Sendable, Equatable, Codable {
  /// By path, what the file holds, as git names contents; `gone` for one that was removed.
  package private(set) var files: [String: String] = [:]

  package init() {}

  /// Looks at what is uncommitted now.
  package init(in worktree: FilePath, environment: [String: String]) async throws(GitError) {
    files = try await Repository.withRepository(at: worktree, environment: environment) {
      repository throws(GitError) in
      var files: [String: String] = [:]
      for entry in try repository.status().entries {
        if let content = Self.content(of: entry.path, in: worktree) { files[entry.path] = content }
      }
      return files
    }
  }

  package var isEmpty: Bool { files.isEmpty }

  /// The status without what is as it was left.
  package func unexplained(_ status: WorkingTreeStatus, in worktree: FilePath) -> WorkingTreeStatus {
    guard !files.isEmpty else { return status }
    return WorkingTreeStatus(
      entries: status.entries.filter { entry in
        guard let left = files[entry.path] else { return true }
        return left != Self.content(of: entry.path, in: worktree)
      })
  }

  /// nil for what cannot be told: it counts as work.
  private static func content(of path: String, in worktree: FilePath) -> String? {
    let file = FilePath("\(worktree)/\(path)")
    if let target = file.linkTarget { return "link:\(target)" }
    guard file.exists else { return "gone" }
    guard (try? Libgit2.start()) != nil, let bytes = try? file.readBytes(limit: 64 << 20, .plainFile) else {
      return nil
    }
    var id = git_oid()
    guard bytes.withUnsafeBytes({ git_odb_hash(&id, $0.baseAddress, $0.count, GIT_OBJECT_BLOB) }) == 0 else {
      return nil
    }
    return "\(ObjectID(id))" + (file.isExecutable ? "x" : "")
  }
}
