import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Processes
import Settings
import SystemPackage

/// Takes one pull request all the way: worktree, reviewer, tests, fixes, post, merge; and once more when its head
/// moves meanwhile.
struct ReviewRunner: Sendable {
  let context: RunContext
  let terms: ReviewOptions
  let number: Int
  let header: TaskHeader
  /// What an earlier review of it left.
  let earlier: EarlierReview?

  /// How often the review starts over at a new head.
  private static let mostRestarts = 3

  private var id: String { header.id }
  private var journal: RunJournal { context.journal }
  private var sites: ReviewWorktrees { ReviewWorktrees(context: context, folder: terms.folder, id: id) }
  private var fetching: ReviewFetching {
    ReviewFetching(context: context, terms: terms, sites: sites, number: number)
  }

  /// Reviews it and records how that ended.
  /// - Throws: only what the journal throws: without its record a review must not go on.
  func run() async throws {
    defer { terms.ends.end(id) }
    let ending: TaskEnding
    do {
      try await tidyUpEarlier()
      ending = try await perform()
    } catch let error as JournalError {
      throw error
    } catch {
      ending = await self.ending(for: error)
    }
    await sites.removeReferences()
    try await journal.append(
      .taskEnded(task: id, status: ending.status, message: ending.message, advice: ending.advice))
  }

  private func perform() async throws -> TaskEnding {
    var restarts = 0
    var voidAttempts = 0
    while true {
      do {
        return try await reviewOnce(voidAttempts: voidAttempts, mayTakeUp: restarts == 0)
      } catch ReviewError.startOver(let reason) {
        guard restarts < Self.mostRestarts else {
          return TaskEnding(
            status: .failed, message: "\(reason); the review has started over \(restarts) times",
            advice: ["try again once the branch stops changing: git orch review --pr \(number)"])
        }
        restarts += 1
        voidAttempts = await journal.state[task: id]?.attempts.count ?? 0
        try await journal.append(.startedOver(task: id, reason: reason))
      }
    }
  }

  /// The review of the pull request as it is now.
  private func reviewOnce(voidAttempts: Int, mayTakeUp: Bool) async throws -> TaskEnding {
    if context.stop.level > .none {
      return TaskEnding(status: .skipped, message: "the review was interrupted")
    }
    let change = try await fetching.change()
    try await journal.append(.pullRequestSeen(task: id, pullRequest: change.record))
    let taken =
      mayTakeUp
      ? try await earlier?.result(
        for: change.head, base: change.pullRequest.base, merging: terms.merges, in: context.place) : nil
    let site = try await sites.make(
      at: taken?.tip ?? change.head, head: change.head, isFromFork: change.pullRequest.isFromFork)
    let round = ReviewRound(
      context: context, terms: terms, sites: sites, fetching: fetching, header: header, change: change, site: site,
      rules: try await rules(at: change.base), voidAttempts: voidAttempts)
    do {
      var ending = try await round.perform(taken: taken, signedBy: taken == nil ? nil : earlier?.origin)
      if let note = try await clear(site, of: change) { ending.advice.append(note) }
      if let earlier { await removeEarlierBranches(earlier, known: change.head) }
      return ending
    } catch let error as JournalError {
      throw error
    } catch ReviewError.startOver(let reason) {
      _ = try await clear(site, of: change)
      throw ReviewError.startOver(reason)
    } catch {
      var ending = await self.ending(for: error)
      if let note = try await leave(site, of: change) { ending.advice.append(note) }
      return ending
    }
  }

  /// The project's own rules, from the base: those of the pull request are a stranger's.
  private func rules(at base: ObjectID) async throws -> FilePath? {
    let path = FileSystem.firstFree(journal.folder.task(id).appending("project-rules"), "md")
    let git = context.place.git
    let listing = try await git.run(["ls-tree", "-l", "\(base)", "--", ":(top,literal)CLAUDE.md"])
    // `<mode> blob <id> <size>\t<path>`; a link is no text of rules.
    let fields = listing.text.split(whereSeparator: \.isWhitespace)
    guard listing.isSuccess, fields.count == 5, fields[0].hasPrefix("100"), let size = Int(fields[3]), size > 0,
      size <= 256 << 10,
      let text = String(validating: try await git.require(["cat-file", "blob", "\(fields[2])"]).bytes, as: UTF8.self)
    else { return nil }
    try FileSystem.create(path, containing: "The project's own rules, from its CLAUDE.md:\n\n\(text)\n")
    return path
  }

  // MARK: - What is left behind

  /// Removes what nobody needs any more; returns where the rest is.
  private func clear(_ site: ReviewWorktree, of change: ReviewedChange) async throws -> String? {
    var known: Set<ObjectID> = [change.head]
    if let pushed = await journal.state[task: id]?.pushedCommit.flatMap(ObjectID.init) { known.insert(pushed) }
    guard try await sites.clear(site, known: known) else { return nil }
    return "the reviewer's commits are on branch '\(site.branch)': git log \(change.head.abbreviated)..\(site.branch)"
  }

  /// After a review without an end: an agent's conversation can be taken up by hand in its worktree, which stays then.
  private func leave(_ site: ReviewWorktree, of change: ReviewedChange) async throws -> String? {
    let state = await journal.state[task: id]
    let isConversationOpen = state?.attempts.contains(where: \.holdsConversation) ?? false
    guard state?.verdict == nil, isConversationOpen, !FileSystem.isVacant(site.worktree) else {
      return try await clear(site, of: change)
    }
    do {
      try await sites.save(site)
    } catch let error as GitError {
      try await journal.append(.warned(message: "uncommitted work of '\(id)' is only in its worktree: \(error)"))
    }
    return nil
  }

  /// Ends what an earlier review left running when its process died, and removes the worktree that it left.
  private func tidyUpEarlier() async throws {
    guard let earlier else { return }
    if !earlier.hasEnded {
      // Its agent may still be at work, and a conversation must not be led by two.
      _ = await sweepRun(earlier.run)
      await sites.removeReferences(of: earlier.run)
    }
    guard let record = earlier.task.worktree else { return }
    // Refused, and left to the user, when there is uncommitted work in it.
    try? await context.worktrees.remove(name: record.name, path: FilePath(record.path))
  }

  /// The branches of an earlier review, as far as what they hold is on the forge or on a branch of ours.
  private func removeEarlierBranches(_ earlier: EarlierReview, known head: ObjectID) async {
    let prefix = "orch/review/\(earlier.run)/"
    let pushed = await journal.state[task: id]?.pushedCommit.flatMap(ObjectID.init)
    let branches = (try? await context.place.inRepository { $0.branches().keys.filter { $0.hasPrefix(prefix) } }) ?? []
    let reviewed = earlier.task.pullRequest.flatMap { ObjectID($0.commit) }
    for branch in branches where branch == prefix + id || branch.hasPrefix("\(prefix)\(id)-") {
      _ = await sites.removeBranch(branch, known: Set([head, pushed, reviewed].compactMap(\.self)))
    }
  }

  // MARK: - Endings

  private func ending(for error: any Error) async -> TaskEnding {
    if case ReviewError.ended(let ending) = error { return ending }
    let again = "to continue it: git orch review --pr \(number)"
    if context.stop.level > .none {
      let state = await journal.state[task: id]
      if state?.verdict == nil, state?.attempts.isEmpty ?? true {
        return TaskEnding(status: .skipped, message: "the review was interrupted", advice: [again])
      }
      let what: String? =
        if state?.posted != nil { "the review is posted" } else if state?.verdict != nil {
          "the verdict is given, but not posted"
        } else { nil }
      return TaskEnding(
        status: .interrupted, message: (what.map { "\($0); " } ?? "") + "the review was interrupted", advice: [again])
    }
    if let error = error as? ForgeError {
      return TaskEnding(
        status: .failed, message: context.secrets.masking(error.message), advice: error.hints + [again])
    }
    return TaskEnding(status: .failed, message: context.secrets.masking("\(error)"), advice: [again])
  }
}
