import Basics
import CLibgit2
import Platform

extension Repository {
  /// What a reference points to, by its full name (`refs/heads/main`); symbolic ones are followed. `nil` when absent.
  package func reference(_ name: String) throws(GitError) -> ObjectID? {
    try refuseZeroByte(name)
    var oid = git_oid()
    let code = git_reference_name_to_id(&oid, pointer, name)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "cannot read '\(name)'")
    return ObjectID(oid)
  }

  /// The tip of a local branch; `nil` when there is no such branch.
  package func branch(_ name: String) throws(GitError) -> ObjectID? {
    guard BranchName.isValid(name) else { throw GitError(.invalidName, "'\(name)' is not a valid branch name") }
    return try reference("refs/heads/\(name)")
  }

  /// All local branches with their tips; those that cannot be read are left out.
  package func branches() -> [String: ObjectID] {
    guard
      let iterator = try? Handle(
        free: git_branch_iterator_free, { git_branch_iterator_new(&$0, pointer, GIT_BRANCH_LOCAL) })
    else { return [:] }
    var result: [String: ObjectID] = [:]
    var next: OpaquePointer?
    var kind = GIT_BRANCH_LOCAL
    while git_branch_next(&next, &kind, iterator.pointer) == 0, let reference = next {
      defer { git_reference_free(reference) }
      var name: UnsafePointer<CChar>?
      var oid = git_oid()
      guard git_branch_name(&name, reference) == 0, let name,
        git_reference_name_to_id(&oid, pointer, git_reference_name(reference)) == 0
      else { continue }
      result[String(cString: name)] = ObjectID(oid)
    }
    return result
  }

  /// Where the remote's branch was when it was last fetched or pushed; `nil` when it never was.
  package func remoteBranch(_ name: String, of remote: String) throws(GitError) -> ObjectID? {
    try reference("refs/remotes/\(remote)/\(name)")
  }

  /// The branch the remote names as its default, as recorded at cloning (`git remote set-head` renews it).
  package func defaultBranch(of remote: String) throws(GitError) -> String? {
    var made: OpaquePointer?
    let code = git_reference_lookup(&made, pointer, "refs/remotes/\(remote)/HEAD")
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code)
    defer { git_reference_free(made) }
    guard let target = git_reference_symbolic_target(made) else { return nil }
    let prefix = "refs/remotes/\(remote)/"
    let name = String(cString: target)
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
  }

  /// Makes a local branch without an upstream.
  /// - Throws: `.exists` when there is one by this name, or one that its name would be in (`a` and `a/b`).
  package func createBranch(_ name: String, at commit: ObjectID) throws(GitError) {
    guard BranchName.isValid(name) else { throw GitError(.invalidName, "'\(name)' is not a valid branch name") }
    if try branch(name) != nil { throw GitError(.exists, "a branch named '\(name)' already exists") }
    do {
      try updateReference(
        "refs/heads/\(name)", to: commit, expecting: nil, message: "branch: Created from \(commit.abbreviated)")
    } catch {
      if let other = branches().keys.first(where: { $0.hasPrefix("\(name)/") || name.hasPrefix("\($0)/") }) {
        throw GitError(.exists, "cannot have branch '\(name)' next to branch '\(other)'")
      }
      throw error
    }
  }

  /// Moves a reference if it is where the caller expects it: compare and swap, under git's own lock of the reference.
  /// - Parameters:
  ///   - name: The full name (`refs/…`); made when absent.
  ///   - target: Where it is to be.
  ///   - expecting: Where it must be now; `nil` when it must not exist.
  ///   - message: The line for the reference's log.
  /// - Throws: `.conflict` when it is elsewhere, `.exists` when it exists but must not, `.locked` when another process
  ///   keeps its lock for more than two seconds.
  package func updateReference(
    _ name: String, to target: ObjectID, expecting: ObjectID?, message: String
  ) throws(GitError) {
    try refuseZeroByte(name)
    var oid = target.oid
    KillPoint.before(.reference)
    defer { KillPoint.after(.reference) }
    for attempt in 0... {
      var made: OpaquePointer?
      let code: Int32
      if var expected = expecting?.oid {
        code = git_reference_create_matching(&made, pointer, name, &oid, 1, &expected, message)
      } else {
        code = git_reference_create(&made, pointer, name, &oid, 0, message)
      }
      git_reference_free(made)
      if code == GIT_ELOCKED.rawValue, attempt < 100 {
        usleep(20_000)
        continue
      }
      guard code < 0 else { return }
      let error = GitError(libgit2: code, "cannot update '\(name)'")
      if let expecting, error.code == .conflict || error.code == .notFound, let now = try? reference(name),
        now != expecting
      {
        throw GitError(.conflict, "'\(name)' is at \(now.abbreviated), not at \(expecting.abbreviated) as expected")
      }
      if let expecting, error.code == .notFound {
        throw GitError(.conflict, "'\(name)' does not exist; it was expected at \(expecting.abbreviated)")
      }
      throw error
    }
  }

  func refuseZeroByte(_ name: String) throws(GitError) {
    if name.utf8.contains(0) { throw GitError(.invalidName, "a name must not contain a zero byte") }
  }
}
