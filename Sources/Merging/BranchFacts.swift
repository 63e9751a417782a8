import Git

/// How a branch stands to the base.
struct BranchFacts: Sendable {
  /// Its commits that the base does not have, newest first.
  let own: [ObjectID]
  /// Whether the base is among those that led to it: then a merge gives what the branch has.
  let isAhead: Bool
  let tree: ObjectID
  /// nil where there is no history in common.
  let mergeBase: ObjectID?

  /// A branch that brings more is compared by its newest commits.
  private static let mostCommits = 2_000

  init(of tip: ObjectID, base: ObjectID, _ repository: Repository) throws(GitError) {
    own = try repository.commits(from: tip, excluding: [base], limit: Self.mostCommits).map(\.id)
    tree = try repository.tree(of: tip)
    mergeBase = try repository.mergeBase(base, tip)
    isAhead = mergeBase == base
  }

  var isMerged: Bool { own.isEmpty }
}

/// A branch on top of the base, as it is compared with others.
struct PlacedBranch: Sendable {
  /// With the base's tip as its parent, or as its only common ancestor with others; the branch itself where it does not
  /// merge with the base.
  let commit: ObjectID
  /// nil where the trees cannot be read: then git has to say.
  let changes: BranchChanges?
  /// Whether attributes name a merge driver for something that it changes.
  let hasDrivers: Bool
}

/// Every number of what is remembered is used again and again while branches grow: what the last look did not use, the
/// next will not either.
struct Memory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private var values: [Key: Value] = [:]
  private var used: Set<Key> = []

  subscript(key: Key) -> Value? {
    mutating get {
      guard let value = values[key] else { return nil }
      used.insert(key)
      return value
    }
    set {
      values[key] = newValue
      used.insert(key)
    }
  }

  mutating func forgetUnused() {
    if used.count < values.count { values = values.filter { used.contains($0.key) } }
    used = []
  }
}
