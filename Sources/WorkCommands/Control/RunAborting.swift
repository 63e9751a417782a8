import Basics
import CommandSupport
import Engine
import Journal
import Platform
import Processes
import RunViews
import Runs
import SystemPackage

/// `git orch run --abort [RUN]`: end a run, and do not continue it.
struct RunAborting {
  let run: String?
  let context: CommandContext

  private static let command = "git orch run --abort"

  func perform() async throws -> ExitStatus {
    let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    let stopper = RunStopper(store: place.store, context: context, command: Self.command)
    do {
      if let target = try? stopper.target(run) {
        guard let (folder, state) = target.begun else { return try await stopper.stopPreparation(of: target.holder) }
        return try await abort(folder, state, in: place, stopper)
      }
      let store = place.store
      let named = try await offPool { [run] in try run.map { try store.run($0) } }
      var found = named
      if found == nil { found = try await RunAbort.newest(in: place) }
      guard let folder = found else { throw NothingToStop(description: "there is no run to give up") }
      return try await abortDead(folder, in: place)
    } catch let error as NothingToStop {
      context.console.narrate("error: \(error)")
      return .no
    }
  }

  /// One that is in progress: its own process ends it.
  private func abort(
    _ folder: RunFolder, _ state: RunState, in place: RepositoryContext, _ stopper: RunStopper
  ) async throws -> ExitStatus {
    try folder.send(ControlRequest(.abort, of: state, by: .ourselves(Self.command)))
    guard try await stopper.wait(for: [], of: folder) != nil else { return .interrupted(signal: SIGINT) }
    let after = try await offPool { () throws(JournalError) in try folder.state() }
    // It had ended, or died, before it heard.
    if after.abortedBy == nil || after.phase != .ended { return try await abortDead(folder, in: place) }
    answer(after, ended: 0)
    return .done
  }

  private func abortDead(_ folder: RunFolder, in place: RepositoryContext) async throws -> ExitStatus {
    let (state, ended, notes) = try await RunAbort(folder, in: place, by: .ourselves(Self.command)).perform()
    for note in notes { context.console.narrate("warning: \(note)") }
    answer(state, ended: ended)
    return .done
  }

  private func answer(_ state: RunState, ended: Int) {
    let view = RunView(state, isAlive: false, now: state.updatedAt.date)
    if ended > 0 {
      context.console.answer(
        "stopped \(ended) process\(ended == 1 ? "" : "es") that outlived the \(view.kind.rawValue)")
    }
    context.console.answer("\(view.kind.rawValue) \(view.id) is given up: \(view.countsText)")
    context.console.answer("Its worktrees and branches are kept; git orch status \(view.id) shows them")
    if view.kind == .run {
      context.console.answer("To continue it all the same: git orch run --continue \(view.id)")
    }
  }
}
