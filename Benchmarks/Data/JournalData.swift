import Journal
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Journals of runs that never were.
struct JournalData {
  private var random: SplitMix
  private let begin = Date(timeIntervalSince1970: 1_767_225_600)

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// Writes the folder of a run that has ended: `tasks` tasks, each with `attempts` attempts of which the last one
  /// succeeded, in four entries an attempt and six a task.
  ///
  /// Returns how many entries there are.
  @discardableResult
  mutating func writeRun(_ number: Int, in store: RunStore, tasks: Int, attempts: Int) throws -> Int {
    let id = RunID.make(at: begin.addingTimeInterval(Double(number) * 60), random: UInt16(truncatingIfNeeded: number))
    let folder = try store.create(id)
    let begin = begin.addingTimeInterval(Double(number) * 60)
    var file = try FileWriter(folder.journal)
    var count = 0
    func append(_ event: JournalEvent) throws {
      let time = JournalTime(begin.addingTimeInterval(Double(count) / 10))
      try file.write(bytes: JournalEntry(time: time, event: event).line())
      count += 1
    }
    try append(.runStarted(header(id, tasks: tasks)))
    for task in 1...tasks {
      let name = "task-\(task)"
      let worktree = WorktreeRecord(name: name, path: "/worktrees/app/\(name)")
      try append(.taskStarting(task: name, startCommit: random.objectID(), worktree: worktree))
      try append(.worktreeCreated(task: name))
      for attempt in 1...attempts {
        try self.attempt(attempt, of: name, isLast: attempt == attempts, append)
      }
      let tip = random.objectID()
      try append(.proven(task: name, tip: tip, commits: [CommitRecord(id: tip, summary: "feat: \(name)")]))
      try append(.pushed(task: name, commit: tip))
      try append(.taskEnded(task: name, status: .success, message: nil, advice: []))
      try append(.worktreeRemoved(task: name))
    }
    try append(.runEnded)
    try file.flush()
    return count
  }

  private mutating func attempt(
    _ attempt: Int, of task: String, isLast: Bool, _ append: (JournalEvent) throws -> Void
  ) throws {
    let session = UUID().uuidString.lowercased()
    try append(.attemptStarting(task: task, attempt: attempt, session: session, resumed: attempt > 1))
    let process = ProcessIdentity(
      pid: Int32.random(in: 1_000_000..<4_000_000, using: &random), startTime: random.next() >> 12)
    try append(.attemptLaunched(task: task, attempt: attempt, process: process))
    try append(
      .attemptEnded(
        task: task, attempt: attempt,
        result: AttemptRecord(
          end: isLast ? .succeeded : .timedOut, message: isLast ? nil : "silent for 300 s", exit: "exit status 0",
          session: session, cost: 0.01, sessionCost: 0.01 * Double(attempt), inputTokens: 1000, outputTokens: 200,
          turns: 7, finalMessage: random.prose(120))))
    if !isLast { try append(.retryPlanned(task: task, notBefore: JournalTime(begin), reason: "timed out")) }
  }

  private mutating func header(_ id: String, tasks: Int) -> RunHeader {
    RunHeader(
      version: "0.0.0", id: id, process: ProcessIdentity(pid: 1, startTime: 0),
      base: BaseRecord(branch: "main", commit: random.objectID()), remote: "origin", localReason: nil, jobs: 4,
      agent: "claude 2.1.330",
      tasks: (1...tasks).map { task in
        TaskHeader(id: "task-\(task)", title: "feat: task \(task)", branch: "feature/task-\(task)", needs: [])
      })
  }
}
