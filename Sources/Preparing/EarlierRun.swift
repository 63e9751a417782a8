import Basics
import Engine
import Journal
import Plans

/// Whether an earlier run has done what is asked for: nobody wants to pay for it twice.
enum EarlierRun {
  /// How many runs are looked at, the newest first.
  private static let looks = 5

  /// - Throws: `RunError` with ``RunError/Code/alreadyDone``, where the newest run of these tasks has done all of them.
  ///   A run that was taken back has done nothing.
  static func refuseDone(_ tasks: [AgentTask], in place: RepositoryContext) async throws {
    guard let done = await offPool({ newest(of: tasks, in: place) }) else { return }
    let count = tasks.count
    let what = count == 1 ? "its task succeeded" : "its \(count) tasks succeeded"
    let ids = count > 3 ? "TASK,TASK" : tasks.map(\.id).joined(separator: ",")
    throw RunError(
      .alreadyDone, "this plan was done by run \(done.header.id): \(what)",
      hints: [
        "see what it did: git orch status \(done.header.id)",
        "take it back, to do it again: git orch undo \(done.header.id)",
        "do it again all the same, by naming the tasks: git orch run --tasks \(ids)",
      ])
  }

  private static func newest(of tasks: [AgentTask], in place: RepositoryContext) -> RunState? {
    guard let runs = try? place.store.runs() else { return nil }
    for folder in runs.reversed().prefix(looks) {
      // A review that has ended is told from a run without its journal.
      if let summary = folder.summary(), summary.isReview { continue }
      guard let state = try? folder.state(), state.header.isRun else { continue }
      let ours = tasks.map { task in state[task: task.id].flatMap { $0.header.branch == task.branch ? $0 : nil } }
      guard ours.contains(where: { $0 != nil }) else { continue }
      // The newest that has to do with these tasks decides.
      let isDone = ours.enumerated().allSatisfy { $1?.status.isGood == true && $1?.header.title == tasks[$0].title }
      return isDone && state.undo == nil ? state : nil
    }
    return nil
  }
}
