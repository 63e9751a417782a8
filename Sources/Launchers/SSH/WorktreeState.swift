import Basics
import Git
import Processes
import SystemPackage

/// What a worktree holds, as objects of its repository.
struct WorktreeState: Sendable, Equatable {
  /// The full name of the branch that is checked out, or a commit.
  var head: String
  var commit: String
  /// Of the task's branch; the commit where there is none.
  var tip: String
  /// The working tree, without what is ignored.
  var tree: String
  /// What is staged.
  var staged: String

  /// Reads it through an index of our own; the worktree stays as it is.
  static func read(
    _ worktree: FilePath, branch: String, environment: [String: String]
  ) async throws(GitError) -> WorktreeState {
    let git = GitCommand(directory: worktree, environment: environment)
    let commit = try await git.require(.reading, ["rev-parse", "--verify", "HEAD^{commit}"]).text
    let symbolic = try await git.run(.reading, ["symbolic-ref", "--quiet", "HEAD"])
    let tip = try await git.run(.reading, ["rev-parse", "--quiet", "--verify", "refs/heads/\(branch)^{commit}"])
    let index = try await git.require(.reading, ["rev-parse", "--path-format=absolute", "--git-path", "index"]).text
    let (scratch, configuration) = try await offPool { () throws(GitError) in
      let scratch = FilePath("\(index).away.\(UInt64.random(in: 0 ... .max))")
      // Begun from the real one: its file times spare git reading what has not changed.
      if let bytes = try? FilePath(index).readBytes(limit: 4 << 30, .regularOnly) {
        do {
          try FileSystem.create(scratch, containing: bytes)
        } catch {
          throw GitError(.other, "cannot write '\(scratch)': \(FileSystem.reason(error))")
        }
      }
      return (scratch, try Repository.open(worktree, environment: environment).withoutNestedFilters())
    }
    defer { try? FileSystem.remove(scratch) }
    let command = git.adding(["GIT_INDEX_FILE": scratch.string])
    // In the middle of a merge with conflicts, nothing counts as staged.
    let staged = try await command.run(.saving, ["write-tree"])
    try await command.require(
      .saving, ["-c", "advice.addEmbeddedRepo=false", "-c", "core.safecrlf=false", "add", "--all", ":/"],
      configuration: configuration)
    let tree = try await command.require(.saving, ["write-tree"]).text
    return WorktreeState(
      head: symbolic.isSuccess ? symbolic.text : commit, commit: commit, tip: tip.isSuccess ? tip.text : commit,
      tree: tree, staged: staged.isSuccess ? staged.text : try await git.tree(of: commit))
  }
}

extension GitCommand {
  func tree(of commit: String) async throws(GitError) -> String {
    try await require(.reading, ["rev-parse", "--verify", "\(commit)^{tree}"]).text
  }
}
