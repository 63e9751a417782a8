import Agents
import CommandSupport
import Journal
import Processes
import TerminalUI

/// Shows a run again every second, until it has ended or the reader has seen enough.
struct RunWatch {
  let folder: RunFolder
  let store: RunStore
  let context: CommandContext

  func follow() async throws -> ExitStatus {
    let display = LiveDisplay(context.console.output)
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop) { _, _ in }
    var report = try RunReport(folder, in: store)
    while stop.level == .none, report.phase != .ended, report.phase != .died {
      display.show(StatusCommand.text(report, context))
      // The clocks go on and a process may die without a word: neither shows in the journal.
      await stop.sleep(for: .seconds(1))
      report = try RunReport(folder, in: store)
    }
    display.finish()
    for line in StatusCommand.text(report, context) { context.console.answer(line) }
    return signals.signal.map { .interrupted(signal: $0) } ?? .done
  }
}
