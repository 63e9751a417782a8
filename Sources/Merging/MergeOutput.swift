import Git

/// What `git merge-tree --stdin -z --name-only --no-messages` prints: for each merge whether it is clean, the tree, and
/// the paths in conflict, then an empty field.
enum MergeOutput {
  /// Reads the merges that it came to.
  static func read(_ bytes: [UInt8]) throws(GitError) -> [MergeResult] {
    var results: [MergeResult] = []
    var rest = bytes[...]
    func field() -> ArraySlice<UInt8>? {
      guard let end = rest.firstIndex(of: 0) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return rest[..<end]
    }
    while !rest.isEmpty {
      guard let status = field(), let id = field(), let tree = ObjectID(String(decoding: id, as: UTF8.self)) else {
        throw GitError(.other, "cannot read what 'git merge-tree' printed")
      }
      // A path is there once for each stage that is left of it.
      var paths: Set<String> = []
      while let path = field(), !path.isEmpty { paths.insert(String(decoding: path, as: UTF8.self)) }
      switch status.first {
      case UInt8(ascii: "1"): results.append(.clean(tree))
      case UInt8(ascii: "0"): results.append(.conflict(paths: paths.sorted()))
      default: throw GitError(.other, "cannot read what 'git merge-tree' printed")
      }
    }
    return results
  }
}
