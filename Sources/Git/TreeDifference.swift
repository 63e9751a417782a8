import CLibgit2

/// What leads from one tree to another. Renames are not looked for: one is a file that is gone and another that came.
package struct TreeDifference: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package let id: ObjectID
    package let mode: UInt16

    package var isRegular: Bool { mode & 0o170000 == 0o100000 }
    package var isSubmodule: Bool { mode == 0o160000 }
  }

  package struct Change: Sendable, Equatable {
    /// As git has it: two names may be the same characters, or none.
    package let path: [UInt8]
    /// nil where there was none, or is none.
    package let old: Entry?
    package let new: Entry?
  }

  /// In the order of trees.
  package fileprivate(set) var changes: [Change] = []
  /// Folders of the first that the second does not have.
  package fileprivate(set) var goneFolders: [[UInt8]] = []
}

extension Repository {
  /// Compares two trees, looking only into folders that differ: `git_diff_tree_to_tree` visits all.
  package func difference(from old: ObjectID, to new: ObjectID) throws(GitError) -> TreeDifference {
    var result = TreeDifference()
    if old != new { try compare(tree(old), tree(new), below: [], &result) }
    return result
  }

  /// What a tree has at a path; nil when there is nothing.
  package func entry(at path: [UInt8], in tree: ObjectID) throws(GitError) -> TreeDifference.Entry? {
    let tree = try self.tree(tree)
    var found: OpaquePointer?
    let code = (path.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
      git_tree_entry_bypath(&found, tree.pointer, $0.baseAddress)
    }
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code)
    defer { git_tree_entry_free(found) }
    return found.flatMap(Self.entry)
  }

  private func tree(_ id: ObjectID) throws(GitError) -> Handle {
    var oid = id.oid
    return try Handle(free: git_tree_free) { git_tree_lookup(&$0, pointer, &oid) }
  }

  private func tree(of entry: OpaquePointer) throws(GitError) -> Handle {
    try Handle(free: git_tree_free) { git_tree_lookup(&$0, pointer, git_tree_entry_id(entry)) }
  }

  private static func entry(_ entry: OpaquePointer) -> TreeDifference.Entry? {
    git_tree_entry_id(entry).map {
      TreeDifference.Entry(
        id: ObjectID($0.pointee), mode: UInt16(truncatingIfNeeded: git_tree_entry_filemode_raw(entry).rawValue))
    }
  }

  private static func path(_ entry: OpaquePointer, below folder: [UInt8]) -> [UInt8] {
    guard let name = git_tree_entry_name(entry) else { return folder }
    var path = folder
    var position = 0
    while name[position] != 0 {
      path.append(UInt8(bitPattern: name[position]))
      position += 1
    }
    return path
  }

  /// Both are in the same order, which has folders as if their names ended with a slash.
  private func compare(
    _ old: borrowing Handle, _ new: borrowing Handle, below folder: [UInt8], _ result: inout TreeDifference
  ) throws(GitError) {
    let (oldCount, newCount) = (git_tree_entrycount(old.pointer), git_tree_entrycount(new.pointer))
    var (oldPosition, newPosition) = (0, 0)
    while oldPosition < oldCount || newPosition < newCount {
      let before = oldPosition < oldCount ? git_tree_entry_byindex(old.pointer, oldPosition) : nil
      let after = newPosition < newCount ? git_tree_entry_byindex(new.pointer, newPosition) : nil
      switch (before, after) {
      case (nil, nil): return
      case (let before?, nil):
        oldPosition += 1
        try list(before, isNew: false, below: folder, &result)
      case (nil, let after?):
        newPosition += 1
        try list(after, isNew: true, below: folder, &result)
      case (let before?, let after?):
        let order = git_tree_entry_cmp(before, after)
        if order <= 0 { oldPosition += 1 }
        if order >= 0 { newPosition += 1 }
        if order < 0 {
          try list(before, isNew: false, below: folder, &result)
        } else if order > 0 {
          try list(after, isNew: true, below: folder, &result)
        } else if git_oid_equal(git_tree_entry_id(before), git_tree_entry_id(after)) == 0
          || git_tree_entry_filemode_raw(before) != git_tree_entry_filemode_raw(after)
        {
          let path = Self.path(before, below: folder)
          if Self.isTree(before), Self.isTree(after) {
            try compare(tree(of: before), tree(of: after), below: path + [UInt8(ascii: "/")], &result)
          } else {
            result.changes.append(.init(path: path, old: Self.entry(before), new: Self.entry(after)))
          }
        }
      }
    }
  }

  /// All of an entry that only one of them has.
  private func list(
    _ entry: OpaquePointer, isNew: Bool, below folder: [UInt8], _ result: inout TreeDifference
  ) throws(GitError) {
    let path = Self.path(entry, below: folder)
    guard Self.isTree(entry) else {
      let entry = Self.entry(entry)
      result.changes.append(.init(path: path, old: isNew ? nil : entry, new: isNew ? entry : nil))
      return
    }
    if !isNew { result.goneFolders.append(path) }
    let tree = try tree(of: entry)
    for position in 0..<git_tree_entrycount(tree.pointer) {
      guard let entry = git_tree_entry_byindex(tree.pointer, position) else { continue }
      try list(entry, isNew: isNew, below: path + [UInt8(ascii: "/")], &result)
    }
  }

  private static func isTree(_ entry: OpaquePointer) -> Bool { git_tree_entry_type(entry) == GIT_OBJECT_TREE }
}
