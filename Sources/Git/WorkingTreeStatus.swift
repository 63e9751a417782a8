/// What in a working tree differs from its last commit.
package struct WorkingTreeStatus: Sendable, Equatable {
  package struct Entry: Sendable, Hashable {
    package enum Kind: String, Sendable {
      /// In the index, and the same in the working tree.
      case staged
      /// Changed in the working tree (and perhaps also in the index), or present and yet unknown to the index
      /// (`git add -N`).
      case modified
      /// Gone from the working tree, but not from the index.
      case deleted
      /// Known to neither commit nor index, and not ignored.
      case untracked
      /// Left unmerged by a merge.
      case conflicted
    }

    /// From the top of the working tree, with `/`; bytes that are not UTF-8 are replaced. A nested repository that git
    /// does not look into ends in `/`.
    package let path: String
    package let kind: Kind

    package init(path: String, kind: Kind) {
      self.path = path
      self.kind = kind
    }
  }

  /// One per file, in order of path; two for a file removed from the index that is still there, as `git status` has it.
  /// Renames are a file gone and another one new.
  package let entries: [Entry]

  package init(entries: [Entry]) {
    self.entries = entries.sorted { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }
  }

  package var isClean: Bool { entries.isEmpty }
}

extension WorkingTreeStatus {
  /// Reads `git status --porcelain=v1 -z --no-renames`.
  package init(porcelain: [String]) {
    self.init(
      entries: porcelain.compactMap { record in
        // By bytes: a path may begin with a combining character, which would join the space before it.
        let bytes = Array(record.utf8)
        guard bytes.count > 3, let path = String(validating: bytes[3...], as: UTF8.self) else { return nil }
        let letters = bytes.prefix(2).map { Character(Unicode.Scalar($0)) }
        return Entry(path: path, kind: Self.kind(index: letters[0], tree: letters[1]))
      })
  }

  private static func kind(index: Character, tree: Character) -> Entry.Kind {
    switch (index, tree) {
    case ("?", "?"): .untracked
    case ("U", _), (_, "U"), ("A", "A"), ("D", "D"): .conflicted
    case (_, "D"): .deleted
    case (_, " "): .staged
    default: .modified
    }
  }
}
