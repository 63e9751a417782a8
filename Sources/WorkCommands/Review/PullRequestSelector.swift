import Basics
import CommandSupport
import Engine
import Forges
import Journal
import Reviews
import TerminalUI

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
    let open = Set(try await list().map(\.number))
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
    let open = Dictionary(try await list().map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    return try await withoutRefusedForks(wanted, open)
  }

  /// Those that the user picks from the table of all that are open.
  func open() async throws -> [Int] {
    let all = try await list()
    guard !all.isEmpty else {
      work.context.console.narrate("there are no open pull requests")
      return []
    }
    if isApproved { return withoutForks(all) }
    showTable(all)
    let question = "Select PRs to review (comma-separated numbers, 'all', or 'q' to quit)"
    switch try await work.ask({ await work.context.console.prompt.choose(question, count: all.count) }) {
    case nil: throw Failure.noTerminal
    case .quit: return []
    case .picked(let rows):
      let picked = rows.map { all[$0] }
      return try await withoutRefusedForks(
        picked.map(\.number), Dictionary(picked.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first }))
    }
  }

  private func list() async throws -> [PullRequest] {
    // The oldest first: what builds on another one is the younger.
    try await OpenPullRequests.list(in: place, stop: work.stop, send: LiveSession.send, note: work.note)
      .sorted { $0.number < $1.number }
  }

  private func showTable(_ pullRequests: [PullRequest]) {
    let terminal = work.context.console.errors
    let width = terminal.isInteractive ? terminal.size().columns : nil
    terminal.write("Available Pull Requests:\n")
    for line in Self.table(pullRequests).lines(width: width, palette: terminal.palette) { terminal.write(line + "\n") }
  }

  static func table(_ pullRequests: [PullRequest]) -> Table {
    var table = Table(
      columns: [
        Table.Column("#"), Table.Column("ID"), Table.Column("Title", minimumWidth: 12, isFlexible: true),
        Table.Column("Branch", minimumWidth: 10, isFlexible: true), Table.Column("Author", isFlexible: true),
      ], gap: 3, margin: 1)
    table.rows = pullRequests.enumerated().map { index, pullRequest in
      [
        Table.Cell("\(index + 1)"), Table.Cell("\(pullRequest.number)"),
        Table.Cell((pullRequest.isDraft ? "[draft] " : "") + pullRequest.title), Table.Cell(Self.source(pullRequest)),
        Table.Cell(pullRequest.author),
      ]
    }
    return table
  }

  /// The branch; of a fork with its owner, as the forges write it.
  private static func source(_ pullRequest: PullRequest) -> String {
    guard pullRequest.isFromFork else { return pullRequest.head.branch }
    let owner = pullRequest.head.repository?.split(separator: "/").first.map(String.init) ?? "?"
    return "\(owner):\(pullRequest.head.branch)"
  }

  /// All but those that come from forks: nobody has looked at what they would run here.
  private func withoutForks(_ pullRequests: [PullRequest]) -> [Int] {
    for fork in pullRequests where fork.isFromFork {
      work.context.console.narrate(
        "warning: skipped #\(fork.number), which comes from a fork (\(Self.source(fork))): reviewing it runs its code "
          + "here; to review it: git orch review --pr \(fork.number)")
    }
    return pullRequests.filter { !$0.isFromFork }.map(\.number)
  }

  private func withoutRefusedForks(_ numbers: [Int], _ known: [Int: PullRequest]) async throws -> [Int] {
    var kept: [Int] = []
    for number in numbers {
      if let fork = known[number], fork.isFromFork {
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
