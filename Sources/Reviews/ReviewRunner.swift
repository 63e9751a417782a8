import Agents
import Attempts
import Basics
import Engine
import Forges
import Git
import Guarding
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

  var id: String { header.id }
  var journal: RunJournal { context.journal }
  var sites: ReviewWorktrees { ReviewWorktrees(context: context, setup: terms.setup, folder: terms.folder, id: id) }
  private var fetching: ReviewFetching {
    ReviewFetching(context: context, terms: terms, sites: sites, number: number)
  }

  /// Reviews it and records how that ended.
  /// - Throws: only what the journal throws: without its record a review must not continue.
  func run() async throws {
    defer { terms.ends.end(id) }
    try await StopRequest.$current.withValue(context.stop) {
      try await context.watch.owning(property) { try await runToEnd() }
    }
  }

  /// The names under which its worktree may be made, and the branches that are fetched and pushed for it.
  private var property: TaskProperty {
    let worktree = "\(terms.folder)/\(id)"
    return TaskProperty(
      task: id, branches: [], remoteBranches: terms.trackedBranches.union([header.branch]),
      remote: terms.remote, worktrees: [worktree] + (2...50).map { "\(worktree)-\($0)" })
  }

  private func runToEnd() async throws {
    let ending: TaskEnding
    do {
      if context.stop.level == .none { try await tidyUpEarlier() }
      ending = try await perform()
    } catch let error as JournalError {
      throw error
    } catch {
      ending = await self.ending(for: error)
    }
    if let earlier, ending.status == .skipped || ending.status == .merged, context.stop.level == .none {
      // It was merged or closed: nobody comes back to what a review without an end has left.
      await removeEarlierBranches(earlier)
    }
    await sites.removeReferences()
    try await sites.removeForeignHome()
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
      return TaskEnding(status: .skipped, message: context.stopReason(of: "review"))
    }
    let change = try await fetching.change()
    try await journal.append(.pullRequestSeen(task: id, pullRequest: change.record))
    return try await GitGuard.withTree(isForeign: change.isForeign) {
      try await review(change, voidAttempts: voidAttempts, mayTakeUp: mayTakeUp)
    }
  }

  private func review(_ change: ReviewedChange, voidAttempts: Int, mayTakeUp: Bool) async throws -> TaskEnding {
    let taken =
      mayTakeUp
      ? try await earlier?.result(
        for: change.head, base: change.pullRequest.base, merging: terms.merges, in: context.place) : nil
    let site = try await sites.make(
      at: taken?.tip ?? change.head, head: change.head, isForeign: change.isForeign)
    let round = ReviewRound(
      context: context, terms: terms, sites: sites, fetching: fetching, header: header, change: change, site: site,
      rules: try await rules(at: change.base), voidAttempts: voidAttempts)
    do {
      var ending = try await round.perform(taken: taken, signedBy: taken == nil ? nil : earlier?.origin)
      if let note = try await clear(site, of: change) { ending.advice.append(note) }
      if let earlier { await removeEarlierBranches(earlier) }
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
    let listing = try await git.run(.reading, ["ls-tree", "-l", "\(base)", "--", ":(top,literal)CLAUDE.md"])
    // `<mode> blob <id> <size>\t<path>`; a link is no text of rules.
    let fields = listing.text.split(whereSeparator: \.isWhitespace)
    guard listing.isSuccess, fields.count == 5, fields[0].hasPrefix("100"), let size = Int(fields[3]), size > 0,
      size <= 256 << 10,
      let text = String(
        validating: try await git.require(.reading, ["cat-file", "blob", "\(fields[2])"]).bytes, as: UTF8.self)
    else { return nil }
    try FileSystem.create(path, containing: "The project's own rules, from its CLAUDE.md:\n\n\(text)\n")
    return path
  }

  // MARK: - Endings

  private func ending(for error: any Error) async -> TaskEnding {
    if case ReviewError.ended(let ending) = error { return ending }
    let again = "to continue it: git orch review --pr \(number)"
    if context.stop.level > .none {
      let state = await journal.state[task: id]
      if state?.verdict == nil, state?.attempts.isEmpty ?? true {
        return TaskEnding(status: .skipped, message: context.stopReason(of: "review", hiding: error), advice: [again])
      }
      let what: String? =
        if state?.posted != nil { "the review is posted" } else if state?.verdict != nil {
          "the verdict is given, but not posted"
        } else { nil }
      return TaskEnding(
        status: .interrupted, message: (what.map { "\($0); " } ?? "") + context.stopReason(of: "review", hiding: error),
        advice: [again])
    }
    if let error = error as? ForgeError {
      return TaskEnding(
        status: .failed, message: context.secrets.masking(error.message), advice: error.hints + [again])
    }
    return TaskEnding(status: .failed, message: context.secrets.masking("\(error)"), advice: [again])
  }
}
