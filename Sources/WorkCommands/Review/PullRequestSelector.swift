import Basics
import CommandSupport
import Engine
import Forges
import Journal
import Processes
import Reviews
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Which pull requests are to be reviewed.
struct PullRequestSelector: Sendable {
  let place: RepositoryContext
  let work: LiveSession
  /// Whether nothing is to be asked.
  let isApproved: Bool

  enum Failure: Error, CustomStringConvertible {
    case noTerminal
    case noneOfRun(String)
    case isReview(String)
    case unapprovedFork(Int, String)

    var description: String {
      switch self {
      case .noTerminal:
        """
        cannot choose pull requests without a terminal
        hint: name them: git orch review --pr 42
        hint: or review those of the last run: git orch review --from-run
        """
      case .noneOfRun(let run):
        "run \(run) has no pull request that could be reviewed\nhint: see what happened: git orch status \(run)"
      case .isReview(let run):
        "\(run) is a review, not a run\nhint: to list the runs: git orch status --all"
      case .unapprovedFork(let number, let source):
        """
        pull request #\(number) comes from a fork (\(source)), and reviewing it runs its code on this machine
        hint: to review it anyway: git orch review --pr \(number) --auto-approve
        """
      }
    }
  }

  /// Those that the run opened and that are open still; of the last run when none is named.
  func openedByRun(_ id: String?) async throws -> [Int] {
    let state: RunState
    if let id {
      state = try place.store.run(id).state()
      guard state.header.isRun else { throw Failure.isReview(state.header.id) }
    } else {
      state = try newestRun()
    }
    let numbers = state.tasks.compactMap { $0.pullRequest?.number }
    guard !numbers.isEmpty else { throw Failure.noneOfRun(state.header.id) }
    let open = Set(try await list().all.map(\.number))
    let gone = numbers.filter { !open.contains($0) }
    if !gone.isEmpty {
      work.context.console.narrate(
        "skipped, as no longer open: \(gone.map { "#\($0)" }.joined(separator: ", "))")
    }
    return numbers.filter(open.contains)
  }

  private func newestRun() throws -> RunState {
    for folder in try place.store.runs().reversed() {
      let state = try folder.state()
      if state.header.isRun { return state }
    }
    throw JournalError.noRuns
  }

  /// Those with the given numbers, each once. One that comes from a fork is asked about.
  func named(_ numbers: [Int]) async throws -> [Int] {
    var seen: Set<Int> = []
    let wanted = numbers.filter { seen.insert($0).inserted }
    guard !isApproved else { return wanted }
    // One that is not open is the review's to report.
    let open = try await list()
    return try await withoutRefusedForks(wanted, open.own, among: open.all)
  }

  /// Those that the user picks from the table of all that are open.
  func open() async throws -> [Int] {
    let open = try await list()
    let all = open.all
    guard !all.isEmpty else {
      work.context.console.narrate("there are no open pull requests")
      return []
    }
    if isApproved { return withoutForks(all, open.own) }
    try await showTable(open)
    let question = "Select PRs to review (comma-separated numbers, 'all', or 'q' to quit)"
    switch try await work.ask({ await work.context.console.prompt.choose(question, count: all.count) }) {
    case nil: throw Failure.noTerminal
    case .quit: return []
    case .picked(let rows):
      let picked = rows.map { all[$0] }
      return try await withoutRefusedForks(picked.map(\.number), open.own, among: picked)
    }
  }

  private func list() async throws -> OpenPullRequests {
    var open = try await OpenPullRequests.list(in: place, stop: work.stop, send: LiveSession.send, note: work.note)
    // The oldest first: what builds on another one is the younger.
    open.all.sort { $0.number < $1.number }
    return open
  }

  /// Shows all of them, a screen at a time where there is one.
  private func showTable(_ open: OpenPullRequests) async throws {
    let terminal = work.context.console.errors
    let size = terminal.isInteractive ? terminal.size() : nil
    let states = try await work.stop.cancelling(at: .graceful) { await open.checkStates(of: open.all) }
    terminal.write("Available Pull Requests:\n")
    let lines = PullRequestTable(open.all, checks: states, now: Date()).table
      .lines(width: size?.columns, palette: terminal.palette)
    let (heading, rows) = (lines.prefix(lines.count - open.all.count), lines.suffix(open.all.count))
    let length = size.map { max(5, $0.rows - heading.count - 3) } ?? rows.count
    var left = rows[...]
    while !left.isEmpty {
      for line in heading + left.prefix(length) { terminal.write(line + "\n") }
      left = left.dropFirst(length)
      if left.isEmpty { break }
      let question = "\(left.count) more; show them?"
      let goesOn = try await work.ask { await work.context.console.prompt.confirm(question, preferred: true) }
      guard goesOn ?? true else { break }
    }
  }

  /// The branch; of a fork with its owner, as the forges write it.
  static func source(_ pullRequest: PullRequest) -> String {
    guard pullRequest.isFromFork else { return pullRequest.head.branch }
    let owner = pullRequest.head.repository?.split(separator: "/").first.map(String.init) ?? "?"
    return "\(owner):\(pullRequest.head.branch)"
  }

  /// All but those that come from forks: nobody has looked at what they would run here.
  private func withoutForks(_ pullRequests: [PullRequest], _ own: OwnRepositories) -> [Int] {
    for fork in pullRequests where own.isForeign(fork) {
      work.context.console.narrate(
        "warning: skipped #\(fork.number), which comes from a fork (\(Self.source(fork))): reviewing it runs its code "
          + "here; to review it: git orch review --pr \(fork.number)")
    }
    return pullRequests.filter { !own.isForeign($0) }.map(\.number)
  }

  private func withoutRefusedForks(
    _ numbers: [Int], _ own: OwnRepositories, among known: [PullRequest]
  ) async throws -> [Int] {
    var kept: [Int] = []
    for number in numbers {
      if let fork = known.first(where: { $0.number == number }), own.isForeign(fork) {
        let source = sanitized(Self.source(fork))
        let question =
          "#\(number) comes from a fork (\(source)); its code will run on this machine. Review it?"
        guard let answer = try await work.ask({ await work.context.console.prompt.confirm(question) }) else {
          throw Failure.unapprovedFork(number, source)
        }
        guard answer else { continue }
      }
      kept.append(number)
    }
    return kept
  }
}
