import Engine
import Forges
import Git
import Synchronization

/// Tests what a merge would make: two changes that are right alone may be wrong together.
///
/// The same files are tested once, wherever they come from.
final class MergedResult: Sendable {
  private let round: ReviewRound
  /// Trees at which the tests have passed.
  private let passed: Mutex<Set<ObjectID>>
  /// Whether there is anything to be tested.
  let isNeeded: Bool

  /// - Parameter commit: where the tests have passed already; nil when there are none.
  init(round: ReviewRound, testedAt commit: ObjectID?) async throws {
    self.round = round
    isNeeded = commit != nil
    var known: Set<ObjectID> = []
    if let commit {
      known.insert(
        try await round.context.place.withRepository { repository throws(GitError) in
          try repository.tree(of: commit)
        })
    }
    passed = Mutex(known)
  }

  /// Why the head is not to be merged into the base, as a clause; nil when all is well.
  func fault(of tip: ObjectID, into base: ObjectID, named name: String) async throws -> String? {
    let (result, tree) = try await round.context.place.withRepository { repository throws(GitError) in
      let result = try repository.merge([base, tip], message: "Merge what is reviewed into \(name)")
      if case .merged(let commit) = result { return (result, try repository.tree(of: commit) as ObjectID?) }
      return (result, nil)
    }
    switch result {
    case .conflicts(let files, _, _):
      return "it " + (ReviewedChange.words(conflicts: files, base: name) ?? "conflicts with '\(name)'")
    case .merged(let commit):
      guard isNeeded, let tree, !passed.withLock({ $0.contains(tree) }) else { return nil }
      if let outcome = try await round.fault(ofMerged: commit) {
        return "the tests fail once it is merged with '\(name)' at \(base.abbreviated): \(outcome)"
      }
      passed.withLock { _ = $0.insert(tree) }
      return nil
    }
  }
}
