package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Journal
import Landing
import Restacking
import Reviews
import RunViews
import Settings
import TerminalUI

/// `git orch review`: have agents review pull requests.
package struct ReviewCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "review", abstract: "Review, test, fix and merge pull requests with agents",
    usage: "git orch review [<options>] [--pr <n>]...\nusage: git orch review [<options>] --from-run [<run>]")

  @Option(name: .customLong("pr"), help: ArgumentHelp("Review this pull request; may be repeated", valueName: "n"))
  var numbers: [Int] = []

  @Flag(help: "Review those of the last run, or of the named one")
  var fromRun = false

  @Flag(
    name: [.customShort("m"), .long], inversion: .prefixedNo,
    help: "Merge those that pass (default: review.automerge)")
  var automerge: Bool?

  @Flag(name: [.customShort("y"), .long], help: "Ask nothing; if none are named, review all")
  var autoApprove = false

  @Flag(help: "Review several at a time, as many as run.jobs")
  var parallel = false

  @Flag(name: [.short, .long], help: "Review one at a time (the default)")
  var sequential = false

  @Option(
    name: [.customShort("j", allowingJoined: true), .long],
    help: ArgumentHelp("How many to review at a time", valueName: "n"))
  var jobs: Int?

  @Flag(help: "Review in the background; return once it has begun")
  var detach = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Argument(help: "With --from-run: a run's id or its beginning")
  var run: String?

  package init() {}

  package func validate() throws {
    if fromRun, !numbers.isEmpty { throw ValidationError("--pr and --from-run cannot be used together") }
    if run != nil, !fromRun { throw ValidationError("name a run with --from-run, a pull request with --pr") }
    if let number = numbers.first(where: { $0 < 1 }) { throw ValidationError("--pr \(number) is not a pull request") }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs takes a number from 1 to 1024") }
    if detach, json { throw ValidationError("--detach and --json cannot be used together") }
    if sequential, parallel || jobs ?? 1 != 1 {
      throw ValidationError("--sequential and \(parallel ? "--parallel" : "--jobs \(jobs ?? 1)") cannot be combined")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    let work = LiveSession(context: context, answersInJSON: json)
    return try await work.interruptibly {
      let place = try await work.workplace()
      if let folder = command.runOfPullRequests(in: place) {
        // Somebody may have merged a part of it on the forge since.
        try await PullRequestRefresh(folder, in: place, stop: work.stop, send: LiveSession.send, note: work.note)
          .performQuietly()
      }
      let picking = PullRequestSelector(place: place, work: work, isApproved: command.autoApprove)
      let picked = try await command.pick(by: picking)
      guard !picked.isEmpty else {
        return try command.answerNothing(in: context)
      }
      guard let merges = try await command.merges(picked, in: place, work: work) else {
        return try command.answerNothing(in: context)
      }
      let agent = try await work.reviewer(in: place)
      if command.detach {
        return try await DetachedStart(context, in: place, stop: work.stop).start(
          ["review", "--auto-approve", merges ? "--automerge" : "--no-automerge"]
            + ["--jobs", "\(command.jobs(place.settings))"] + picked.flatMap { ["--pr", "\($0)"] })
      }
      let request = ReviewRequest(
        pullRequests: picked, merges: merges, jobs: work.jobs(command.jobs(place.settings)), version: Basics.version)
      var review = Review(
        request, place: place, agent: agent, stop: work.stop,
        send: LiveSession.send)
      review.newID = context.detachedRun
      return try work.conclude([
        try await work.perform(in: place) { [review] in try await review.perform(signal: $0, observer: $1) }
      ])
    }
  }

  /// The run of whose pull requests some are meant, as far as that can be told.
  private func runOfPullRequests(in place: RepositoryContext) -> RunFolder? {
    guard let folder = try? PullRequestRefresh.run(run.map { [$0] } ?? [], in: place.store) else { return nil }
    guard !fromRun, !numbers.isEmpty else { return folder }
    let known = (try? folder.state())?.tasks.compactMap { $0.pullRequest?.number } ?? []
    return known.contains(where: numbers.contains) ? folder : nil
  }

  /// Answers that nothing was reviewed.
  private func answerNothing(in context: CommandContext) throws -> ExitStatus {
    if json { context.console.answer(try StatusDocument.noReview()) }
    return .done
  }

  private func pick(by picking: PullRequestSelector) async throws -> [Int] {
    if fromRun { return try await picking.openedByRun(run) }
    if !numbers.isEmpty { return try await picking.named(numbers) }
    return try await picking.open()
  }

  private func jobs(_ settings: Settings) -> Int { jobs ?? (parallel ? settings[.runJobs] : 1) }

  /// Whether those that pass are merged; nil when the user, being asked, wants nothing done at all.
  private func merges(_ picked: [Int], in place: RepositoryContext, work: LiveSession) async throws -> Bool? {
    if let automerge { return automerge }
    guard place.settings[.reviewAutomerge] else { return false }
    if autoApprove || place.settings[.workflowAutoApprove] { return true }
    let names = picked.map { "#\($0)" }.joined(separator: ", ")
    let question = "Review \(names), and merge what passes (orchestrator.review.automerge)?"
    // Nobody to ask: the setting itself is then the word.
    return try await work.ask { await work.context.console.prompt.confirm(question) } ?? true ? true : nil
  }
}
