import Basics
import CommandSupport
import Journal
import Processes
import RunViews
import SystemPackage
import TerminalUI

/// Writes the readable logs of all of a run's tasks to standard output, each line with the task before it.
struct AllLogs {
  private let folder: RunFolder
  private let store: RunStore
  private let context: CommandContext
  private let isTerminal: Bool
  /// By task: what is being read, and what of its last line has not come yet.
  private var readings: [String: Reading] = [:]
  /// Tasks whose last attempt was read to its end.
  private var finished: Set<String> = []
  /// Wide enough for each task's id.
  private var width = 0

  private struct Reading {
    let attempt: Int
    let follower: FileFollower
    var lines = LineSplitter(limit: 1 << 20)
  }

  init(folder: RunFolder, store: RunStore, context: CommandContext) {
    self.folder = folder
    self.store = store
    self.context = context
    isTerminal = context.console.output.isTerminal
  }

  /// Whether nobody reads any more (`git orch log --all | head`).
  private var isClosed: Bool { context.console.output.failure != nil }

  /// Writes what is there now: the newest attempt of each task.
  mutating func copy(_ state: RunState) throws {
    width = Self.width(state.tasks.map(\.header.id))
    for task in state.tasks where !isClosed {
      guard let newest = task.attempts.last?.number else { continue }
      try read(task.header.id, newest, AsyncSignal())
      drain(task.header.id)
      finish(task.header.id)
    }
  }

  /// Writes what is there of each task's newest attempt and what is added by any, until the run has ended or is gone, or
  /// Ctrl-C.
  mutating func follow() async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let run = try RunFollower(folder, in: store, wakeup: wakeup)
    while stop.level == .none, !isClosed {
      // Asked before the files are drained: what was written before the answer is then shown, too.
      let view = try run.view()
      width = Self.width(view.rows.map(\.id))
      for row in view.rows where !finished.contains(row.id) {
        let attempts = row.task.attempts.map(\.number)
        // Several may have come and gone since the last look: none is left out.
        for number in attempts where number >= readings[row.id]?.attempt ?? attempts.last ?? 1 {
          if readings[row.id]?.attempt != number {
            drain(row.id)
            finish(row.id)
            try? read(row.id, number, wakeup)
          }
          drain(row.id)
        }
        // Of a thousand tasks only those that work have a file open.
        if row.task.status.isFinal {
          finish(row.id)
          finished.insert(row.id)
        }
      }
      if view.phase == .ended || view.phase == .died { break }
      await wakeup.wait(for: RunFollower.longestWait)
    }
    return signals.signal.map { .interrupted(signal: $0) } ?? .done
  }

  private static func width(_ tasks: [String]) -> Int { min(tasks.map { displayWidth($0) }.max() ?? 0, 28) }

  private mutating func read(_ task: String, _ attempt: Int, _ wakeup: AsyncSignal) throws {
    let path = folder.attempt(attempt, of: task).log
    readings[task] = Reading(attempt: attempt, follower: try FileFollower(path: path, wakeup: wakeup))
  }

  private mutating func drain(_ task: String) {
    guard var reading = readings[task] else { return }
    // Not read in place: what is handed on is written by this value, too.
    readings[task] = nil
    _ = reading.follower.readAvailable { piece in
      reading.lines.feed(piece) { write($0, of: task) }
    }
    readings[task] = reading
  }

  private mutating func finish(_ task: String) {
    guard var reading = readings.removeValue(forKey: task) else { return }
    reading.lines.finish { write($0, of: task) }
  }

  private func write(_ line: LineSplitter.Line, of task: String) {
    guard case .whole(let bytes) = line, !isClosed else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    let padding = String(repeating: " ", count: max(0, width - displayWidth(task)))
    context.console.output.write("\(task)\(padding) | \(isTerminal ? sanitized(text, .keepLines) : text)\n")
  }
}
