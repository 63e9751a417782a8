import Basics
package import Git
import Platform
import Processes
package import SystemPackage

/// What somebody has in a worktree, as a commit.
package struct WorkSnapshot: Sendable, Equatable {
  /// In the quarantine, on top of what is checked out.
  package let commit: ObjectID
  /// What is checked out.
  package let head: ObjectID
  /// Files that are left out, since they are many or large.
  package let isPartial: Bool
}

extension MergeQuarantine {
  /// More than this in uncommitted files is no text that merges.
  private static let mostBytes: Int64 = 100 << 20
  private static let mostFiles = 20_000

  /// What is not committed in a worktree, ignored files aside, through an index of our own: neither its index nor the
  /// repository is written to. nil when all is committed, and before the first commit.
  package func snapshot(of worktree: FilePath) async throws(GitError) -> WorkSnapshot? {
    let environment = environment
    let index = FilePath("\(directory)/index.\(UInt64.random(in: 0 ... .max))")
    let look = try await Repository.withRepository(at: worktree, environment: environment) {
      repository throws(GitError) -> Look? in try Look(repository, index: index)
    }
    guard let look else { return nil }
    defer { unlink(index.string) }
    let command = GitCommand(directory: worktree, environment: environment).adding([
      "GIT_INDEX_FILE": index.string, "GIT_OBJECT_DIRECTORY": "\(directory)/objects",
    ])
    // What cannot be read is left out.
    let added = try await command.run(
      .saving,
      [
        "-c", "advice.addEmbeddedRepo=false", "-c", "core.safecrlf=false", "add", "--all", "--ignore-errors",
        "--pathspec-from-file=-", "--pathspec-file-nul",
      ], input: Array(look.paths.map { ":(top,literal)\($0)" }.joined(separator: "\0").utf8),
      configuration: look.configuration)
    let written = try await command.require(.saving, ["write-tree"]).text
    guard let tree = ObjectID(written) else { throw GitError(.other, "cannot read the tree git wrote: '\(written)'") }
    if tree == look.headTree { return nil }
    // Always the same for the same files, so that what is known of it is known again.
    let text = CommitText(
      author: "git-orch <git-orch> 0 +0000", committer: "git-orch <git-orch> 0 +0000", message: "uncommitted\n")
    return WorkSnapshot(
      commit: try await commit(tree: tree, parents: [look.head], text), head: look.head,
      isPartial: look.isPartial || !added.isSuccess)
  }

  private struct Look: Sendable {
    let head: ObjectID
    let headTree: ObjectID
    var paths: [String] = []
    var isPartial = false
    let configuration: [FrozenConfiguration.Entry]

    init?(_ repository: Repository, index: FilePath) throws(GitError) {
      switch try repository.head() {
      case .branch(_, let tip), .detached(let tip): head = tip
      case .unborn: return nil
      }
      headTree = try repository.tree(of: head)
      let entries = try repository.status().entries
      if entries.isEmpty { return nil }
      let folder = repository.workingDirectory?.string ?? ""
      var bytes: Int64 = 0
      for path in Set(entries.map(\.path)).sorted() {
        // A repository of its own, which no merge looks into.
        if path.hasSuffix("/") { continue }
        bytes += FileStamp("\(folder)/\(path)").map { $0.isRegular ? $0.size : 0 } ?? 0
        guard bytes <= mostBytes, paths.count < mostFiles else {
          isPartial = true
          break
        }
        paths.append(path)
      }
      if paths.isEmpty { return nil }
      configuration = try repository.withoutNestedFilters()
      try Self.copyIndex(of: repository, to: index)
    }

    /// With its time: git tells by it which files may have changed unseen.
    private static func copyIndex(of repository: Repository, to index: FilePath) throws(GitError) {
      let original = repository.gitDirectory.appending("index")
      guard original.exists else { return }
      do {
        try FileSystem.create(index, containing: original.readBytes(limit: 4 << 30, .regularOnly))
      } catch {
        throw GitError(.other, "cannot copy '\(original)': \(FileSystem.reason(error))")
      }
      var status = stat()
      guard stat(original.string, &status) == 0 else { return }
      #if canImport(Darwin)
        let times = [status.st_atimespec, status.st_mtimespec]
      #else
        let times = [status.st_atim, status.st_mtim]
      #endif
      _ = utimensat(AT_FDCWD, index.string, times, 0)
    }
  }
}
