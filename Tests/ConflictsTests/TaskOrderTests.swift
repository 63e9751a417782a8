import Foundation
import Git
import Journal
import Processes
import Testing

@testable import Conflicts
@testable import Merging

/// Who waits for whom, and what of a report is a conflict of the run.
@Suite struct TaskOrderTests {
  private static func state(_ events: [JournalEvent]) -> RunState {
    let header = RunHeader(
      version: "1", id: "r", process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: "c"), remote: nil, localReason: nil, jobs: 3, agent: "claude",
      tasks: ["a", "b", "c"].map { TaskHeader(id: $0, title: $0, branch: "feature/\($0)", needs: []) })
    let start = Date(timeIntervalSince1970: 1_795_379_825)
    var state = RunState(header: header, startedAt: JournalTime(start))
    for (number, event) in events.enumerated() {
      state.apply(JournalEntry(time: JournalTime(start.addingTimeInterval(Double(number))), event: event))
    }
    return state
  }

  private static func starting(_ task: String) -> JournalEvent {
    .taskStarting(task: task, startCommit: "0", worktree: WorktreeRecord(name: task, path: "/\(task)"))
  }

  private static func conflict(_ task: String, _ with: String?) -> JournalEvent {
    .conflictFound(task: task, with: with, paths: ["x"], count: 1, isNew: true)
  }

  @Test func `what is done comes first, then what began earlier, then the plan's order`() {
    let begun = Self.state([Self.starting("b"), Self.starting("a")])
    #expect(TaskOrder(begun).comes("b", before: "a"))
    #expect(TaskOrder(begun).comes("a", before: "c"))
    let proven = Self.state([Self.starting("b"), Self.starting("a"), .proven(task: "a", tip: "1", commits: [])])
    #expect(TaskOrder(proven).comes("a", before: "b"))
    let same = Self.state([])
    #expect(TaskOrder(same).comes("a", before: "b") && !TaskOrder(same).comes("b", before: "a"))
  }

  @Test func `a task waits for those before it that are not over, and one never waits`() {
    let events =
      ["b", "a", "c"].map(Self.starting)
      + [Self.conflict("a", "b"), Self.conflict("c", "b"), Self.conflict("c", "a"), Self.conflict("b", nil)]
    let state = Self.state(events)
    #expect(RunConflicts.holders(of: "b", in: state).isEmpty)
    #expect(RunConflicts.holders(of: "a", in: state) == ["b"])
    #expect(RunConflicts.holders(of: "c", in: state) == ["b", "a"])
    let later = Self.state(events + [.taskEnded(task: "b", status: .failed, message: nil, advice: [])])
    #expect(RunConflicts.holders(of: "a", in: later).isEmpty)
    #expect(RunConflicts.holders(of: "c", in: later) == ["a"])
  }

  @Test func `the later of two is named first, and what both have with the base is their own`() throws {
    let state = Self.state([Self.starting("b"), Self.starting("a")])
    let tip = try #require(ObjectID(String(repeating: "a", count: 40)))
    let branches = ["a", "b"].map {
      ConflictReport.Branch(name: $0, tip: tip, isMerged: false, base: .init(here: $0 == "a" ? ["y"] : []))
    }
    let report = ConflictReport(
      base: tip, branches: branches, pairs: [.init(first: 0, second: 1, verdict: .init(here: ["x"]))], notes: [])
    #expect(
      RunConflicts.found(report, in: state) == [
        .init(task: "a", with: nil, paths: ["y"]), .init(task: "a", with: "b", paths: ["x"]),
      ])
  }
}
