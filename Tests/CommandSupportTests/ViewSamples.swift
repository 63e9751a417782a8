import Foundation
import Journal
import Processes

/// Runs as their journals tell them, for the views.
enum ViewSamples {
  static let start = Date(timeIntervalSince1970: 1_795_379_825)

  /// The state after `events`, of which each comes 10 seconds after the one before.
  static func state(_ header: RunHeader, _ events: [JournalEvent]) -> RunState {
    var state = RunState(header: header, startedAt: JournalTime(start))
    for (number, event) in events.enumerated() {
      state.apply(JournalEntry(time: time(10 * (number + 1)), event: event))
    }
    return state
  }

  static func time(_ seconds: Int) -> JournalTime { JournalTime(start.addingTimeInterval(Double(seconds))) }

  private static let commit = String(repeating: "0123456789", count: 4)

  static let header = RunHeader(
    version: "1.0", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 4242, startTime: 1),
    base: BaseRecord(branch: "main", commit: commit), remote: "origin", localReason: nil,
    noPullRequestsReason: "'origin' is not on a forge", jobs: 2, agent: "claude 2.1",
    tasks: [
      TaskHeader(id: "parser", title: "Parse dates", branch: "feature/parser", needs: []),
      TaskHeader(id: "docs", title: "Describe it", branch: "feature/docs", needs: ["parser"]),
      TaskHeader(id: "tests", title: "Test it", branch: "feature/tests", needs: []),
    ])

  private static func begun(_ task: String) -> [JournalEvent] {
    [
      .taskStarting(
        task: task, startCommit: commit, worktree: WorktreeRecord(name: task, path: "/repo/trees/\(task)")),
      .attemptStarting(task: task, attempt: 1, session: "session-of-\(task)", resumed: false),
    ]
  }

  static let running = state(
    header,
    [.warned(message: "'main' is 2 commits behind 'origin/main'")] + begun("parser") + begun("tests") + [
      .attemptEnded(
        task: "tests", attempt: 1,
        result: AttemptRecord(
          end: .timedOut, limit: LimitRecord(kind: .inactivity, seconds: 900), message: "no activity for 900 s",
          exit: "exit status 143", session: "session-of-tests", cost: 0.41, sessionCost: 0.41, inputTokens: 1200,
          outputTokens: 300, turns: 4)),
      .retryPlanned(task: "tests", notBefore: time(300), reason: "no activity for 900 s"),
    ])

  static let paused = state(
    header, begun("parser") + [.paused(until: time(3600), reason: "usage limit reached")])

  static let ended = state(
    header,
    begun("parser") + [
      .attemptEnded(
        task: "parser", attempt: 1,
        result: AttemptRecord(
          end: .succeeded, exit: "exit status 0", session: "session-of-parser", cost: 1.2, sessionCost: 1.2,
          denied: [
            DeniedRecord(
              tool: "Bash", input: "npm install",
              remedy: "git config --add orchestrator.tools.allowedTools 'Bash(npm install)'"),
            DeniedRecord(
              tool: "Bash", input: "curl https://example.com",
              deniedBy: "rule Bash(curl:*) (orchestrator.tools.disallowedTools)", remedy: nil),
          ])),
      .proven(task: "parser", tip: commit, commits: [CommitRecord(id: commit, summary: "feat: parse dates")]),
      .pushStarting(task: "parser", remote: "origin", commit: commit), .pushed(task: "parser", commit: commit),
      .taskEnded(task: "parser", status: .success, message: nil, advice: []), .worktreeRemoved(task: "parser"),
    ] + begun("tests") + [
      .workSaved(
        task: "tests", attempt: 1, reference: "refs/orchestrator/saved/x/tests/1", commit: commit,
        contents: SavedContentsRecord(files: 2, commits: 1, stashes: 0, repositories: 0)),
      .taskEnded(
        task: "tests", status: .failed, message: "the agent failed after its result (exit status 3)",
        advice: ["look into /repo/trees/tests", "see what happened: git orch log tests"]),
      .taskEnded(task: "docs", status: .blocked, message: "'tests' did not succeed", advice: []), .runEnded,
    ])

  static let reviewHeader: RunHeader = {
    var header = Self.header
    header.review = ReviewHeader(merges: true)
    header.noPullRequestsReason = nil
    header.forge = ForgeRecord(provider: "github", host: "github.com", repository: "acme/app", destination: "main")
    header.tasks = [TaskHeader(.pullRequest(42), title: "Parse dates", branch: "feature/parser", needs: [])]
    return header
  }()

  static let review = state(
    reviewHeader,
    [
      .pullRequestSeen(
        task: "pr-42",
        pullRequest: PullRequestRecord(
          number: 42, url: "https://github.com/acme/app/pull/42", branch: "feature/parser", base: "main",
          commit: commit, author: "bob"))
    ] + begun("pr-42") + [
      .verdictGiven(
        task: "pr-42",
        verdict: VerdictRecord(
          decision: .approve, summary: "clear and tested",
          findings: [
            FindingRecord(severity: .nit, path: "a.swift", line: 3, message: "a typo"),
            FindingRecord(severity: .minor, message: "a name", fixed: true),
          ], commit: commit)),
      .testsEnded(
        task: "pr-42",
        result: TestRecord(
          command: "make test", commit: commit, passed: true, outcome: "exit status 0", log: "/runs/tests-1.log")),
      .reviewStarting(task: "pr-42", commit: commit),
      .reviewPosted(task: "pr-42", review: PostedRecord(decision: "approve", url: "https://x/1", commit: commit)),
      .waitingForChecks(task: "pr-42", checks: ["ci/build", "ci/lint"], until: time(1800)),
    ])
}
