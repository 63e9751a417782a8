import Foundation
import Processes
import Testing

@testable import Journal

@Suite struct RunStateTests {
  private func fold(_ events: [JournalEvent]) throws -> RunState {
    let lines = try events.flatMap { try JournalEntry(time: .now, event: $0).line() }
    return try #require(RunState(folding: try JournalContents(bytes: lines, path: "journal")))
  }

  @Test func `a journal without its beginning has no state`() throws {
    let line = try JournalEntry(time: .now, event: .resumed).line()
    #expect(RunState(folding: try JournalContents(bytes: line, path: "journal")) == nil)
    #expect(RunState(folding: try JournalContents(bytes: [], path: "journal")) == nil)
  }

  @Test func `the fold of a whole run tells everything about its task`() throws {
    let state = try fold(JournalSamples.events)
    let task = try #require(state[task: "one"])
    #expect(task.status == .success)
    #expect(task.attempts.count == 1)
    #expect(task.attempts[0].result?.end == .timedOut)
    #expect(task.attempts[0].process == ProcessIdentity(pid: 7, startTime: 8))
    #expect(task.cost == 0.25)
    #expect(task.commits.map(\.summary) == ["feat: one"])
    #expect(task.pushedCommit == "def")
    #expect(task.saved.map(\.reference) == ["refs/x"])
    #expect(task.worktree == nil)
    #expect(task.denied.count == 1)
    #expect(state[task: "two"]?.status == .waiting)
    #expect(state[task: "two"]?.commits.map(\.id) == ["abc"])
    #expect(state[task: "two"]?.tip == nil)
    #expect(state.phase == .ended)
    #expect(state.interruptedBy == "SIGINT")
    #expect(!state.isSuccess)
  }

  @Test(arguments: [
    ([], TaskStatus.waiting),
    ([JournalSamples.events[2]], .starting),
    ([JournalSamples.events[2], JournalSamples.events[5]], .running),
    ([JournalSamples.events[2], JournalSamples.events[5], JournalSamples.events[8]], .retrying),
    ([JournalSamples.events[2], JournalSamples.events[5], JournalSamples.events[12]], .pushing),
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

  @Test func `a run is a success when every task is`() throws {
    let ends = ["one", "two"].map { JournalEvent.taskEnded(task: $0, status: .success, message: nil, advice: []) }
    #expect(try fold([.runStarted(JournalSamples.header)] + ends + [.runEnded]).isSuccess)
    #expect(try !fold([.runStarted(JournalSamples.header)] + ends).isSuccess)
  }
}
