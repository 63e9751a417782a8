import Processes
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(5))) struct CandidateStateTests {
  /// A task `t` with candidates, which ended so; those that are proven are at a commit.
  private func state(_ ends: TaskStatus..., then more: [JournalEvent] = []) throws -> RunState {
    var header = JournalSamples.header
    header.review = nil
    header.tasks = [TaskHeader(id: "t", title: "T", branch: "t", needs: [])]
    var events: [JournalEvent] = []
    for (index, status) in ends.enumerated() {
      let id = "t@\(index + 1)"
      var candidate = TaskHeader(id: id, title: "T", branch: id, needs: [])
      candidate.candidateOf = "t"
      header.tasks.append(candidate)
      if status == .proven { events.append(.proven(task: id, tip: "c", commits: [])) }
      events.append(.taskEnded(task: id, status: status, message: "why", advice: ["do"]))
    }
    let all: [JournalEvent] = [.runStarted(header)] + events + more
    let lines = try all.flatMap { try JournalEntry(time: .now, event: $0).line() }
    return try #require(try JournalFold(lines).state)
  }

  private func chosen(_ ids: String...) -> JournalEvent {
    .candidateChosen(
      task: "t",
      choice: ChoiceRecord(
        candidate: ids[0], tip: "c", reason: "r", note: "https://me:secret@host/x",
        candidates: ids.map { CandidateRecord(id: $0, status: .proven) }))
  }

  @Test func `once one is chosen, none of them is left to be done, and the run is what its tasks are`() throws {
    let open = try state(.failed, .proven)
    #expect(open.ownTasks.map(\.header.id) == ["t"] && open.candidates(of: "t").count == 2)
    #expect(open[task: "t@2"]?.status == .proven && open[task: "t"]?.choice == nil)
    let end = JournalEvent.taskEnded(task: "t", status: .success, message: nil, advice: [])
    let done = try state(.failed, .proven, then: [chosen("t@2", "t@1"), end, .runEnded])
    #expect(done.tasks.map(\.status) == [.success, .notChosen, .chosen])
    #expect(done[task: "t@1"]?.message == "why" && done[task: "t@1"]?.advice == [])
    #expect(done.isSuccess)
    #expect(done[task: "t"]?.choice?.candidate == "t@2")
    let failed = try state(.failed, .failed, then: [.runEnded])
    #expect(!failed.isSuccess)
  }

  @Test func `only candidates that gave up by themselves, next to one that is proven, are spent`() throws {
    #expect(try state(.failed, .proven, .interrupted, .timeout, .overBudget).spentCandidates == ["t@1", "t@4"])
    #expect(try state(.failed, .timeout).spentCandidates.isEmpty)
  }

  @Test func `passwords in what is said of the choice are not kept`() throws {
    guard case .candidateChosen(_, let choice) = chosen("t@1").withoutPasswords else {
      Issue.record("another event")
      return
    }
    #expect(choice.note?.contains("secret") == false)
  }

  @Test func `what was spent on candidates was spent on their task`() throws {
    let attempt = AttemptRecord(end: .succeeded, message: nil, session: "s", cost: 0.5, sessionCost: 0.5)
    let figures = RunFigures(
      try state(
        .proven, .proven,
        then: ["t@1", "t@2"].flatMap { id in
          [
            .attemptStarting(task: id, attempt: 1, session: "s", resumed: false),
            .attemptEnded(task: id, attempt: 1, result: attempt),
          ] as [JournalEvent]
        }))
    #expect(figures.tasks.map(\.id) == ["t"])
    #expect(figures.tasks[0].accounts.cost == 1 && figures.tasks[0].accounts.attempts == 2)
    #expect(figures.tasks[0].agents.map(\.accounts.cost) == [1])
  }
}
