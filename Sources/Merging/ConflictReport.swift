package import Git

/// A branch whose merges are asked about. By its commit: names move.
package struct JudgedBranch: Sendable, Hashable {
  package let name: String
  package let tip: ObjectID

  package init(name: String, tip: ObjectID) {
    self.name = name
    self.tip = tip
  }
}

/// Which branches conflict with the base and with each other.
package struct ConflictReport: Sendable, Equatable {
  /// What a merge would come to.
  package struct Verdict: Sendable, Equatable {
    /// The paths in conflict, sorted.
    package var here: [String]
    /// The same on a forge, which knows no merge drivers; nil when it is no different.
    package var forge: [String]?
    /// Whether there is no history in common, so that git does not merge at all.
    package var isUnrelated = false

    package static let clean = Verdict(here: [])

    package var isClean: Bool { here.isEmpty && (forge ?? []).isEmpty && !isUnrelated }

    /// All that is in conflict anywhere.
    package var paths: [String] { forge.map { Set(here).union($0).sorted() } ?? here }
  }

  package struct Branch: Sendable, Equatable {
    package let name: String
    package let tip: ObjectID
    /// Whether the base has all its commits.
    package let isMerged: Bool
    /// With the base alone.
    package let base: Verdict
  }

  /// Two branches that conflict when both come to the base. What one of them has with the base alone is not repeated.
  package struct Pair: Sendable, Equatable {
    /// Positions in ``branches``.
    package let first: Int
    package let second: Int
    package let verdict: Verdict
  }

  package let base: ObjectID
  package let branches: [Branch]
  /// Those that conflict, in the order of the branches.
  package let pairs: [Pair]
  /// What is not judged, each a sentence.
  package let notes: [String]

  package var isClean: Bool { pairs.isEmpty && branches.allSatisfy(\.base.isClean) }

  /// How many other branches each one conflicts with.
  package var counts: [Int] {
    var counts = [Int](repeating: 0, count: branches.count)
    for pair in pairs {
      counts[pair.first] += 1
      counts[pair.second] += 1
    }
    return counts
  }
}
