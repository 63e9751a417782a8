import Engine
import Forges
import Git
import Journal

/// The newest earlier review of a pull request, which may have been cut short.
struct EarlierReview: Sendable, Equatable {
  let run: String
  let task: TaskState
  /// The review whose agent gave the verdict, under whose signature it is posted.
  let origin: String
  /// Whether its process came to its own end.
  let hasEnded: Bool

  /// - Parameter runs: newest first.
  static func newest(of id: String, on forge: ForgeRecord, in runs: [RunState]) -> EarlierReview? {
    let reviews = runs.filter {
      $0.header.review != nil && $0.header.forge?.host == forge.host && $0.header.forge?.repository == forge.repository
    }
    let tasks = reviews.compactMap { run in run[task: id].map { (run: run, task: $0) } }
    guard let (newest, task) = tasks.first else { return nil }
    // One that asked no agent had its verdict from another before it.
    let origin = tasks.first { !$0.task.attempts.isEmpty } ?? (newest, task)
    return EarlierReview(
      run: newest.header.id, task: task, origin: origin.run.header.id, hasEnded: newest.phase == .ended)
  }

  /// Whether it came to what it was for: then the next review is one of its own. Where only the merge is left to do,
  /// nobody is asked and paid again.
  func isDone(merging: Bool) -> Bool {
    guard task.posted != nil else { return false }
    switch task.status {
    case .approved: return !merging
    case .merged, .changesRequested, .testsFailed: return true
    default: return false
    }
  }

  /// What is to be looked at in git before it is resumed.
  enum Candidate: Equatable, Sendable {
    /// The verdict is about the very head.
    case atHead
    /// The verdict is about fixes on top of the head which the pull request does not have yet: they must be here, lead to
    /// the head, and the head must not be behind what was reviewed.
    case fixes(tip: ObjectID, reviewed: ObjectID)
  }

  /// nil when there is nothing to resume.
  /// - Parameter merging: whether what passes is to be merged now.
  func candidate(for head: ObjectID, base: String, merging: Bool) -> Candidate? {
    guard !isDone(merging: merging), let verdict = task.verdict, let tip = ObjectID(verdict.commit),
      let seen = task.pullRequest,
      let reviewed = ObjectID(seen.commit),
      // Against another branch it shows other changes.
      seen.base == base
    else { return nil }
    if tip == head { return .atHead }
    return .fixes(tip: tip, reviewed: reviewed)
  }

  /// What it found, if that still holds; nil otherwise.
  func result(
    for head: ObjectID, base: String, merging: Bool, in place: RepositoryContext
  ) async throws -> ReviewResult? {
    guard let candidate = candidate(for: head, base: base, merging: merging), let verdict = task.verdict else {
      return nil
    }
    switch candidate {
    case .atHead:
      let fixes = task.commits.compactMap { commit in
        ObjectID(commit.id).map { Commit(id: $0, summary: commit.summary) }
      }
      return ReviewResult(verdict: verdict, tip: head, fixes: fixes)
    case .fixes(let tip, let reviewed):
      return try await place.withRepository { repository throws(GitError) in
        guard try repository.commit(at: tip.description) != nil,
          try repository.commit(at: reviewed.description) != nil,
          try repository.isAncestor(head, of: tip), try repository.isAncestor(reviewed, of: head)
        else { return nil }
        let fixes = try repository.commits(from: tip, excluding: [head], limit: ReviewedChange.commitLimit)
        return ReviewResult(verdict: verdict, tip: tip, fixes: fixes)
      }
    }
  }
}
