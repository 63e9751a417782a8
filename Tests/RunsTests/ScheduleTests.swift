import Journal
import PlanGeneration
import Plans
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ScheduleTests {
  private func task(_ id: String, needs: [String] = []) -> AgentTask {
    AgentTask(
      id: id, branch: "feature/\(id)", title: id, description: "", filesHint: [], testCommand: nil, needs: needs,
      model: nil)
  }

  @Test func `no more tasks run than there are jobs`() {
    var schedule = Schedule(tasks: ["a", "b", "c"].map { task($0) }, jobs: 2)
    #expect(schedule.takeReady().map(\.id) == ["a", "b"])
    #expect(schedule.takeReady().isEmpty)
    #expect(schedule.end("a", as: .failed).isEmpty)
    #expect(schedule.takeReady().map(\.id) == ["c"])
  }

  @Test func `a task starts once all its needs have succeeded`() {
    var schedule = Schedule(tasks: [task("c", needs: ["a", "b"]), task("a"), task("b")], jobs: 9)
    #expect(schedule.takeReady().map(\.id) == ["a", "b"])
    _ = schedule.end("a", as: .success)
    #expect(schedule.takeReady().isEmpty)
    _ = schedule.end("b", as: .success)
    #expect(schedule.takeReady().map(\.id) == ["c"])
  }

  @Test func `a task starts once all its candidates have ended, however, and what needs it once it has succeeded`()
    throws
  {
    let plan = try TaskPlan(
      tasks: [AgentTask(id: "a", title: "a", candidates: 2), AgentTask(id: "b", title: "b", needs: ["a"])])
    var schedule = Schedule(tasks: plan.workItems, jobs: 9)
    #expect(schedule.takeReady().map(\.id) == ["a@1", "a@2"])
    #expect(schedule.end("a@1", as: .proven).isEmpty)
    #expect(schedule.takeReady().isEmpty)
    #expect(schedule.end("a@2", as: .failed).isEmpty)
    #expect(schedule.takeReady { _ in false }.isEmpty)
    #expect(schedule.takeReady { !$0.choices.isEmpty }.map(\.id) == ["a"])
    _ = schedule.end("a", as: .success)
    #expect(schedule.takeReady().map(\.id) == ["b"])
  }

  @Test func `a failure blocks the candidates of what builds on it`() throws {
    let plan = try TaskPlan(
      tasks: [AgentTask(id: "a", title: "a"), AgentTask(id: "b", title: "b", needs: ["a"], candidates: 2)])
    var schedule = Schedule(tasks: plan.workItems, jobs: 9)
    #expect(schedule.takeReady().map(\.id) == ["a"])
    #expect(schedule.end("a", as: .failed).map(\.task.id) == ["b", "b@1", "b@2"])
  }

  @Test func `a failure blocks all that builds on it, and nothing else`() {
    let tasks = [task("a"), task("b", needs: ["a"]), task("c", needs: ["b"]), task("d"), task("e", needs: ["d", "c"])]
    var schedule = Schedule(tasks: tasks, jobs: 9)
    #expect(schedule.takeReady().map(\.id) == ["a", "d"])
    let blocked = schedule.end("a", as: .timeout)
    #expect(blocked.map(\.task.id) == ["b", "c", "e"])
    #expect(blocked.map(\.need) == ["a", "b", "c"])
    #expect(blocked[0].status == .timeout)
    #expect(schedule.end("d", as: .success).isEmpty)
    #expect(schedule.takeReady().isEmpty)
    #expect(schedule.waiting.isEmpty)
  }

  @Test func `tasks that never started are reported in the plan's order`() {
    var schedule = Schedule(tasks: [task("a"), task("b"), task("c")], jobs: 1)
    _ = schedule.takeReady()
    #expect(schedule.waiting.map(\.id) == ["b", "c"])
  }
}
