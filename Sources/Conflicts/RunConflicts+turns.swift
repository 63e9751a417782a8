import Basics
package import Journal
package import Processes
import Settings

/// A conflict as an agent is told of it.
package struct ConflictNews: Sendable, Equatable {
  /// What its branch conflicts with: a branch, and the task's title; nil of the base.
  package let branch: String
  package let title: String?
  package let paths: [String]
  package let count: Int
}

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
    let state = await journal.state
    guard let known = state[task: task] else { return [] }
    let order = TaskOrder(state)
    var (news, tasks, base): ([ConflictNews], [String], Bool) = ([], [], false)
    for conflict in state.conflicts {
      guard let other = conflict.other(of: task) else { continue }
      if let other {
        guard let otherTask = state[task: other], order.comes(other, before: task),
          isNewConversation || !known.toldOf.contains(other)
        else { continue }
        tasks.append(other)
        news.append(
          ConflictNews(
            branch: otherTask.header.branch, title: otherTask.header.title, paths: conflict.paths,
            count: conflict.count))
      } else if isNewConversation || !known.isToldOfBase {
        base = true
        news.append(
          ConflictNews(branch: state.header.base.branch, title: nil, paths: conflict.paths, count: conflict.count))
      }
    }
    // A journal that fails here fails with the next entry, too, where it can be thrown.
    if !news.isEmpty { try? await journal.append(.conflictTold(task: task, tasks: tasks, base: base)) }
    return news
  }
}
