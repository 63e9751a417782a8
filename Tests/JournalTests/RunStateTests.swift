import Foundation
import Processes
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(5))) struct RunStateTests {
  private func fold(_ events: [JournalEvent]) throws -> RunState {
    let lines = try events.flatMap { try JournalEntry(time: .now, event: $0).line() }
    return try #require(try JournalFold(lines).state)
  }

  @Test func `a journal without its beginning has no state`() throws {
    let line = try JournalEntry(time: .now, event: .resumed).line()
    #expect(try JournalFold(line).state == nil)
    #expect(try JournalFold([]).state == nil)
  }

  @Test func `the fold of a whole run tells everything about its task`() throws {
    let state = try fold(JournalSamples.firstEvents)
    let task = try #require(state[task: "one"])
    #expect(task.status == .success)
    try #require(task.attempts.count == 1)
    #expect(task.attempts[0].result?.end == .timedOut)
    #expect(task.attempts[0].process == ProcessIdentity(pid: 7, startTime: 8))
    #expect(task.cost == 0.25)
    #expect(task.commits.map(\.summary) == ["feat: one"])
    #expect(task.pushedCommit == "def")
    #expect(task.saved.map(\.reference) == ["refs/x"])
    #expect(task.worktree == nil)
    #expect(task.denied.count == 1)
    #expect(state[task: "two"]?.status == .waiting)
    #expect(state[task: "two"]?.commits == [], "it started over")
    #expect(state.phase == .ended)
    #expect(state.interruptedBy == "SIGTERM")
    #expect(!state.isSuccess)
  }

  @Test(arguments: [
    ([], TaskStatus.waiting),
    ([JournalSamples.taskStarting], .starting),
    ([JournalSamples.taskStarting, JournalSamples.attemptStarting], .running),
    ([JournalSamples.taskStarting, JournalSamples.attemptStarting, JournalSamples.retryPlanned], .retrying),
    ([JournalSamples.taskStarting, JournalSamples.attemptStarting, JournalSamples.pushStarting], .pushing),
  ])
  func `a task's status follows its last step`(events: [JournalEvent], status: TaskStatus) throws {
    let state = try fold([.runStarted(JournalSamples.header)] + events)
    #expect(state[task: "one"]?.status == status)
    #expect(!status.isFinal)
  }

  @Test func `a pause ends with the resumption and not an interrupt`() throws {
    let begin = JournalEvent.runStarted(JournalSamples.header)
    let pause = JournalEvent.paused(until: nil, reason: "limit")
    #expect(try fold([begin, pause]).phase == .paused(until: nil, reason: "limit"))
    #expect(try fold([begin, pause, .resumed]).phase == .running)
    #expect(try fold([begin, .halted(reason: "key"), .resumed]).phase == .ending(reason: "key"))
  }

  @Test func `events of tasks that the plan does not have change nothing`() throws {
    let state = try fold([.runStarted(JournalSamples.header), .pushed(task: "three", commit: "abc")])
    #expect(state.tasks.count == 2)
  }

  @Test func `costs beyond all measure have a sum that can be written`() throws {
    let events = (1...3).flatMap { attempt -> [JournalEvent] in
      [
        .attemptStarting(task: "one", attempt: attempt, session: "s", resumed: false),
        .attemptEnded(
          task: "one", attempt: attempt,
          result: AttemptRecord(
            end: .failed, cost: .greatestFiniteMagnitude, sessionCost: 0, inputTokens: .max, outputTokens: .max)),
      ]
    }
    let state = try fold([.runStarted(JournalSamples.header)] + events)
    #expect(state.cost == .greatestFiniteMagnitude)
  }

  @Test func `commits that nobody proved are shown without a tip`() throws {
    let left = JournalEvent.leftUnproven(task: "two", commits: [CommitRecord(id: "abc", summary: "wip")])
    let state = try fold([.runStarted(JournalSamples.header), left])
    #expect(state[task: "two"]?.commits.map(\.id) == ["abc"])
    #expect(state[task: "two"]?.tip == nil)
  }

  @Test func `a wait for checks ends with the merge and with the end of the task`() throws {
    let begin = JournalEvent.runStarted(JournalSamples.header)
    let wait = JournalEvent.waitingForChecks(task: "one", checks: ["ci"], until: JournalSamples.time)
    let state = try fold([begin, wait])
    #expect(state[task: "one"]?.checksWait == .init(checks: ["ci"], until: JournalSamples.time))
    for next in [
      JournalEvent.mergeStarting(task: "one", commit: "c"),
      .taskEnded(task: "one", status: .approved, message: nil, advice: []), .startedOver(task: "one", reason: "r"),
    ] {
      #expect(try fold([begin, wait, next])[task: "one"]?.checksWait == nil)
    }
  }

  @Test func `a run is a success when every task is`() throws {
    let ends = ["one", "two"].map { JournalEvent.taskEnded(task: $0, status: .success, message: nil, advice: []) }
    #expect(try fold([.runStarted(JournalSamples.header)] + ends + [.runEnded]).isSuccess)
    #expect(try !fold([.runStarted(JournalSamples.header)] + ends).isSuccess)
  }
}
