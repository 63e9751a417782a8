import Basics
import Git
import Journal
import Merging
import Processes
import Restacking
import Trains

/// Landing what is proven by the forge.
extension Train {
  /// The forge merges them in their order. What it does not take is set aside with what needs it, and the rest is built
  /// again on what the base is then.
  func land(_ items: [Int], by forge: ForgeLanding, _ course: inout Course) async throws {
    var head = course.head
    var done: Set<Int> = []
    var tip: ObjectID?
    var isWhole = true
    for (position, index) in items.enumerated() {
      let (item, expected) = (plan.items[index], course.chain[position])
      if stop.level > .none { throw CancellationError() }
      if done.contains(index) { continue }
      if expected.tree == head.tree {
        // It has nothing that the base lacks.
        try await end(item, landedAs: head.commit, message: nil)
        done.insert(index)
        continue
      }
      let outcome = try await forge.land(item, onto: head, expecting: expected.tree)
      switch outcome {
      case .landed(let next, let commit):
        head = next
        try await end(item, landedAs: commit, message: nil)
        done.insert(index)
        continue
      case .differs(let commit, let reason):
        try await end(item, landedAs: commit, message: reason)
        try await quarantine.adopt([expected.commit])
        throw LandingError(
          reason,
          hints: [
            "to test the rest on top of it and land it: \(LandingRun.continuation)",
            "see what differs: git diff \(expected.commit.abbreviated) \(commit.abbreviated)",
          ])
      case .baseMoved(let moved): tip = moved
      case .queued(let reason):
        try await journal.append(
          .taskEnded(
            task: item.id, status: .queued, message: reason,
            advice: ["once it is merged: \(LandingRun.continuation)"]))
        done.formUnion(try await setAside(item, because: "is not merged yet", &course))
      case .not(let status, let reason, let advice):
        try await journal.append(.taskEnded(task: item.id, status: status, message: reason, advice: advice))
        done.formUnion(try await setAside(item, because: nil, &course))
      }
      isWhole = false
      break
    }
    if isWhole { course.search.landed() }
    try await goOn(from: head, movedTo: tip, without: isWhole ? [] : done, &course)
  }

  private func end(_ item: TrainItem, landedAs commit: ObjectID, message: String?) async throws {
    try await journal.append([
      .landed(task: item.id, commit: commit.description, earlier: nil),
      .taskEnded(task: item.id, status: .landed, message: message, advice: []),
    ])
  }

  /// Those that need it end with it.
  private func setAside(_ item: TrainItem, because reason: String?, _ course: inout Course) async throws -> Set<Int> {
    course.gone.insert(item.id)
    let blocked = dependents(of: [item.id], in: course.search.queue)
    if let reason {
      for index in blocked.sorted() {
        course.gone.insert(plan.items[index].id)
        try await journal.append(
          .taskEnded(
            task: plan.items[index].id, status: .blocked, message: "it builds on '\(item.id)', which \(reason)",
            advice: ["later: git orch land --forge \(shellQuoted(plan.items[index].branch))"]))
      }
    } else {
      try await endBlocked(blocked, &course)
    }
    course.hasCulprits = true
    return blocked.union(plan.items.indices.filter { plan.items[$0].id == item.id })
  }

  /// Builds what is left on what the base is now; trees that come out the same need no new test.
  private func goOn(
    from head: TrainBuilder.Head, movedTo tip: ObjectID?, without done: Set<Int>, _ course: inout Course
  ) async throws {
    if let tip {
      course.moves += 1
      guard course.moves < Self.mostMoves else {
        throw LandingError(
          "'\(plan.base.branch)' moves faster than the tests run", hints: ["try again: \(LandingRun.continuation)"])
      }
      try await journal.append(
        .warned(message: "'\(plan.base.branch)' moved to \(tip.abbreviated) meanwhile; the train is built again on top")
      )
      course.head = TrainBuilder.Head(commit: tip, tree: try await quarantine.tree(of: tip))
      course.isBaseProven = tester == nil
    } else {
      course.head = head
    }
    (course.start, course.landed) = (course.head, [])
    if tip != nil || !done.isEmpty {
      course.search = TrainSearch(course.search.queue.filter { !done.contains($0) }, workers: plan.request.jobs)
    }
    try await rebuild(&course)
  }
}
