import Basics
import CommandSupport
import Journal
import Platform
import Processes
import RunViews
import SystemPackage
import TerminalUI

/// There is nothing that could be stopped.
struct NothingToStop: Error, CustomStringConvertible {
  let description: String
}

/// Asks the process that performs a run to end it, or some of its tasks, and waits until it has.
struct RunStopper {
  let store: RunStore
  let context: CommandContext
  /// In whose name the run is asked.
  let command: String

  /// A run in progress.
  struct Target {
    let holder: LockHolder
    /// nil while it is only being prepared, and has no journal yet.
    let begun: (folder: RunFolder, state: RunState)?
  }

  /// The run in progress.
  /// - Parameter name: its id or the beginning of it; nil for whichever it is.
  /// - Throws: `NothingToStop`.
  func target(_ name: String?) throws -> Target {
    guard let holder = RunLock.currentHolder(at: store.lock) else {
      if let name {
        let folder = try store.run(name)
        throw NothingToStop(description: try why(folder))
      }
      throw NothingToStop(description: "no run is in progress in this repository")
    }
    if let name, !holder.run.hasPrefix(name) {
      throw NothingToStop(
        description: "\(try why(try store.run(name))); the one in progress is \(holder.run)")
    }
    guard let folder = try store.runs().first(where: { $0.id == holder.run }), let state = try? folder.state(),
      state.process.pid == holder.pid
    else { return Target(holder: holder, begun: nil) }
    return Target(holder: holder, begun: (folder, state))
  }

  private func why(_ folder: RunFolder) throws -> String {
    let view = try RunView(folder, in: store)
    guard view.phase == .died else { return "run \(folder.id) is not in progress" }
    return "the process of run \(folder.id) died; to end what is left of it: git orch run --abort \(folder.id)"
  }

  /// Stops these tasks, or the whole run when none is named, and answers with what became of them.
  func stop(_ tasks: [String], of name: String?, now: Bool) async throws -> ExitStatus {
    let target = try target(name)
    guard let (folder, state) = target.begun else {
      guard tasks.isEmpty else {
        throw NothingToStop(description: "run \(target.holder.run) is still being prepared: no task of it has begun")
      }
      return try await stopPreparation(of: target.holder)
    }
    let open = try open(tasks, in: state)
    try folder.send(
      ControlRequest(.stop, of: state, tasks: open, now: now, by: .ourselves(command)))
    guard let view = try await wait(for: open, of: folder) else { return .interrupted(signal: SIGINT) }
    report(view, tasks: open)
    return .done
  }

  /// The tasks among those named that have not ended; says so of the others.
  private func open(_ tasks: [String], in state: RunState) throws -> [String] {
    var open: [String] = []
    for id in tasks where !open.contains(id) {
      guard let task = state[task: id] else {
        throw NothingToStop(
          description: "run \(state.header.id) has no task '\(id)'; it has: "
            + state.tasks.map(\.header.id).joined(separator: ", "))
      }
      if task.status.isFinal {
        context.console.narrate("'\(id)' has already ended: \(task.status.rawValue)")
      } else {
        open.append(id)
      }
    }
    if open.isEmpty, !tasks.isEmpty { throw NothingToStop(description: "there is nothing to stop") }
    return open
  }

  /// Ends one that has no journal yet by the signal that Ctrl-C would be.
  func stopPreparation(of holder: LockHolder) async throws -> ExitStatus {
    guard let process = ProcessIdentity.of(pid: holder.pid), RunLock.currentHolder(at: store.lock) == holder else {
      throw NothingToStop(description: "no run is in progress in this repository")
    }
    process.send(SIGTERM)
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let lock = FileLock(store.lock)
    // Its end is when the lock is free.
    try? await stop.cancelling(at: .graceful) { try await lock.wait().release() }
    if let signal = signals.signal { return .interrupted(signal: signal) }
    context.console.answer("run \(holder.run) has ended before it began")
    return .done
  }

  /// Follows the run until these tasks have ended, or all of it; nil once the user does not want to wait any more.
  func wait(for tasks: [String], of folder: RunFolder) async throws -> RunView? {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let follower = try RunFollower(folder, in: store, wakeup: wakeup)
    let speaksAt = ContinuousClock.now + .milliseconds(700)
    var hasSpoken = false
    while stop.level == .none {
      let view = try follower.view()
      let open = view.rows.filter { isAwaited($0, tasks, in: view) }
      if view.phase == .ended || view.phase == .died {
        await release(of: folder)
        return view
      }
      if !tasks.isEmpty, open.isEmpty { return view }
      // Most end at once: nothing need be said of those.
      await wakeup.wait(for: hasSpoken ? RunFollower.longestWait : .milliseconds(700))
      if !hasSpoken, !open.isEmpty, ContinuousClock.now >= speaksAt {
        hasSpoken = true
        let names = open.prefix(5).map(\.id).joined(separator: ", ") + (open.count > 5 ? ", …" : "")
        context.console.narrate("waiting for \(names) to end; with --now they are killed")
      }
    }
    _ = signals
    context.console.narrate("it is still being stopped: see git orch status")
    return nil
  }

  /// Whether what becomes of it is still open: one that was to be stopped, or one that needs such a one in vain.
  private func isAwaited(_ row: RunView.Row, _ tasks: [String], in view: RunView) -> Bool {
    if row.status.isFinal { return false }
    if tasks.isEmpty || tasks.contains(row.id) { return true }
    return row.status == .waiting
      && row.task.header.needs.contains { need in
        tasks.contains(need) && view.rows.contains { $0.id == need && $0.status.isFinal && !$0.status.isGood }
      }
  }

  /// Waits until the run's process has let go of the lock, a moment after its last entry: the next run can begin then.
  func release(of folder: RunFolder) async {
    let deadline = ContinuousClock.now + .seconds(5)
    while RunLock.currentHolder(at: store.lock)?.run == folder.id, ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  private func report(_ view: RunView, tasks: [String]) {
    let palette = context.console.output.palette
    let rows = view.rows.filter { row in
      tasks.isEmpty ? row.status != .success : tasks.contains(row.id) || isBlocked(row, by: tasks)
    }
    for row in rows {
      let message = row.task.message.map { ": \(sanitized($0))" } ?? ""
      context.console.answer(
        palette.paint(sanitized("\(row.status.symbol) \(row.id)"), row.status.style)
          + ": \(row.status.rawValue)\(message)")
    }
    if view.phase == .ended || view.phase == .died {
      context.console.answer("\(view.kind.rawValue) \(view.id) has \(view.phase.rawValue): \(view.countsText)")
      if view.kind == .run { context.console.answer("To continue it: git orch run --continue") }
    } else {
      context.console.answer("\(view.kind.rawValue) \(view.id) continues without: \(tasks.joined(separator: ", "))")
    }
  }

  private func isBlocked(_ row: RunView.Row, by tasks: [String]) -> Bool {
    row.status == .blocked && row.task.header.needs.contains(where: tasks.contains)
  }
}
