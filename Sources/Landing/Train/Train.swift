import Basics
import Engine
import Git
import Journal
import Merging
import Processes
import Restacking
import SystemPackage
import Trains

/// Brings branches home: builds the train, has it tested, lands what is proven, and sets aside what is not.
struct Train: Sendable {
  let plan: LandingPlan
  let journal: RunJournal
  /// Where it is kept what is found out of those that do not land.
  let aside: SetAside
  let stop: StopRequest
  let quarantine: MergeQuarantine
  let builder: TrainBuilder
  /// nil where nothing is to be tested.
  let tester: TrainTester?
  let update: BaseUpdate
  /// What is known of conflicts, and forgotten where it fails.
  let resolutions: ResolutionStore
  /// Where the forge merges; nil where the base itself is moved.
  var forge: ForgeLanding?

  /// How often the base may move away before it is let alone.
  static let mostMoves = 20

  /// What is known in the course of it.
  struct Course {
    var search: TrainSearch
    /// What has landed, and the base with it.
    var head: TrainBuilder.Head
    /// What this landing has put on the base so far, and where it was before the first of it.
    var landed: [(index: Int, end: TrainBuilder.Head)] = []
    var start: TrainBuilder.Head
    /// The ends of the train after each item of the queue.
    var chain: [TrainBuilder.Head] = []
    /// Those that do not merge, with what is in their way.
    var conflicts: [Int: Conflict] = [:]
    /// Those whose conflicts were resolved as before.
    var resolved: [Int: ReplayedMerge] = [:]
    /// Those that build on one of them.
    var waiting: Set<Int> = []
    /// The tasks that are out for good.
    var gone: Set<String> = []
    /// Whether the tests are known to be green on the base itself.
    var isBaseProven: Bool
    var hasCulprits = false
    var moves = 0
  }

  struct Conflict: Sendable {
    let paths: [String]
    /// The branch with which it conflicts; nil for the base.
    let other: Int?
  }

  /// - Throws: `CancellationError` after a signal; `JournalError`; what keeps all from landing. What is proven by then has
  ///   landed.
  func perform() async throws {
    let base = TrainBuilder.Head(commit: plan.baseCommit, tree: plan.baseTree)
    var course = Course(
      search: TrainSearch(Array(plan.items.indices), workers: plan.request.jobs), head: base, start: base,
      isBaseProven: tester == nil)
    try await run(&course)
    // What conflicted with one that was set aside may fit now.
    while course.hasCulprits, !course.conflicts.isEmpty {
      let again = course.waiting.union(course.conflicts.keys).sorted()
      let blocked = dependents(of: course.gone, in: again)
      try await endBlocked(blocked, &course)
      (course.conflicts, course.waiting, course.hasCulprits) = ([:], [], false)
      course.search = TrainSearch(again.filter { !blocked.contains($0) }, workers: plan.request.jobs)
      try await run(&course)
    }
    for (index, conflict) in course.conflicts.sorted(by: { $0.key < $1.key }) {
      try await end(index, conflict)
      course.gone.insert(plan.items[index].id)
    }
    try await endBlocked(course.waiting, &course)
  }

  private func run(_ course: inout Course) async throws {
    try await rebuild(&course)
    while true {
      if stop.level > .none { throw CancellationError() }
      switch course.search.next {
      case .finished: return
      case .test(let probes): try await test(probes, &course)
      case .land(let items): try await land(items, &course)
      case .setAside(let item): try await setAside(item, &course)
      }
    }
  }

  // MARK: - Building

  /// Puts what is left on top of what has landed. What does not merge is taken out, and what needs it.
  func rebuild(_ course: inout Course) async throws {
    course.chain = []
    var dropped: Set<Int> = []
    var end = course.head
    var placed: [Int] = []
    for index in course.search.queue where !dropped.contains(index) {
      let item = plan.items[index]
      course.resolved[index] = nil
      switch try await builder.couple(item, onto: end) {
      case .coupled(let head): end = head
      case .resolved(let head, let known):
        end = head
        course.resolved[index] = known
      case .empty: break
      case .conflict(let paths):
        let other = try await opponent(of: item, placed, course)
        course.conflicts[index] = Conflict(paths: paths, other: other)
        dropped.insert(index)
        continue
      case .refused(let reason):
        let isShallow = update.place.commonDirectory.appending("shallow").exists
        try await journal.append(
          .taskEnded(
            task: item.id, status: .failed, message: reason,
            advice: isShallow ? ["this is a shallow clone; to fetch what it lacks: git fetch --unshallow"] : []))
        course.gone.insert(item.id)
        dropped.insert(index)
        let blocked = dependents(of: [item.id], in: course.search.queue)
        try await endBlocked(blocked, &course)
        dropped.formUnion(blocked)
        continue
      }
      course.chain.append(end)
      placed.append(index)
    }
    course.search.drop(dropped)
    // Nothing is built on what conflicts.
    let waiting = dependents(of: Set(course.conflicts.keys.map { plan.items[$0].id }), in: course.search.queue)
    guard !waiting.isEmpty else { return }
    course.waiting.formUnion(waiting)
    course.search.drop(waiting)
    try await rebuild(&course)
  }

  /// The branch in front of which it would still have merged; nil when the base is in its way.
  private func opponent(of item: TrainItem, _ placed: [Int], _ course: Course) async throws -> Int? {
    let train = course.landed + zip(placed, course.chain).map { (index: $0, end: $1) }
    let builder = builder.plain
    if case .conflict = try await builder.couple(item, onto: course.start) { return nil }
    for (index, end) in train {
      if case .conflict = try await builder.couple(item, onto: end) { return index }
    }
    return nil
  }

  /// Those of the queue that cannot land without these tasks.
  func dependents(of tasks: Set<String>, in queue: [Int]) -> Set<Int> {
    var missing = tasks
    var found: Set<Int> = []
    // Those that are needed come first in it.
    for index in queue where !missing.contains(plan.items[index].id) {
      guard plan.items[index].needs.contains(where: missing.contains) else { continue }
      found.insert(index)
      missing.insert(plan.items[index].id)
    }
    return found
  }

  // MARK: - Testing

  private func test(_ probes: [TrainSearch.Probe], _ course: inout Course) async throws {
    guard let tester else {
      return course.search.take(Dictionary(probes.map { ($0, true) }, uniquingKeysWith: { first, _ in first }))
    }
    let (chain, items) = (course.chain, plan.items)
    let answers = try await withThrowingTaskGroup(of: (TrainSearch.Probe, Bool).self) { group in
      for probe in probes {
        let head = chain[probe.items.count - 1]
        let subject = TrainTester.Subject(
          commit: head.commit, tree: head.tree, tasks: probe.items.map { items[$0].id }, isRerun: probe.isRerun)
        group.addTask { (probe, try await tester.isGreen(subject)) }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    course.search.take(answers)
    if answers.values.contains(true) { course.isBaseProven = true }
  }

  /// Nobody is to blame for a base that is red by itself.
  private func proveBase(_ course: inout Course) async throws {
    guard let tester, !course.isBaseProven else { return }
    for isRerun in [false, true] {
      let subject = TrainTester.Subject(
        commit: course.head.commit, tree: course.head.tree, tasks: [], isRerun: isRerun)
      if try await tester.isGreen(subject) {
        course.isBaseProven = true
        return
      }
    }
    let log = await tester.failure(of: course.head.tree).map { ["see what they say: \(shellQuoted($0.log))"] } ?? []
    throw LandingError(
      "the tests fail on '\(plan.base.branch)' itself, so that they prove nothing of the branches", hints: log)
  }

  // MARK: - Landing

  private func land(_ items: [Int], _ course: inout Course) async throws {
    if let forge { return try await land(items, by: forge, &course) }
    let end = course.chain[items.count - 1]
    try await quarantine.adopt([end.commit])
    let outcome: BaseUpdate.Outcome =
      end == course.head
      ? .landed : try await update.perform(from: course.head.commit, to: end.commit, count: items.count)
    switch outcome {
    case .landed:
      var events: [JournalEvent] = []
      for (index, head) in zip(items, course.chain) {
        let id = plan.items[index].id
        events.append(.landed(task: id, commit: head.commit.description, earlier: nil))
        events.append(.taskEnded(task: id, status: .landed, message: nil, advice: []))
        if let known = course.resolved[index] {
          events.append(
            .warned(
              message: "'\(id)' conflicted in \(Self.names(known.paths)), which was resolved as it was before, and the "
                + "tests pass; look at it: git show \(head.commit.abbreviated)"))
        }
      }
      try await journal.append(events)
      course.landed += zip(items, course.chain).map { (index: $0, end: $1) }
      course.search.landed()
      course.chain.removeFirst(items.count)
      course.head = end
    case .moved(let tip):
      course.moves += 1
      guard course.moves < Self.mostMoves else {
        throw LandingError(
          "'\(plan.base.branch)' moves faster than the tests run", hints: ["try again: \(LandingRun.continuation)"])
      }
      try await journal.append(
        .warned(message: "'\(plan.base.branch)' moved to \(tip.abbreviated) meanwhile; the train is built again on top")
      )
      course.head = TrainBuilder.Head(commit: tip, tree: try await quarantine.tree(of: tip))
      (course.start, course.landed) = (course.head, [])
      // Trees that come out the same need no new test.
      course.search = TrainSearch(course.search.queue, workers: plan.request.jobs)
      course.isBaseProven = tester == nil
      try await rebuild(&course)
    }
  }

  // MARK: - Setting aside

  private func setAside(_ index: Int, _ course: inout Course) async throws {
    try await proveBase(&course)
    let item = plan.items[index]
    var advice: [String] = []
    if let tree = course.chain.first?.tree, let test = await tester?.failure(of: tree) {
      advice.append("see what they say: \(shellQuoted(test.log))")
      aside.note(item.id) { $0.test = test }
    }
    advice.append("once that is fixed: \(await landing(item.branch))")
    let failure = "the tests fail with it, twice, and pass without it (on \(course.head.commit.abbreviated))"
    if let known = course.resolved[index] {
      // The branch may be as good as any: nobody has tested it with another way out.
      resolutions.forget(known.conflicts)
      aside.note(item.id) { $0.paths = known.paths }
      try await journal.append(
        .taskEnded(
          task: item.id, status: .conflict,
          message: "it conflicts in \(Self.names(known.paths)), and as that was resolved before, \(failure); that is "
            + "forgotten", advice: advice))
    } else {
      try await journal.append(
        .taskEnded(task: item.id, status: .testsFailed, message: failure, advice: advice))
    }
    course.search.blamed()
    course.hasCulprits = true
    course.gone.insert(item.id)
    let blocked = dependents(of: [item.id], in: course.search.queue)
    try await endBlocked(blocked, &course)
    course.search.drop(blocked)
    try await rebuild(&course)
  }

  func endBlocked(_ blocked: Set<Int>, _ course: inout Course) async throws {
    for index in blocked.sorted() {
      let item = plan.items[index]
      let names = item.needs.filter(course.gone.contains).map { "'\($0)'" }.joined(separator: ", ")
      course.gone.insert(item.id)
      try await journal.append(
        .taskEnded(task: item.id, status: .blocked, message: "it builds on \(names), which does not land", advice: []))
    }
  }

  /// The command that lands a branch in the same way.
  private func landing(_ branch: String) async -> String {
    "\(await journal.state.header.landCommand) \(shellQuoted(branch))"
  }

  private static func names(_ paths: [String]) -> String {
    let most = 5
    return paths.prefix(most).joined(separator: ", ") + (paths.count > most ? " and \(paths.count - most) more" : "")
  }

  private func end(_ index: Int, _ conflict: Conflict) async throws {
    let item = plan.items[index]
    let base = plan.baseName
    aside.note(item.id) { ($0.paths, $0.with) = (conflict.paths, conflict.other.map { plan.items[$0].id }) }
    let other = conflict.other.map { "'\(plan.items[$0].id)', which lands before it" } ?? "'\(base)'"
    let paths = Self.names(conflict.paths)
    try await journal.append(
      .taskEnded(
        task: item.id, status: .conflict, message: "it conflicts with \(other), in \(paths)",
        advice: [
          "resolve it on its branch: git switch \(shellQuoted(item.branch)) && git merge \(shellQuoted(base))",
          "then land it again: \(await landing(item.branch))",
        ]))
  }
}
