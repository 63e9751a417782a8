import Foundation
import Journal
import Processes
import SystemPackage

@testable import Reports

/// Runs as their journals tell them, for the page.
enum ReportSamples {
  static let start = Date(timeIntervalSince1970: 1_795_379_825)
  static let folder = RunFolder(id: "20261122-203705-00ff", path: "/runs/r")

  static func time(_ minutes: Double) -> JournalTime { JournalTime(start.addingTimeInterval(minutes * 60)) }

  private static let commit = String(repeating: "0123456789", count: 4)

  static let names = [
    "add-rate-limit-to-login", "add-audit-log-table", "add-audit-log-api", "add-audit-log-page",
    "fix-timezone-in-export", "fix-flaky-search-test", "replace-moment-with-temporal", "upgrade-node-to-24",
    "use-native-fetch", "add-webhook-signatures", "add-webhook-retries", "translate-emails-to-japanese",
  ]

  static let header = RunHeader(
    version: "1.0", id: folder.id, process: ProcessIdentity(pid: 4242, startTime: 1),
    base: BaseRecord(branch: "main", commit: commit), remote: "origin", localReason: nil,
    forge: ForgeRecord(provider: "github", host: "github.com", repository: "acme/harbor", destination: "main"), jobs: 6,
    agent: "claude 2.1",
    settings: [
      SettingRecord(name: "orchestrator.run.maxBudgetUsd", value: "22", origin: "file:.git/config (local scope)"),
      SettingRecord(name: "orchestrator.project.testCommand", value: "npm test", origin: ".claude-orchestrator.yaml:3"),
    ],
    tasks: names.map {
      TaskHeader(
        id: $0, title: "feat: \($0)", branch: "feature/\($0)", needs: $0 == "use-native-fetch" ? [names[7]] : [])
    })

  /// Entries with the minutes at which they came.
  static func run(_ header: RunHeader, _ events: [(Double, JournalEvent)]) -> (RunState, RunTimeline) {
    var state = RunState(header: header, startedAt: time(0))
    var timeline = RunTimeline()
    for (minutes, event) in events.sorted(by: { $0.0 < $1.0 }) {
      let entry = JournalEntry(time: time(minutes), event: event)
      state.apply(entry)
      timeline.note(entry)
    }
    return (state, timeline)
  }

  private static func attempt(
    _ task: String, _ number: Int, _ from: Double, _ to: Double, _ end: AttemptRecord.End = .succeeded, cost: Double,
    model: String = "claude-sonnet-5-5", message: String? = nil, denied: [DeniedRecord] = []
  ) -> [(Double, JournalEvent)] {
    let tokens = Int(cost * 700_000)
    let record = ModelRecord(
      model: model, cost: cost, inputTokens: tokens / 20, outputTokens: tokens / 40, cacheReadTokens: tokens,
      cacheWriteTokens: tokens / 10)
    return [
      (from, .attemptStarting(task: task, attempt: number, session: "s-\(task)", resumed: number > 1)),
      (
        to,
        .attemptEnded(
          task: task, attempt: number,
          result: AttemptRecord(
            end: end, message: message, session: "s-\(task)", cost: cost, sessionCost: cost,
            inputTokens: record.inputTokens, outputTokens: record.outputTokens, cacheReadTokens: record.cacheReadTokens,
            cacheWriteTokens: record.cacheWriteTokens, models: [record], turns: 12, denied: denied,
            finalMessage: "Done: it works, and its tests cover it."))
      ),
    ]
  }

  private static func began(_ task: String, _ at: Double) -> [(Double, JournalEvent)] {
    [(at, .taskStarting(task: task, startCommit: commit, worktree: WorktreeRecord(name: task, path: "/trees/\(task)")))]
  }

  private static func delivered(_ task: String, _ at: Double, request: Int) -> [(Double, JournalEvent)] {
    let url = "https://github.com/acme/harbor/pull/\(request)"
    return [
      (
        at,
        .proven(
          task: task, tip: commit,
          commits: [
            CommitRecord(id: commit, summary: "test: of \(task)"), CommitRecord(id: commit, summary: "feat: \(task)"),
          ])
      ),
      (at + 0.1, .pushed(task: task, commit: commit)),
      (
        at + 0.2,
        .pullRequestOpened(
          task: task,
          pullRequest: PullRequestRecord(
            number: request, url: url, branch: "feature/\(task)", base: "main", commit: commit), adopted: false)
      ),
      (at + 0.3, .taskEnded(task: task, status: .success, message: nil, advice: [])),
      (at + 0.4, .worktreeRemoved(task: task)),
    ]
  }

  static let ended: (RunState, RunTimeline) = {
    var events: [(Double, JournalEvent)] = [
      (0, .warned(message: "2 files are not committed; the agents work without them")), (0, .budgetSet(budget: 22)),
      (27, .paused(until: time(31), reason: "usage limit reached")), (31, .resumed),
      (
        12,
        .repositoryChanged(
          tasks: [names[5]],
          changes: [
            RepositoryChangeRecord(
              kind: "configuration", name: "core.fsmonitor", old: nil, new: "./spy",
              restore: "git config --local --unset-all core.fsmonitor")
          ])
      ),
    ]
    let spans: [(Int, Double, Double, Double)] = [
      (0, 0.2, 6.7, 1.03), (1, 0.2, 4.3, 0.66), (2, 4.6, 24, 2.97), (3, 24.5, 36.5, 1.69), (6, 0.3, 25, 4.6),
      (9, 7, 25.5, 1.89), (10, 26, 40, 1.28),
    ]
    for (index, from, to, cost) in spans {
      events += began(names[index], from - 0.1) + attempt(names[index], 1, from, to, cost: cost)
      events += delivered(names[index], to, request: 214 + index)
    }
    events += began(names[4], 0.2)
    events += attempt(
      names[4], 1, 0.3, 8, .timedOut, cost: 0.98, model: "claude-opus-5-5", message: "no activity for 300 s",
      denied: [
        DeniedRecord(
          tool: "Bash", input: "npm run dev",
          remedy: "git config --add orchestrator.tools.allowedTools 'Bash(npm run dev)'")
      ])
    events.append((8, .retryPlanned(task: names[4], notBefore: time(8), reason: "no activity for 300 s")))
    events += attempt(names[4], 2, 8.1, 25, cost: 1.73, model: "claude-opus-5-5")
    events += delivered(names[4], 25, request: 230)
    events += began(names[5], 0.2) + attempt(names[5], 1, 0.3, 18, cost: 1.74) + delivered(names[5], 18, request: 231)
    events += began(names[7], 0.2)
    for number in 1...3 {
      let from = Double(number - 1) * 6 + 0.4
      events += attempt(names[7], number, from, from + 5.5, .failed, cost: 0.77, message: "npm ci exited 1")
    }
    events += [
      (
        18,
        .workSaved(
          task: names[7], attempt: 3, reference: "refs/orchestrator/saved/r/\(names[7])/3", commit: commit,
          contents: SavedContentsRecord(files: 2, commits: 0, stashes: 0, repositories: 0))
      ),
      (
        18.1,
        .taskEnded(
          task: names[7], status: .failed, message: "npm ci exited 1, 3 attempts",
          advice: ["see what happened: git orch log \(names[7])"])
      ),
      (
        18.2,
        .taskEnded(
          task: names[8], status: .blocked, message: "needs '\(names[7])', which ended as failed", advice: [])
      ),
      (
        41,
        .taskEnded(task: names[11], status: .overBudget, message: "over budget: $22.01 of $22.00 are spent", advice: [])
      ),
      (40.9, .budgetReached(spent: 20.88, estimated: 1.13, budget: 22)), (42, .runEnded),
    ]
    return run(header, events)
  }()

  private static let evil =
    "</td><script>alert(1)</script> & \"q\" ' onmouseover=\"x\" \u{202E}gnp.exe \u{1B}[31m\u{0} <img src=x onerror=\"y\">"

  static let hostile: (RunState, RunTimeline) = {
    var header = Self.header
    header.agent = evil
    header.base = BaseRecord(branch: evil, commit: evil)
    header.forge?.repository = evil
    header.settings = [SettingRecord(name: evil, value: evil, origin: evil)]
    header.tasks = names.map { TaskHeader(id: $0, title: evil, branch: evil, needs: [evil]) }
    header.tasks[0].id = evil
    var events: [(Double, JournalEvent)] = [
      (0, .warned(message: evil)), (1, .paused(until: nil, reason: evil)), (2, .resumed),
      (
        2,
        .repositoryChanged(
          tasks: [evil],
          changes: [RepositoryChangeRecord(kind: evil, name: evil, old: evil, new: nil, restore: evil)])
      ),
    ]
    for task in [evil, names[1]] {
      events += began(task, 1)
      events += attempt(
        task, 1, 1, 5, .failed, cost: 1, model: evil, message: evil,
        denied: [DeniedRecord(tool: evil, input: evil, deniedBy: evil, remedy: evil)])
      events += [
        (5, .retryPlanned(task: task, notBefore: time(5), reason: evil)),
        (
          6,
          .verdictGiven(
            task: task,
            verdict: VerdictRecord(
              decision: .requestChanges, summary: evil,
              findings: [FindingRecord(severity: .major, path: evil, line: 3, message: evil)], commit: evil))
        ),
        (
          6,
          .testsEnded(
            task: task,
            result: TestRecord(command: evil, commit: evil, passed: false, outcome: evil, log: "/etc/passwd"))
        ),
        (6, .reviewPosted(task: task, review: PostedRecord(decision: evil, url: "javascript:alert(2)", commit: evil))),
        (
          7,
          .pullRequestOpened(
            task: task,
            pullRequest: PullRequestRecord(
              number: 7, url: "https://a/\" onmouseover=\"x", branch: evil, base: evil, commit: evil), adopted: false)
        ),
        (7, .leftUnproven(task: task, commits: [CommitRecord(id: evil, summary: evil)])),
        (8, .merged(task: task, commit: evil)),
        (8, .taskEnded(task: task, status: .failed, message: evil, advice: [evil])),
      ]
    }
    return run(header, events + [(9, .runEnded)])
  }()

  static func page(
    _ run: (RunState, RunTimeline), place: FilePath? = ReportSamples.folder.path
  ) -> ReportPage {
    ReportPage(
      run.0, timeline: run.1, folder: folder, place: place, isAlive: false,
      repository: run.0.header.forge?.repository ?? "x",
      version: "1.0", now: time(50).date, zone: .utc,
      lines: run.0.tasks.reduce(into: [:]) { lines, task in
        if !task.commits.isEmpty {
          lines[task.header.id] = ChangedLines(added: 96 * task.commits.count, removed: 4)
        }
      }, exists: { $0.string.hasSuffix(".log") })
  }

  static func page(_ state: RunState) -> ReportPage { page((state, RunTimeline())) }
}
