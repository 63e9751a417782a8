import Basics
import Processes
package import SystemPackage

extension Worktrees {
  /// Commits everything uncommitted in a worktree to a reference: what is staged, changed, deleted and untracked (not
  /// what is ignored), also in the middle of a merge with conflicts. Working tree, index and branch stay as they are.
  ///
  /// The commit's parents are `HEAD`; then a commit of the index, when that holds something else than both (as
  /// `git stash` does); then what the reference pointed to before. Within a submodule, and within a repository the
  /// index does not know, nothing is saved but the commit it is at.
  /// - Parameters:
  ///   - path: The top of the worktree.
  ///   - ref: A full name, such as `refs/orchestrator/saved/…`.
  ///   - message: The commit's.
  /// - Returns: The commit; `nil` when there is nothing uncommitted.
  /// - Throws: `.commandFailed` also when some files could not be read: all others are saved then, and the error says
  ///   so.
  package func saveUncommittedWork(
    in path: FilePath, to ref: String, message: String
  ) async throws(GitError) -> ObjectID? {
    let command = GitCommand(directory: path, environment: environment)
    let (head, previous, isClean) = try await offPool { [environment] () throws(GitError) in
      let worktree = try Repository.open(path, environment: environment)
      return (try worktree.headCommit(), try worktree.reference(ref), try worktree.status().isClean)
    }
    if isClean { return nil }
    let snapshot = try await snapshot(of: path)
    let headTree = try await treeOf(head, command)
    if snapshot.tree == headTree, snapshot.indexTree == nil || snapshot.indexTree == headTree, snapshot.complaint == nil
    {
      return nil
    }
    var parents = [head].compactMap { $0 }
    if let indexTree = snapshot.indexTree, indexTree != headTree, indexTree != snapshot.tree {
      parents.append(try await commit(indexTree, parents: parents, message: "index: \(message)", command))
    }
    if let previous { parents.append(previous) }
    let saved = try await commit(snapshot.tree, parents: parents, message: message, command)
    try await offPool { [environment] () throws(GitError) in
      try Repository.open(path, environment: environment)
        .updateReference(ref, to: saved, expecting: previous, message: "save uncommitted work")
    }
    if let complaint = snapshot.complaint {
      throw GitError(.commandFailed, "not all of '\(path)' could be saved to '\(ref)': \(complaint)")
    }
    return saved
  }

  /// Throws `.dirty` unless the commit holds all that is uncommitted in the worktree now.
  func refuseUnlessSaved(_ saved: ObjectID, in path: FilePath) async throws(GitError) {
    let command = GitCommand(directory: path, environment: environment)
    let snapshot = try await snapshot(of: path)
    guard snapshot.complaint == nil, try await treeOf(saved, command) == snapshot.tree else {
      throw GitError(.dirty, "the worktree '\(path)' has changed since its work was saved to \(saved.abbreviated)")
    }
    // Of a repository within, only the commit it is at is in the tree.
    let changes = try await command.require(
      .reading, ["diff-tree", "-r", "-z", "--no-renames", "\(saved)^1", "\(snapshot.tree)"])
    if changes.records.contains(where: { $0.hasPrefix(":") && $0.dropFirst(8).hasPrefix("160000") }) {
      throw GitError(.dirty, "the worktree '\(path)' contains another repository, which cannot be saved")
    }
  }

  private struct Snapshot {
    let tree: ObjectID
    /// What is staged; `nil` in the middle of a merge with conflicts.
    let indexTree: ObjectID?
    /// git's words when some files could not be taken in.
    let complaint: String?
  }

  /// Writes the working tree as `git add -A` would take it, through an index of our own.
  private func snapshot(of path: FilePath) async throws(GitError) -> Snapshot {
    let (scratch, isSparse, configuration) = try await offPool { [environment] () throws(GitError) in
      let worktree = try Repository.open(path, environment: environment)
      let scratch = worktree.gitDirectory.appending("index.saving.\(UInt64.random(in: 0 ... .max))")
      // Begun from the real one: its file times spare git reading what has not changed.
      if let index = try? worktree.gitDirectory.appending("index").readBytes(limit: 4 << 30, .regularOnly) {
        try scratch.write(index)
      }
      return (
        scratch, GitEnvironment.isTrue(try worktree.configurationValue("core.sparseCheckout")),
        try worktree.withoutNestedFilters()
      )
    }
    defer { scratch.removeFile() }
    let command = GitCommand(directory: path, environment: environment).adding(["GIT_INDEX_FILE": scratch.string])
    let staged = try await command.run(.saving, ["write-tree"])
    let added = try await command.run(
      .saving,
      ["-c", "advice.addEmbeddedRepo=false", "-c", "core.safecrlf=false"]
        + ["add", "--all", "--ignore-errors"] + (isSparse ? ["--sparse"] : []) + ["--", "."],
      configuration: configuration)
    let tree = try await command.require(.saving, ["write-tree"])
    guard let id = ObjectID(tree.text) else { throw GitError(.other, "cannot read the tree git wrote: '\(tree.text)'") }
    return Snapshot(
      tree: id, indexTree: staged.isSuccess ? ObjectID(staged.text) : nil,
      complaint: added.isSuccess ? nil : added.complaint)
  }

  /// The tree of a commit; before the first commit, the empty tree, which git knows without having it.
  private func treeOf(_ commit: ObjectID?, _ command: GitCommand) async throws(GitError) -> ObjectID? {
    guard let commit else { return ObjectID("4b825dc642cb6eb9a060e54bf8d69288fbee4904") }
    return ObjectID(try await command.require(.reading, ["rev-parse", "--verify", "\(commit)^{tree}"]).text)
  }

  private func commit(
    _ tree: ObjectID, parents: [ObjectID], message: String, _ command: GitCommand
  ) async throws(GitError) -> ObjectID {
    let arguments = ["commit-tree", "\(tree)"] + parents.flatMap { ["-p", "\($0)"] } + ["-F", "-"]
    var output = try await command.run(.saving, arguments, input: Array(message.utf8))
    if !output.isSuccess {
      // Work is not to be lost because git does not know the user's name.
      var identity: [String: String] = [:]
      for role in ["AUTHOR", "COMMITTER"] {
        identity["GIT_\(role)_NAME"] = "git-orch"
        identity["GIT_\(role)_EMAIL"] = "git-orch@localhost"
      }
      output = try await command.adding(identity).require(.saving, arguments, input: Array(message.utf8))
    }
    guard let id = ObjectID(output.text) else {
      throw GitError(.other, "cannot read the commit git wrote: '\(output.text)'")
    }
    return id
  }
}

extension Repository {
  fileprivate func headCommit() throws(GitError) -> ObjectID? {
    switch try head() {
    case .branch(_, let tip), .detached(let tip): tip
    case .unborn: nil
    }
  }
}
