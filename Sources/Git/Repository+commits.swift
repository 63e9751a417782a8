import Basics
import CLibgit2

/// A commit, as a list shows it.
package struct Commit: Sendable, Equatable {
  package let id: ObjectID
  /// The first paragraph of its message, on one line.
  package let summary: String

  package init(id: ObjectID, summary: String) {
    self.id = id
    self.summary = summary
  }
}

extension Repository {
  /// The commit a revision names (`main`, `v1~2`, `1a2b3c`, `@{u}` …), tags followed; `nil` when it names none.
  /// - Throws: `.ambiguous` when a short id fits several objects, or a name is both a branch and a tag with different
  ///   commits (where git would warn and take the tag); `.invalidName` when it is no revision at all.
  package func commit(at revision: String) throws(GitError) -> ObjectID? {
    try refuseZeroByte(revision)
    guard !revision.isEmpty else { throw GitError(.invalidName, "'' is not a valid revision") }
    var made: OpaquePointer?
    // libgit2 knows `@{…}`, but not `@` for HEAD.
    let rest = revision.first == "@" ? revision.dropFirst() : nil
    let spelling = rest.map { $0.isEmpty || "^~".contains($0.first ?? " ") ? "HEAD\($0)" : revision } ?? revision
    let code = git_revparse_single(&made, pointer, "\(spelling)^{commit}")
    defer { git_object_free(made) }
    switch git_error_code(code) {
    case GIT_ENOTFOUND, GIT_EPEEL: return nil
    case GIT_EAMBIGUOUS: throw GitError(.ambiguous, "'\(revision)' is ambiguous: it fits several objects")
    case GIT_EINVALIDSPEC: throw GitError(.invalidName, "'\(revision)' is not a valid revision")
    default: try check(code, "cannot read '\(revision)'")
    }
    guard let made, let id = git_object_id(made) else { return nil }
    let commit = ObjectID(id.pointee)
    try refuseBranchAndTag(revision)
    return commit
  }

  private func refuseBranchAndTag(_ name: String) throws(GitError) {
    var tag = git_oid()
    var branch = git_oid()
    guard BranchName.isValid(name), git_reference_name_to_id(&branch, pointer, "refs/heads/\(name)") == 0,
      git_reference_name_to_id(&tag, pointer, "refs/tags/\(name)") == 0
    else { return }
    let tagged = try Handle(free: git_object_free) { git_revparse_single(&$0, pointer, "refs/tags/\(name)^{}") }
    if let id = git_object_id(tagged.pointer), ObjectID(id.pointee) != ObjectID(branch) {
      throw GitError(
        .ambiguous,
        "'\(name)' is ambiguous: it names a branch and a tag; write 'refs/heads/\(name)' or 'refs/tags/\(name)'")
    }
  }

  /// The tree of a commit: two commits with the same content have the same.
  package func tree(of commit: ObjectID) throws(GitError) -> ObjectID {
    let commit = try lookUp(commit)
    guard let id = git_commit_tree_id(commit.pointer) else { throw GitError(.other, "a commit without a tree") }
    return ObjectID(id.pointee)
  }

  /// The commits that lead to `tip` and to none of `excluding`, newest first, no parent before its child; at most
  /// `limit` of them.
  package func commits(
    from tip: ObjectID, excluding: [ObjectID], limit: Int = .max
  ) throws(GitError) -> [Commit] {
    if isIncomplete { return try commitsByGit(from: tip, excluding: excluding, limit: limit) }
    let walk = try Handle(free: git_revwalk_free) { git_revwalk_new(&$0, pointer) }
    try check(git_revwalk_sorting(walk.pointer, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_TIME.rawValue))
    var oid = tip.oid
    try check(git_revwalk_push(walk.pointer, &oid), "cannot read the commits of '\(tip)'")
    for id in excluding {
      var oid = id.oid
      try check(git_revwalk_hide(walk.pointer, &oid), "cannot read the commits of '\(id)'")
    }
    var commits: [Commit] = []
    while commits.count < limit {
      var next = git_oid()
      let code = git_revwalk_next(&next, walk.pointer)
      if code == GIT_ITEROVER.rawValue { break }
      try check(code)
      let commit = try lookUp(ObjectID(next))
      let summary = git_commit_summary(commit.pointer).map { String(cString: $0) } ?? ""
      commits.append(Commit(id: ObjectID(next), summary: summary))
    }
    return commits
  }

  /// Whether `ancestor` is `descendant` or one of the commits that led to it.
  package func isAncestor(_ ancestor: ObjectID, of descendant: ObjectID) throws(GitError) -> Bool {
    if ancestor == descendant { return true }
    if isIncomplete { return try isAncestorByGit(ancestor, of: descendant) }
    var (above, below) = (ancestor.oid, descendant.oid)
    let code = git_graph_descendant_of(pointer, &below, &above)
    try check(code)
    return code == 1
  }

  /// Whether any reference but those in `names` (full names) leads to the commit: whether it would survive without them.
  /// The checkouts' `HEAD`s count for nothing; they move.
  package func isReachableFromOtherRefs(_ tip: ObjectID, except names: Set<String>) throws(GitError) -> Bool {
    if isIncomplete { return try isReachableByGit(tip, except: names) }
    let tips = try referenceTips { names.contains($0) }
    if tips.contains(tip) { return true }
    guard !tips.isEmpty else { return false }
    var oid = tip.oid
    let code = git_graph_reachable_from_any(pointer, &oid, tips.map(\.oid), tips.count)
    try check(code)
    return code == 1
  }

  /// The commits that references are at, but those whose full names are ignored.
  func referenceTips(ignoring isIgnored: (String) -> Bool) throws(GitError) -> Set<ObjectID> {
    let iterator = try Handle(free: git_reference_iterator_free) { git_reference_iterator_new(&$0, pointer) }
    var tips: Set<ObjectID> = []
    while true {
      var next: OpaquePointer?
      let code = git_reference_next(&next, iterator.pointer)
      if code == GIT_ITEROVER.rawValue { break }
      try check(code)
      defer { git_reference_free(next) }
      if isIgnored(String(cString: git_reference_name(next))) { continue }
      // Tags of blobs and trees, and symbolic references to nothing, lead to no commit.
      guard let commit = try? Handle(free: git_object_free, { git_reference_peel(&$0, next, GIT_OBJECT_COMMIT) }),
        let id = git_object_id(commit.pointer)
      else { continue }
      tips.insert(ObjectID(id.pointee))
    }
    return tips
  }

  package func parents(of commit: ObjectID) throws(GitError) -> [ObjectID] {
    let commit = try lookUp(commit)
    return (0..<git_commit_parentcount(commit.pointer)).compactMap { position in
      git_commit_parent_id(commit.pointer, position).map { ObjectID($0.pointee) }
    }
  }

  package func summary(of commit: ObjectID) throws(GitError) -> String {
    git_commit_summary(try lookUp(commit).pointer).map { String(cString: $0) } ?? ""
  }

  package func lookUp(_ commit: ObjectID) throws(GitError) -> Handle {
    var oid = commit.oid
    var made: OpaquePointer?
    let code = git_commit_lookup(&made, pointer, &oid)
    if code < 0 { throw GitError(libgit2: code, "cannot read commit '\(commit)'") }
    return try Handle(free: git_commit_free) {
      $0 = made
      return code
    }
  }
}
