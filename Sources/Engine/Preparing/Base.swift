package import Git
import Plans
import Settings

/// The branch on which a run is based, and the commit at which its tasks start.
package struct Base: Sendable, Equatable {
  package let branch: String
  package let commit: ObjectID
  /// What the user should know about the choice.
  package let note: String?

  package init(branch: String, commit: ObjectID, note: String?) {
    self.branch = branch
    self.commit = commit
    self.note = note
  }

  /// The name of the base branch: the plan's, else the setting's, else the remote's default, else what is checked out.
  package static func branchName(
    plan: String?, setting: String?, remote: String?, in repository: Repository
  ) throws -> String {
    if let named = plan ?? setting, named != "auto" { return named }
    if let remote, let name = try repository.defaultBranch(of: remote) { return name }
    switch try repository.head() {
    case .unborn(let branch):
      throw RunError(
        .noCommits, "branch '\(branch)' has no commit yet, and agents need one to start from",
        hints: ["commit something first: git commit --allow-empty -m 'first commit'"])
    case .branch(let name, _):
      if remote == nil { return name }
    case .detached:
      break
    }
    // A remote whose default is not known here, or a detached HEAD: a usual name, if there is just one of them.
    var usual: [String] = []
    for name in ["main", "master", "trunk", "develop"] {
      let isThere =
        try repository.branch(name) != nil || remote.map { try repository.remoteBranch(name, of: $0) != nil } ?? false
      if isThere { usual.append(name) }
    }
    if usual.count == 1 { return usual[0] }
    if usual.isEmpty, case .branch(let name, _) = try repository.head() { return name }
    let remedy = "set it: git config orchestrator.git.baseBranch BRANCH"
    if usual.isEmpty { throw RunError(.noBaseBranch, "cannot determine the base branch", hints: [remedy]) }
    var hints = [remedy]
    if let remote { hints.append("or ask the remote: git remote set-head \(remote) --auto") }
    let names = usual.map { "'\($0)'" }.joined(separator: ", ")
    throw RunError(.ambiguousBaseBranch, "cannot determine the base branch: \(names) exist", hints: hints)
  }

  /// Where tasks start: the local branch, unless the remote's is ahead of it or they have parted ways.
  package static func resolve(_ branch: String, remote: String?, in repository: Repository) throws -> Base {
    let local = try repository.branch(branch)
    let theirs = try remote.flatMap { try repository.remoteBranch(branch, of: $0) }
    switch (local, theirs) {
    case (let local?, let theirs?) where local == theirs:
      return Base(branch: branch, commit: local, note: nil)
    case (let local?, let theirs?) where try repository.isAncestor(theirs, of: local):
      return Base(
        branch: branch, commit: local,
        note: "tasks start from your '\(branch)', which has commits that '\(remote ?? "")/\(branch)' lacks")
    case (let local?, let theirs?):
      let parted = try !repository.isAncestor(local, of: theirs)
      return Base(
        branch: branch, commit: theirs,
        note: parted
          ? "tasks start from '\(remote ?? "")/\(branch)', from which your '\(branch)' has diverged"
          : "tasks start from '\(remote ?? "")/\(branch)', which is ahead of your '\(branch)'")
    case (let only?, nil), (nil, let only?):
      return Base(branch: branch, commit: only, note: nil)
    case (nil, nil):
      if case .unborn(let unborn) = try repository.head(), unborn == branch {
        throw RunError(
          .noCommits, "branch '\(branch)' has no commit yet, and agents need one to start from",
          hints: ["commit something first: git commit --allow-empty -m 'first commit'"])
      }
      throw RunError(
        .noBaseBranch, "base branch '\(branch)' does not exist",
        hints: [
          "name another: git config orchestrator.git.baseBranch BRANCH, or base_branch in the plan",
          "or fetch it: git fetch \(remote ?? "REMOTE") \(branch)",
        ])
    }
  }
}
