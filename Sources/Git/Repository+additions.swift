import CLibgit2

/// A commit with one parent, and what it has that its parent has not.
package struct CommitAddition: Sendable {
  package let id: String
  package let author: (name: String, address: String)
  package let committer: (name: String, address: String)
  /// As it is in the commit.
  package let message: [UInt8]
  package let files: [File]

  /// One that is new or has another mode or other contents than in the parent.
  package struct File: Sendable {
    /// Bytes that are not UTF-8 are replaced.
    package let path: String
    /// Whether the parent has no file there.
    package let isNew: Bool
    /// The id of the contents.
    package let blob: String
    /// All of it, not only the lines that are new.
    package let contents: [UInt8]
  }
}

extension Repository {
  /// More of either is for git to show, in pieces.
  private static let mostCommits = 100
  private static let mostBytes = 4 << 20

  /// What each commit from `start`, exclusive, to `tip` adds, without starting a process; nil where it is not simple: where
  /// there are merges, submodules, messages in other encodings, much of it, or objects that are missing on purpose.
  package func additions(from start: ObjectID, to tip: ObjectID) throws(GitError) -> [CommitAddition]? {
    if isIncomplete { return nil }
    var additions: [CommitAddition] = []
    var bytes = 0
    var next = tip
    while next != start {
      guard additions.count < Self.mostCommits, let (addition, parent) = try addition(of: next, &bytes) else {
        return nil
      }
      additions.append(addition)
      next = parent
    }
    return additions
  }

  private func addition(
    of id: ObjectID, _ bytes: inout Int
  ) throws(GitError) -> (CommitAddition, parent: ObjectID)? {
    let commit = try lookUp(id)
    guard git_commit_parentcount(commit.pointer) == 1, let parent = git_commit_parent_id(commit.pointer, 0),
      git_commit_message_encoding(commit.pointer) == nil, let author = git_commit_author(commit.pointer),
      let committer = git_commit_committer(commit.pointer), let message = git_commit_message_raw(commit.pointer)
    else { return nil }
    let before = try lookUp(ObjectID(parent.pointee))
    let old = try Handle(free: git_tree_free) { git_commit_tree(&$0, before.pointer) }
    let new = try Handle(free: git_tree_free) { git_commit_tree(&$0, commit.pointer) }
    var files: [CommitAddition.File] = []
    guard try compare(new.pointer, with: old.pointer, in: "", &files, &bytes) else { return nil }
    func person(_ signature: git_signature) -> (name: String, address: String) {
      (String(cString: signature.name), String(cString: signature.email))
    }
    let addition = CommitAddition(
      id: id.description, author: person(author.pointee), committer: person(committer.pointee),
      message: Array(String(cString: message).utf8), files: files)
    return (addition, ObjectID(parent.pointee))
  }

  /// - Returns: whether it is simple.
  private func compare(
    _ tree: OpaquePointer, with old: OpaquePointer?, in folder: String, _ files: inout [CommitAddition.File],
    _ bytes: inout Int
  ) throws(GitError) -> Bool {
    var before: [String: OpaquePointer] = [:]
    if let old {
      for position in 0..<git_tree_entrycount(old) {
        guard let entry = git_tree_entry_byindex(old, position) else { continue }
        before[String(cString: git_tree_entry_name(entry))] = entry
      }
    }
    for position in 0..<git_tree_entrycount(tree) {
      guard let entry = git_tree_entry_byindex(tree, position), let id = git_tree_entry_id(entry)?.pointee else {
        return false
      }
      let name = String(cString: git_tree_entry_name(entry))
      let was = before[name]
      let (kind, kindBefore) = (git_tree_entry_type(entry), was.map(git_tree_entry_type))
      if let was, let idBefore = git_tree_entry_id(was)?.pointee, ObjectID(idBefore) == ObjectID(id),
        git_tree_entry_filemode(was) == git_tree_entry_filemode(entry)
      {
        continue
      }
      switch kind {
      case GIT_OBJECT_TREE:
        var id = id
        let subtree = try Handle(free: git_tree_free) { git_tree_lookup(&$0, pointer, &id) }
        var oldTree: OpaquePointer?
        if let was, kindBefore == GIT_OBJECT_TREE, var idBefore = git_tree_entry_id(was)?.pointee {
          try check(git_tree_lookup(&oldTree, pointer, &idBefore))
        }
        defer { git_tree_free(oldTree) }
        guard try compare(subtree.pointer, with: oldTree, in: "\(folder)\(name)/", &files, &bytes) else { return false }
      case GIT_OBJECT_BLOB:
        // A file that was a link, or the other way round, is a new one for git.
        if let was,
          git_tree_entry_filemode(was) == GIT_FILEMODE_LINK || git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK
        {
          return false
        }
        var id = id
        let blob = try Handle(free: git_blob_free) { git_blob_lookup(&$0, pointer, &id) }
        let size = Int(git_blob_rawsize(blob.pointer))
        bytes += size
        guard bytes <= Self.mostBytes else { return false }
        let contents = UnsafeRawBufferPointer(start: git_blob_rawcontent(blob.pointer), count: size)
        files.append(
          .init(
            path: folder + name, isNew: kindBefore != GIT_OBJECT_BLOB, blob: ObjectID(id).description,
            contents: Array(contents)))
      default:
        return false
      }
    }
    return true
  }
}
