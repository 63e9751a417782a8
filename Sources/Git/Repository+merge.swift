import Basics
import CLibgit2
import Processes

/// What came of merging commits.
package enum MergedCommits: Sendable, Equatable {
  /// The commit that holds them all; it is one of them when it already did.
  case merged(ObjectID)
  /// The files that do not merge, and the two commits that meet in them: the result so far, and the one of the list
  /// that did not fit.
  case conflicts(files: [String], between: ObjectID, and: ObjectID)
}

extension Repository {
  /// Merges commits one after the other, in memory: no working tree, index or reference is touched.
  ///
  /// The commits made are the user's, as `git var` names author and committer. Merge drivers of the user's own are not
  /// run; `merge=union` and `merge=binary` are heeded. The first of `commits` is the first parent.
  package func merge(_ commits: [ObjectID], message: String) throws(GitError) -> MergedCommits {
    guard var result = commits.first else { throw GitError(.invalidName, "nothing to merge") }
    for next in commits.dropFirst() {
      if try isAncestor(next, of: result) { continue }
      if try isAncestor(result, of: next) {
        result = next
        continue
      }
      switch isIncomplete ? try mergeTreesByGit(result, next) : try mergeTrees(result, next) {
      case .tree(let tree): result = try makeCommit(tree, result, next, message: message)
      case .conflicts(let files): return .conflicts(files: files, between: result, and: next)
      }
    }
    return .merged(result)
  }

  private func mergeTrees(_ ours: ObjectID, _ theirs: ObjectID) throws(GitError) -> MergedTree {
    let ours = try lookUp(ours)
    let theirs = try lookUp(theirs)
    let index = try Handle(free: git_index_free) {
      git_merge_commits(&$0, pointer, ours.pointer, theirs.pointer, nil)
    }
    if git_index_has_conflicts(index.pointer) != 0 { return .conflicts(try conflicts(in: index)) }
    var tree = git_oid()
    try check(git_index_write_tree_to(&tree, index.pointer, pointer), "cannot write the merged tree")
    return .tree(ObjectID(tree))
  }

  private func conflicts(in index: borrowing Handle) throws(GitError) -> [String] {
    let iterator = try Handle(free: git_index_conflict_iterator_free) {
      git_index_conflict_iterator_new(&$0, index.pointer)
    }
    var files: Set<String> = []
    var (ancestor, ours, theirs):
      (UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?)
    while git_index_conflict_next(&ancestor, &ours, &theirs, iterator.pointer) == 0 {
      if let entry = ours ?? theirs ?? ancestor { files.insert(String(cString: entry.pointee.path)) }
    }
    return files.sorted()
  }

  private func makeCommit(
    _ tree: ObjectID, _ ours: ObjectID, _ theirs: ObjectID, message: String
  ) throws(GitError) -> ObjectID {
    let author = try signature("GIT_AUTHOR_IDENT")
    defer { git_signature_free(author) }
    let committer = try signature("GIT_COMMITTER_IDENT")
    defer { git_signature_free(committer) }
    var treeID = tree.oid
    let treeObject = try Handle(free: git_tree_free) { git_tree_lookup(&$0, pointer, &treeID) }
    let first = try lookUp(ours)
    let second = try lookUp(theirs)
    var parents: [OpaquePointer?] = [first.pointer, second.pointer]
    var oid = git_oid()
    KillPoint.before(.mergeCommit)
    defer { KillPoint.after(.mergeCommit) }
    let code = git_commit_create(
      &oid, pointer, nil, author, committer, nil, message, treeObject.pointer, parents.count, &parents)
    try check(code, "cannot write the merge commit")
    return ObjectID(oid)
  }

  /// Asks git who the user is: it weighs `GIT_AUTHOR_*`, `author.*`, `user.*`, `EMAIL`, `git -c` and the system's user.
  private func signature(_ variable: String) throws(GitError) -> UnsafeMutablePointer<git_signature>? {
    let output = try runGit(.reading, ["var", variable])
    guard output.isSuccess else { throw GitError(output) }
    var signature: UnsafeMutablePointer<git_signature>?
    try check(git_signature_from_buffer(&signature, output.text))
    return signature
  }
}
