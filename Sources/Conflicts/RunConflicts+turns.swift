import Basics
package import Journal
package import Processes
import Settings

/// What follows from conflicts for the attempts of a task.
extension RunConflicts {
  /// Returns when the task's next attempt may begin: at once, unless it is to wait for tasks that come before it and with
  /// whose branches its own conflicts. Nobody waits for one that is not being worked on, nor longer than until its end.
  /// - Parameter stop: ends the wait.
  package func awaitTurn(of task: String, stop: StopRequest) async throws(JournalError) {
    guard mode == .hold else { return }
    await lookNow(at: task)
    let signal = AsyncSignal()
    stop.notify(signal)
    defer { stop.stopNotifying(signal) }
    held[task] = signal
    defer { held[task] = nil }
    var told: [String] = []
    while stop.level == .none, !Task.isCancelled {
      let before = Self.holders(of: task, in: await journal.state).filter { atWork.contains($0) }
      if before.isEmpty { break }
      if before != told {
        told = before
        try await journal.append(.held(task: task, tasks: before))
      }
      await signal.wait(for: .seconds(60))
    }
    if !told.isEmpty { try await journal.append(.held(task: task, tasks: [])) }
  }

  /// The tasks that come before it and conflict with it, and are not over.
  static func holders(of task: String, in state: RunState) -> [String] {
    let order = TaskOrder(state)
    return state.conflicts.compactMap { conflict -> String? in
      guard let other = conflict.other(of: task) ?? nil, let otherState = state[task: other],
        !otherState.status.isFinal, order.comes(other, before: task)
      else { return nil }
      return other
    }
  }

  /// What the task's agent is to hear of with its next prompt, each conflict once. Those of it that come later hear of it
  /// themselves.
  /// - Parameter isNewConversation: whether the agent knows nothing of what it was told.
  package func takeNews(for task: String, isNewConversation: Bool) async -> [ConflictNews] {
    await lookNow(at: task)
    // A journal that fails here fails with the next entry, too, where it can be thrown.
    _ = try? await withdrawNote(for: task)
    let untold = untold(of: task, in: await journal.state, isNewConversation: isNewConversation)
    guard !untold.isEmpty else { return [] }
    try? await journal.append(
      .conflictTold(
        task: task, tasks: untold.compactMap(\.task), base: untold.contains { $0.task == nil }, attempt: nil))
    return untold.map(\.news)
  }

  /// A conflict that an agent does not know of, with a task, or with the base.
  struct Untold {
    let task: String?
    let news: ConflictNews
  }

  func untold(of task: String, in state: RunState, isNewConversation: Bool) -> [Untold] {
    guard let known = state[task: task] else { return [] }
    let order = TaskOrder(state)
    return state.conflicts.compactMap { conflict in
      guard let other = conflict.other(of: task) else { return nil }
      func untold(_ branch: String, _ title: String?) -> Untold {
        Untold(
          task: other,
          news: ConflictNews(branch: branch, title: title, paths: conflict.paths, count: conflict.count))
      }
      guard let other else {
        return isNewConversation || !known.isToldOfBase ? untold(state.header.base.branch, nil) : nil
      }
      guard let otherTask = state[task: other], order.comes(other, before: task),
        isNewConversation || !known.toldOf.contains(other)
      else { return nil }
      return untold(otherTask.header.branch, otherTask.header.title)
    }
  }
}
