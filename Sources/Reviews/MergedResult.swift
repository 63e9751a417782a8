import Attempts
import Engine
import Forges
import Git
import Merging
import Synchronization

/// Tests what a merge would make: two changes that are right alone may be wrong together.
///
/// The same files are tested once, wherever they come from.
final class MergedResult: Sendable {
  let round: ReviewRound
  /// Trees at which the tests have passed.
  private let passed: Mutex<Set<ObjectID>>
  /// What merges came to.
  private let made = Mutex<[MergePair: ObjectID]>([:])
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

  private static let subject = "Merge what is reviewed into "

  /// Whether the text is that of a commit which was made for tests, and is nobody's work.
  static func isTrial(_ text: CommitText) -> Bool {
    String(decoding: text.message, as: UTF8.self).hasPrefix(subject)
  }

  /// Why the head is not to be merged into the base, as a clause; nil when all is well.
  func fault(of tip: ObjectID, into base: ObjectID, named name: String) async throws -> String? {
    let trials = round.terms.trials
    // As the forge merges, which runs no merge drivers.
    switch try await trials.merge(base, tip, in: .forge) {
    case .conflict(let files):
      return "it " + (ReviewedChange.words(conflicts: files, base: name) ?? "conflicts with '\(name)'")
    case .unrelated: return "it has no history in common with '\(name)'"
    case .clean(let tree):
      made.withLock { $0[MergePair(ours: base, theirs: tip)] = tree }
      guard isNeeded, !passed.withLock({ $0.contains(tree) }) else { return nil }
      let committer = try await round.context.place.git.identities().committer
      let commit = try await trials.commit(
        tree: tree, parents: [base, tip],
        CommitText(author: committer, committer: committer, message: "\(Self.subject)\(name)\n"))
      try await trials.adopt([commit])
      if let outcome = try await round.fault(ofMerged: commit) {
        return "the tests fail once it is merged with '\(name)' at \(base.abbreviated): \(outcome)"
      }
      passed.withLock { _ = $0.insert(tree) }
      return nil
    }
  }

  /// What the merge of the two makes, if that was tested; nil otherwise.
  func tree(of tip: ObjectID, into base: ObjectID) -> ObjectID? {
    isNeeded ? made.withLock { $0[MergePair(ours: base, theirs: tip)] } : nil
  }
}
