import CLibgit2
import Processes

/// By what a branch is known to be part of another.
package enum Landing: String, Sendable, CaseIterable {
  /// Its commits are among the other's.
  case commits
  /// The other has all that it changes: merging it would change nothing. So a squash is found.
  case content
  /// A commit of the other makes the same change as the whole branch, or each of its commits has its like there; what
  /// came later changed the same lines again.
  case patch
}

extension Repository {
  /// How many commits of the base are searched for the branch's patch.
  private static let mostSearched = 2_000
  /// A branch with more commits is compared as a whole only.
  private static let mostCompared = 100

  /// Whether what a branch brings has come home; judged by content, whatever became of its commits. `nil` when it has not.
  ///
  /// Nothing is changed; blobs that were merged on the way may stay in the database, referred to by nothing.
  /// - Throws: when it cannot be told: nobody may take that for an answer.
  package func landing(of tip: ObjectID, in base: ObjectID) throws(GitError) -> Landing? {
    if try isAncestor(tip, of: base) { return .commits }
    if try mergingChangesNothing(tip, into: base) { return .content }
    // Where objects are missing on purpose, libgit2 can compare no contents.
    if isIncomplete { return nil }
    return try hasPatch(of: tip, base) ? .patch : nil
  }

  private func mergingChangesNothing(_ tip: ObjectID, into base: ObjectID) throws(GitError) -> Bool {
    if isIncomplete {
      do throws(GitError) {
        guard case .tree(let merged) = try mergeTreesByGit(base, tip) else { return false }
        return try merged == tree(of: base)
      } catch {
        // In a shallow clone it may be that what they have in common is not there.
        guard error.message.contains("unrelated histories") else { throw error }
        return false
      }
    }
    let ours = try lookUp(base)
    let theirs = try lookUp(tip)
    let index = try Handle(free: git_index_free) {
      git_merge_commits(&$0, pointer, ours.pointer, theirs.pointer, nil)
    }
    if git_index_has_conflicts(index.pointer) != 0 { return false }
    let tree = try Handle(free: git_tree_free) { git_commit_tree(&$0, ours.pointer) }
    let diff = try Handle(free: git_diff_free) {
      git_diff_tree_to_index(&$0, pointer, tree.pointer, index.pointer, nil)
    }
    return git_diff_num_deltas(diff.pointer) == 0
  }

  private func hasPatch(of tip: ObjectID, _ base: ObjectID) throws(GitError) -> Bool {
    var (one, other, found) = (tip.oid, base.oid, git_oid())
    let code = git_merge_base(&found, pointer, &one, &other)
    if code == GIT_ENOTFOUND.rawValue { return false }
    try check(code)
    let fork = ObjectID(found)
    let whole = try patch(from: fork, to: tip)
    guard let whole else { return true }
    let own = try commits(from: tip, excluding: [base], limit: Self.mostCompared + 1).map(\.id)
    var single: [Patch] = []
    if own.count <= Self.mostCompared {
      for id in own {
        // What a merge brings of its own, no patch of a commit shows.
        guard let parent = try onlyParent(of: id) else {
          single = []
          break
        }
        if let patch = try patch(from: parent, to: id) { single.append(patch) }
      }
    }
    let paths = Set([whole.firstPath] + single.map(\.firstPath))
    var missing = Set(single.map(\.id))
    for candidate in try commits(from: base, excluding: [tip], limit: Self.mostSearched) {
      guard let parent = try onlyParent(of: candidate.id),
        try changes(paths, from: parent, to: candidate.id), let patch = try patch(from: parent, to: candidate.id)
      else { continue }
      if patch.id == whole.id { return true }
      if missing.remove(patch.id) != nil, missing.isEmpty { return true }
    }
    return false
  }

  private struct Patch {
    let id: ObjectID
    let firstPath: String
  }

  /// What leads from one commit to another; `nil` when they hold the same.
  private func patch(from old: ObjectID, to new: ObjectID) throws(GitError) -> Patch? {
    let oldTree = try treeHandle(of: old)
    let newTree = try treeHandle(of: new)
    let diff = try Handle(free: git_diff_free) {
      git_diff_tree_to_tree(&$0, pointer, oldTree.pointer, newTree.pointer, nil)
    }
    guard git_diff_num_deltas(diff.pointer) > 0, let delta = git_diff_get_delta(diff.pointer, 0),
      let path = delta.pointee.new_file.path ?? delta.pointee.old_file.path
    else { return nil }
    let first = String(cString: path)
    var id = git_oid()
    try check(git_diff_patchid(&id, diff.pointer, nil), "cannot compare '\(old.abbreviated)' and '\(new.abbreviated)'")
    return Patch(id: ObjectID(id), firstPath: first)
  }

  /// Whether a commit touches any of the paths: a look into two trees, where a whole comparison would visit all.
  private func changes(_ paths: Set<String>, from old: ObjectID, to new: ObjectID) throws(GitError) -> Bool {
    let oldTree = try treeHandle(of: old)
    let newTree = try treeHandle(of: new)
    func entry(_ path: String, _ tree: borrowing Handle) -> ObjectID? {
      var found: OpaquePointer?
      guard git_tree_entry_bypath(&found, tree.pointer, path) == 0 else { return nil }
      defer { git_tree_entry_free(found) }
      return git_tree_entry_id(found).map { ObjectID($0.pointee) }
    }
    for path in paths where entry(path, oldTree) != entry(path, newTree) { return true }
    return false
  }

  private func onlyParent(of commit: ObjectID) throws(GitError) -> ObjectID? {
    let commit = try lookUp(commit)
    guard git_commit_parentcount(commit.pointer) == 1 else { return nil }
    return git_commit_parent_id(commit.pointer, 0).map { ObjectID($0.pointee) }
  }

  func treeHandle(of commit: ObjectID) throws(GitError) -> Handle {
    let commit = try lookUp(commit)
    return try Handle(free: git_tree_free) { git_commit_tree(&$0, commit.pointer) }
  }
}
