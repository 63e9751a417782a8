import Agents
import Foundation
import Git
import Journal
import Processes
import RunViews
import Screens

/// A run of twelve tasks in all the states there are.
enum LiveSamples {
  static let start = ViewSamples.start
  static let commit = "4f2c9ab" + String(repeating: "0", count: 33)

  static func at(_ seconds: Int) -> JournalTime { JournalTime(start.addingTimeInterval(Double(seconds))) }

  private static let names: [(id: String, needs: [String])] = [
    ("add-rate-limit-to-login", []), ("add-audit-log-table", []), ("add-audit-log-api", ["add-audit-log-table"]),
    ("add-audit-log-page", ["add-audit-log-api"]), ("fix-timezone-in-export", []), ("fix-flaky-search-test", []),
    ("replace-moment-with-temporal", []), ("upgrade-node-to-24", []), ("use-native-fetch", ["upgrade-node-to-24"]),
    ("add-webhook-signatures", []), ("add-webhook-retries", ["add-webhook-signatures"]),
    ("translate-emails-to-japanese", []),
  ]

  static let header = RunHeader(
    version: "1.0", id: "20261126-091530-5411", process: ProcessIdentity(pid: 4242, startTime: 1),
    base: BaseRecord(branch: "main", commit: commit), remote: "origin", localReason: nil,
    forge: ForgeRecord(provider: "github", host: "github.com", repository: "acme/app", destination: "main"), jobs: 6,
    agent: "claude 2.1",
    tasks: names.map { TaskHeader(id: $0.id, title: $0.id, branch: "feature/\($0.id)", needs: $0.needs) })

  static let runStart = JournalEntry(time: at(0), event: .runStarted(header))

  private static func begin(_ task: String, _ seconds: Int, attempt: Int = 1) -> [JournalEntry] {
    [
      JournalEntry(
        time: at(seconds),
        event: .taskStarting(
          task: task, startCommit: commit, worktree: WorktreeRecord(name: task, path: "/trees/app/\(task)"))),
      JournalEntry(
        time: at(seconds), event: .attemptStarting(task: task, attempt: attempt, session: "s", resumed: false)),
    ]
  }

  private static func end(_ task: String, _ seconds: Int, _ cost: Double, _ tokens: Int, attempt: Int = 1)
    -> JournalEntry
  {
    JournalEntry(
      time: at(seconds),
      event: .attemptEnded(
        task: task, attempt: attempt,
        result: AttemptRecord(
          end: .succeeded, session: "s", cost: cost, sessionCost: cost, inputTokens: tokens, outputTokens: 0)))
  }

  private static func done(_ task: String, _ from: Int, _ to: Int, _ cost: Double, _ tokens: Int, _ number: Int)
    -> [JournalEntry]
  {
    begin(task, from) + [
      end(task, to, cost, tokens),
      JournalEntry(
        time: at(to), event: .proven(task: task, tip: commit, commits: [CommitRecord(id: commit, summary: "feat: x")])),
      JournalEntry(time: at(to), event: .pushed(task: task, commit: commit)),
      JournalEntry(
        time: at(to),
        event: .pullRequestOpened(
          task: task,
          pullRequest: PullRequestRecord(
            number: number, url: "https://github.com/acme/app/pull/\(number)", branch: "feature/\(task)", base: "main",
            commit: commit, author: "me"), adopted: false)),
      JournalEntry(time: at(to), event: .taskEnded(task: task, status: .success, message: nil, advice: [])),
    ]
  }

  static let middleEntries: [JournalEntry] =
    [runStart] + done("add-rate-limit-to-login", 1, 392, 0.84, 612_000, 215)
    + done("add-audit-log-table", 1, 249, 0.52, 388_000, 214) + begin("add-audit-log-api", 250)
    + begin("fix-timezone-in-export", 2) + [end("fix-timezone-in-export", 302, 0.4, 300_000)]
    + begin("fix-timezone-in-export", 304, attempt: 2) + begin("fix-flaky-search-test", 2)
    + [
      end("fix-flaky-search-test", 1111, 1.74, 1_300_000),
      JournalEntry(
        time: at(1111),
        event: .retryPlanned(task: "fix-flaky-search-test", notBefore: at(1126), reason: "tests failed, 2 of 41")),
    ] + begin("replace-moment-with-temporal", 0) + begin("upgrade-node-to-24", 3) + [
      end("upgrade-node-to-24", 1000, 2.31, 1_900_000),
      JournalEntry(
        time: at(1000),
        event: .taskEnded(
          task: "upgrade-node-to-24", status: .failed, message: "npm ci exited 1", advice: [])),
      JournalEntry(
        time: at(1000),
        event: .taskEnded(
          task: "use-native-fetch", status: .blocked, message: "needs 'upgrade-node-to-24', which ended as failed",
          advice: [])),
      JournalEntry(
        time: at(840),
        event: .conflictFound(
          task: "fix-timezone-in-export", with: "replace-moment-with-temporal", paths: ["src/export/dates.ts"],
          count: 1,
          isNew: true)),
      JournalEntry(
        time: at(900),
        event: .conflictFound(
          task: "add-audit-log-table", with: nil, paths: ["db/schema.sql", "db/seed.sql"], count: 2, isNew: true)),
    ] + begin("add-webhook-signatures", 440) + begin("translate-emails-to-japanese", 1008)

  static func fold(_ entries: [JournalEntry]) -> RunState {
    var state = RunState(header: header, startedAt: at(0))
    for entry in entries.dropFirst() { state.apply(entry) }
    return state
  }

  /// After 18 minutes and 42 seconds.
  static var middle: LiveFrame {
    var frame = LiveFrame(RunView(fold(middleEntries), isAlive: true, now: at(1122).date))
    func agent(_ task: String, _ seconds: Int, _ usage: TokenUsage, _ events: AgentEvent...) {
      var activity = TaskActivity(at: at(0).date, worktree: "/trees/app/\(task)")
      activity.note(
        .initialised(
          SessionStart(
            sessionID: "s", model: "claude-opus-4-5-20251101", permissionMode: "", mcpServers: [], agentVersion: "2.1")),
        at: at(0).date)
      activity.note(.usage(ModelUsage(model: "claude-opus-4-5-20251101", usage: usage)), at: at(seconds).date)
      for event in events { activity.note(event, at: at(seconds).date) }
      frame.activities[task] = activity
    }
    agent(
      "add-audit-log-api", 1100, TokenUsage(input: 30_000, output: 20_000, cacheRead: 1_350_000),
      .toolUse(ToolUse(id: "1", name: "Bash", summary: "cd /trees/app/add-audit-log-api && npm test -- audit")))
    agent(
      "fix-timezone-in-export", 1110, TokenUsage(input: 30_000, output: 20_000, cacheRead: 1_250_000),
      .toolUse(ToolUse(id: "1", name: "Edit", summary: "/trees/app/fix-timezone-in-export/src/export/dates.ts")))
    agent(
      "replace-moment-with-temporal", 1096, TokenUsage(input: 90_000, output: 30_000, cacheRead: 2_480_000),
      .toolUse(ToolUse(id: "1", name: "Read", summary: "/trees/app/x/a.ts")),
      .toolResult(ToolResult(toolUseID: "1", summary: "", isError: false)))
    agent(
      "add-webhook-signatures", 1104, TokenUsage(input: 30_000, output: 9_000, cacheRead: 740_000),
      .apiRetry(APIRetry(attempt: 3, maxRetries: 10, delay: .seconds(60), status: 429, error: "rate_limit")))
    agent(
      "translate-emails-to-japanese", 1120, TokenUsage(input: 10_000, output: 4_000, cacheRead: 126_000),
      .toolUse(
        ToolUse(id: "1", name: "Write", summary: "/trees/app/translate-emails-to-japanese/src/locales/メール.json")))
    frame.amounts = [
      "add-rate-limit-to-login": ChangeAmount(commits: 2, added: 184, removed: 12),
      "add-audit-log-table": ChangeAmount(commits: 1, added: 96, removed: 0),
      "add-audit-log-api": ChangeAmount(commits: 2, added: 311, removed: 24),
      "fix-timezone-in-export": ChangeAmount(commits: 1, added: 58, removed: 41),
      "fix-flaky-search-test": ChangeAmount(commits: 1, added: 22, removed: 9),
      "replace-moment-with-temporal": ChangeAmount(commits: 3, added: 402, removed: 377),
      "upgrade-node-to-24": ChangeAmount(commits: 0, added: 0, removed: 0),
      "add-webhook-signatures": ChangeAmount(commits: 1, added: 120, removed: 4),
      "translate-emails-to-japanese": ChangeAmount(commits: 0, added: 240, removed: 0),
    ]
    frame.budget = 40
    frame.rate = 0.61
    frame.mostAttempts = 3
    frame.quietAfter = .seconds(150)
    frame.clock = .utc
    frame.abilities.canDetach = true
    frame.controls.chosen = "fix-timezone-in-export"
    return frame
  }

  static var paused: LiveFrame {
    var frame = middle
    let pause = JournalEntry(
      time: at(1122), event: .paused(until: at(1314), reason: "usage limit of the account"))
    frame.view = RunView(fold(middleEntries + [pause]), isAlive: true, now: at(1122).date)
    return frame
  }

  static var end: LiveFrame {
    var entries = middleEntries
    for (index, task) in [
      "add-audit-log-api", "fix-timezone-in-export", "fix-flaky-search-test", "replace-moment-with-temporal",
      "add-webhook-signatures", "translate-emails-to-japanese", "add-audit-log-page", "add-webhook-retries",
    ].enumerated() { entries += done(task, 1200 + index, 2000 + index, 1.12, 900_000, 216 + index) }
    entries.append(JournalEntry(time: at(2390), event: .runEnded))
    var frame = middle
    frame.activities = [:]
    frame.view = RunView(fold(entries), isAlive: false, now: at(2390).date)
    return frame
  }
}
