import Basics
import CommandSupport
import Journal
import Processes
import TerminalUI

/// Shows a run again whenever something happens in it, until it has ended or the reader has seen enough.
struct RunWatch {
  let folder: RunFolder
  let store: RunStore
  let context: CommandContext

  func follow() async throws -> ExitStatus {
    let display = LiveDisplay(context.console.output)
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let run = try RunFollower(folder, in: store, wakeup: wakeup)
    var view = try run.view()
    while stop.level == .none, view.phase != .ended, view.phase != .died {
      display.show(StatusCommand.text(view, context))
      // On a terminal the clocks go on, too.
      await wakeup.wait(for: display.isLive ? .seconds(1) : RunFollower.longestWait)
      view = try run.view()
    }
    display.finish()
    for line in StatusCommand.text(view, context) { context.console.answer(line) }
    return signals.signal.map { .interrupted(signal: $0) } ?? .done
  }
}
