import Basics
import Engine
import Git
import Journal
import Processes
import Restacking

/// Which branches are meant.
struct LandingSelection: Sendable {
  let tasks: [TaskHeader]
  let tips: [String: ObjectID]
  /// At which commits they were begun, by id.
  let starts: [String: ObjectID]
  let leftOut: [String: LandingPlan.LeftOut]
  /// Those that were named one by one, and so are tried again whatever was found before.
  let isExplicit: Bool
  let run: String?
  /// The runs whose tasks they are, by their ids; without those that are nobody's.
  let runs: [String: String]
  /// What is known of them from having been given back to their agents.
  var returned = Returned()
  /// Tasks that they need and that are none of them, by id: what builds on one that landed before has its commits.
  var needed: [String: [Needed]] = [:]
  /// The base of the run; nil of branches.
  let base: String?

  struct Returned: Sendable {
    /// Where branches were then, by id: what builds on them has those commits, and not what they are now.
    var formerTips: [String: [ObjectID]] = [:]
    /// Those whose agents have failed.
    var unfixed: Set<String> = []
    /// What their agents took.
    var fixes: [String: FixRecord] = [:]

    mutating func note(_ task: TaskState) {
      let tips = task.returns.compactMap { ObjectID($0.tip) }
      if !tips.isEmpty { formerTips[task.header.id] = tips }
    }
  }

  struct Needed: Sendable {
    /// Where its work is: its branch, and what was proven of it.
    let tips: [ObjectID]
    /// Where it was before, the newest first.
    let earlier: [ObjectID]
  }

  /// What a task needs besides those that are selected, in any number of steps.
  static func needed(
    by header: TaskHeader, in run: RunState, besides selected: Set<String>, _ repository: Repository
  ) throws -> [Needed] {
    var found: [Needed] = []
    var (left, seen) = (header.needs, Set<String>())
    let start = run[task: header.id]?.startCommit.flatMap(ObjectID.init)
    while let id = left.popLast() {
      guard seen.insert(id).inserted, let task = run[task: id] else { continue }
      left += task.header.needs
      if selected.contains(id) { continue }
      let proven = task.tip.flatMap(ObjectID.init)
      let tips = [try repository.branch(task.header.branch), proven].compactMap(\.self)
      let former = task.returns.reversed().compactMap { ObjectID($0.tip) }
      found.append(Needed(tips: tips, earlier: former + (header.needs == [id] ? [start].compactMap(\.self) : [])))
    }
    return found
  }

  /// - Parameter names: a run, or tasks and branches; empty for the newest run.
  static func find(_ names: [String], in place: RepositoryContext) async throws -> LandingSelection {
    let store = place.store
    return try await place.inRepository { repository in
      if let first = names.first, names.count == 1, let state = try run(first, in: store) {
        return try whole(state, repository)
      }
      if names.isEmpty {
        guard let state = try newestRun(in: store) else {
          throw LandingError(
            "there is no run whose branches could land", hints: ["name branches: git orch land BRANCH..."])
        }
        return try whole(state, repository)
      }
      return try named(names, store, repository)
    }
  }

  private static func run(_ name: String, in store: RunStore) throws -> RunState? {
    // Ids begin with a date; the beginning of one is as good.
    guard name.count >= 4, name.prefix(4).allSatisfy({ ("0"..."9").contains($0) }),
      let folder = try? store.run(name)
    else { return nil }
    let state = try folder.state()
    guard state.header.isRun else {
      let kind = state.header.review == nil ? "a landing" : "a review"
      throw LandingError(
        "'\(state.header.id)' is \(kind), not a run", hints: ["to list the runs: git orch status --all"])
    }
    return state
  }

  private static func newestRun(in store: RunStore) throws -> RunState? {
    for folder in try store.runs().reversed() {
      if let summary = folder.summary(), summary.isReview { continue }
      guard folder.hasBegun else { continue }
      let state = try folder.state()
      if state.header.isRun, state.undo == nil { return state }
    }
    return nil
  }

  private static func whole(_ state: RunState, _ repository: Repository) throws -> LandingSelection {
    if state.undo != nil {
      throw LandingError(
        "run \(state.header.id) was taken back", hints: ["bring it back first: git orch undo \(state.header.id)"])
    }
    var (tips, starts): ([String: ObjectID], [String: ObjectID]) = ([:], [:])
    var leftOut: [String: LandingPlan.LeftOut] = [:]
    var returned = Returned()
    for task in state.ownTasks {
      let id = task.header.id
      returned.note(task)
      starts[id] = task.startCommit.flatMap(ObjectID.init)
      tips[id] = try repository.branch(task.header.branch)
      if !task.status.isGood {
        let isUnfinished = !task.status.isFinal || task.status == .interrupted || task.status == .skipped
        leftOut[id] = .init(
          status: .skipped, reason: "its task is not done (\(task.status.rawValue))",
          advice: [
            isUnfinished
              ? "do it first: git orch run --continue" : "to land it all the same: git orch land \(task.header.branch)"
          ])
      } else if tips[id] == nil {
        leftOut[id] = .init(status: .skipped, reason: "its branch '\(task.header.branch)' is gone", advice: [])
      }
    }
    return LandingSelection(
      tasks: state.ownTasks.map { fresh($0.header) }, tips: tips, starts: starts, leftOut: leftOut, isExplicit: false,
      run: state.header.id,
      runs: Dictionary(state.ownTasks.map { ($0.header.id, state.header.id) }, uniquingKeysWith: { first, _ in first }),
      returned: returned, base: state.header.base.branch)
  }

  private static func named(
    _ names: [String], _ store: RunStore, _ repository: Repository
  ) throws -> LandingSelection {
    var (tasks, tips, starts): ([TaskHeader], [String: ObjectID], [String: ObjectID]) = ([], [:], [:])
    var (run, base): (String?, String?)
    var runs: [String: String] = [:]
    var returned = Returned()
    var known: [RunState] = []
    for folder in try store.runs().reversed().prefix(50) {
      guard let state = try? folder.state(), state.header.isRun else { continue }
      known.append(state)
    }
    for name in names {
      let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
      let state =
        known.first { $0[task: name] != nil }
        ?? known.first { $0.tasks.contains { $0.header.branch == branch } }
      let task = state.flatMap { state in state[task: name] ?? state.tasks.first { $0.header.branch == branch } }
      let header: TaskHeader
      if let task, let state {
        header = fresh(task.header)
        returned.note(task)
        runs[header.id] = state.header.id
        starts[header.id] = task.startCommit.flatMap(ObjectID.init)
        (run, base) = (run ?? state.header.id, base ?? state.header.base.branch)
      } else {
        guard BranchName.isValid(branch), let tip = try repository.branch(branch) else {
          throw LandingError(
            "'\(name)' is not a run, a task or a branch",
            hints: ["to list the runs: git orch status --all", "to list the branches: git branch"])
        }
        // A merge says nothing of the work.
        let newest = try repository.commits(from: tip, excluding: [], limit: 20)
        let own = try newest.first { try repository.parents(of: $0.id).count < 2 } ?? newest.first
        header = TaskHeader(id: branch, title: own?.summary ?? branch, branch: branch, needs: [])
      }
      guard !tasks.contains(where: { $0.id == header.id }) else { continue }
      guard let tip = try repository.branch(header.branch) else {
        throw LandingError("the branch '\(header.branch)' of task '\(name)' is gone")
      }
      tasks.append(header)
      tips[header.id] = tip
    }
    var needed: [String: [Needed]] = [:]
    let selected = Set(tasks.map(\.id))
    for task in tasks where !task.needs.isEmpty {
      guard let state = known.first(where: { $0.header.id == runs[task.id] }) else { continue }
      needed[task.id] = try Self.needed(by: task, in: state, besides: selected, repository)
    }
    let isOneRun = tasks.allSatisfy { task in known.first { $0.header.id == run }?[task: task.id] != nil }
    return LandingSelection(
      tasks: tasks, tips: tips, starts: starts, leftOut: [:], isExplicit: true, run: isOneRun ? run : nil,
      runs: runs, returned: returned, needed: needed, base: base)
  }

  /// Without what only its run is about.
  private static func fresh(_ header: TaskHeader) -> TaskHeader {
    TaskHeader(id: header.id, title: header.title, branch: header.branch, needs: header.needs)
  }
}
