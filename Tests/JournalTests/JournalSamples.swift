import Journal
import Processes

enum JournalSamples {
  static let header = RunHeader(
    version: "1", id: "20261122-203705-00ff", process: ProcessIdentity(pid: 1, startTime: 2),
    base: BaseRecord(branch: "main", commit: String(repeating: "a", count: 40)), remote: "origin", localReason: nil,
    jobs: 2, agent: "claude 2",
    tasks: [
      TaskHeader(id: "one", title: "One", branch: "feature/one", needs: []),
      TaskHeader(id: "two", title: "Two", branch: "feature/two", needs: ["one"]),
    ])

  /// One event of every case, so that each is written and read back by the tests.
  static let events: [JournalEvent] = [
    .runStarted(header),
    .warned(message: "tabs\tand \"quotes\" and \u{2028}"),
    .taskStarting(task: "one", startCommit: "abc", worktree: WorktreeRecord(name: "one", path: "/w t/ö")),
    .worktreeCreated(task: "one"),
    .setupStarting(task: "one", command: "make"),
    .attemptStarting(task: "one", attempt: 1, session: "s", resumed: false),
    .attemptLaunched(task: "one", attempt: 1, process: ProcessIdentity(pid: 7, startTime: 8)),
    .attemptEnded(
      task: "one", attempt: 1,
      result: AttemptRecord(
        end: .timedOut, message: "no activity", exit: "signal 15", session: "s", cost: 0.25, sessionCost: 0.25,
        inputTokens: 1, outputTokens: 2, turns: 3, denied: [DeniedRecord(tool: "Bash", input: "npm i", remedy: nil)],
        finalMessage: "bye", unreadableLines: 4)),
    .retryPlanned(task: "one", notBefore: .now, reason: "no activity"),
    .workSaved(task: "one", attempt: 1, reference: "refs/x", commit: "def"),
    .proven(task: "one", tip: "def", commits: [CommitRecord(id: "def", summary: "feat: one")]),
    .leftUnproven(task: "two", commits: [CommitRecord(id: "abc", summary: "wip")]),
    .pushStarting(task: "one", remote: "origin", commit: "def"),
    .pushed(task: "one", commit: "def"),
    .taskEnded(task: "one", status: .success, message: nil, advice: ["look"]),
    .worktreeRemoved(task: "one"),
    .paused(until: .now, reason: "usage limit"),
    .resumed,
    .halted(reason: "not logged in"),
    .interrupted(signal: "SIGINT"),
    .runEnded,
  ]
}
