import Basics
import Git
import Journal
import Restacking
import Trains

/// What of a landing that is continued is to be judged yet.
struct LandingContinuation: Sendable {
  let landing: RunState
  let header: LandingHeader
  /// Those whose tasks its branches are.
  let runs: [RunState]

  func selection(of tasks: [TaskState], in repository: Repository) throws -> LandingSelection {
    var (tips, starts): ([String: ObjectID], [String: ObjectID]) = ([:], [:])
    var leftOut: [String: LandingPlan.LeftOut] = [:]
    var owners: [String: String] = [:]
    var returned = LandingSelection.Returned()
    let hasReturned = tasks.contains { $0.status == .fixing }
    for task in tasks {
      let id = task.header.id
      let run = run(of: task)
      let now = run?[task: id]
      owners[id] = run?.header.id
      tips[id] = try repository.branch(task.header.branch)
      starts[id] = now?.startCommit.flatMap(ObjectID.init)
      if let now { returned.note(now) }
      if tips[id] == nil {
        leftOut[id] = .init(status: .skipped, reason: "its branch '\(task.header.branch)' is gone", advice: [])
      } else if task.status == .fixing, let record = task.returns.last {
        returned.fixes[id] = fix(task, record, now)
        if now?.status.isGood != true || tips[id]?.description == record.tip {
          returned.unfixed.insert(id)
          leftOut[id] = unfixed(task, record, now)
        } else if header.tips[id] == nil {
          // Nobody asked that it land.
          leftOut[id] = .init(
            status: .success, reason: "its agent has put it on top of '\(record.base.branch)'", advice: [])
        }
      } else if !LandingRun.isLeft(task), !isYetToReturn(task), !(hasReturned && task.status == .blocked) {
        leftOut[id] = .init(status: task.status, reason: task.message ?? "", advice: task.advice)
      }
    }
    var needed: [String: [LandingSelection.Needed]] = [:]
    let selected = Set(tasks.map(\.header.id))
    for task in tasks where !task.header.needs.isEmpty {
      guard let run = run(of: task) else { continue }
      needed[task.header.id] = try LandingSelection.needed(by: task.header, in: run, besides: selected, repository)
    }
    return LandingSelection(
      tasks: tasks.map(\.header), tips: tips, starts: starts, leftOut: leftOut, isExplicit: true, run: header.run,
      runs: owners, returned: returned, needed: needed, base: landing.header.base.branch)
  }

  /// Whether it was to be given back, and the landing was killed before: it is judged again, for what is to be told.
  private func isYetToReturn(_ task: TaskState) -> Bool {
    landing.phase != .ended && task.status.isFixable && task.returns.count < header.fixRounds ?? 0
  }

  private func run(of task: TaskState) -> RunState? {
    let id = task.returns.last?.run ?? header.run
    return runs.first { $0.header.id == id } ?? runs.first { $0[task: task.header.id] != nil }
  }

  private func fix(_ task: TaskState, _ record: ReturnRecord, _ now: TaskState?) -> FixRecord? {
    guard let now, now.returns.last == record else { return nil }
    let accounts = now.accounts(after: now.attemptBeforeReturn)
    guard accounts.attempts > 0 else { return nil }
    return FixRecord(
      run: record.run, round: task.returns.count, attempts: accounts.attempts, cost: accounts.cost,
      seconds: accounts.seconds)
  }

  private func unfixed(_ task: TaskState, _ record: ReturnRecord, _ now: TaskState?) -> LandingPlan.LeftOut {
    var outcome = "its agent did not come to fix it"
    if let now, now.returns.last == record {
      outcome =
        "its agent did not fix it: it ended as \(now.status.rawValue)" + (now.message.map { " (\($0))" } ?? "")
    }
    let id = shellQuoted(task.header.id)
    return .init(
      status: record.status, reason: "\(record.reason); \(outcome)",
      advice: [
        "see what it did: git orch log \(id)",
        "once that is fixed: \(landing.header.landCommand) \(shellQuoted(task.header.branch))",
      ])
  }
}
