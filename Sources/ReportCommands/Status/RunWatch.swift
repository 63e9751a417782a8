import Basics
import CommandSupport
import Journal
import Processes

/// Waits until a run has ended, or the reader has seen enough, and shows it then; where there is no terminal for a
/// `RunScreen`.
struct RunWatch {
  let folder: RunFolder
  let store: RunStore
  let context: CommandContext

  func follow() async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let run = try RunFollower(folder, in: store, wakeup: wakeup)
    var view = try run.view()
    while stop.level == .none, view.phase != .ended, view.phase != .died {
      await wakeup.wait(for: RunFollower.longestWait)
      view = try run.view()
    }
    for line in StatusCommand.text(view, context) { context.console.answer(line) }
    return signals.signal.map { .interrupted(signal: $0) } ?? .done
  }
}
