import Basics
import SystemPackage

/// What of a repository is a task's own: its branch and its worktree, and what git keeps of them elsewhere.
package struct TaskProperty: Sendable {
  package let task: String
  package var branches: Set<String>
  /// Branches of the remote that are fetched or pushed for it.
  package var remoteBranches: Set<String>
  /// nil where there is none.
  package var remote: String?
  /// Normalized.
  package var worktrees: Set<String>

  package init(
    task: String, branches: Set<String>, remoteBranches: Set<String> = [], remote: String? = nil,
    worktrees: some Sequence<String>
  ) {
    self.task = task
    self.branches = branches
    self.remoteBranches = branches.union(remoteBranches)
    self.remote = remote
    self.worktrees = Set(worktrees.map(lexicallyNormalized))
  }

  /// Whether the change is of something that is the task's.
  func holds(_ change: RepositoryChange) -> Bool {
    switch change.kind {
    case .reference:
      if change.name.hasPrefix("refs/remotes/") {
        guard let remote else { return false }
        return remoteBranches.contains { change.name == "refs/remotes/\(remote)/\($0)" }
      }
      return change.name.hasPrefix("refs/heads/") && branches.contains(String(change.name.dropFirst(11)))
    case .configuration:
      // What `git push --set-upstream` and `git branch --edit-description` write. By the last dot: `a.b` is a branch, too.
      guard change.name.hasPrefix("branch."), let dot = change.name.lastIndex(of: "."),
        ["description", "merge", "rebase", "remote"].contains(change.name[dot...].dropFirst())
      else { return false }
      return branches.contains(String(change.name[..<dot].dropFirst("branch.".count)))
    case .worktree:
      return change.worktree.map(isOwn) ?? false
    case .checkout, .neighbor:
      return isOwn(change.path)
    case .hook, .file:
      return false
    }
  }

  private func isOwn(_ path: FilePath) -> Bool {
    let path = path.string
    return worktrees.contains { pathLies(path, in: $0) || realPath(of: $0).map { pathLies(path, in: $0) } ?? false }
  }
}
