import Basics
import CommandSupport
import Journal
import Processes
import RunViews
import SystemPackage
import TerminalUI

/// Writes the files of a task's attempts to standard output.
struct AttemptLog {
  let folder: RunFolder
  let store: RunStore
  let task: String
  let isRaw: Bool
  let context: CommandContext
  /// Whether nobody reads any more (`git orch log x | head`).
  private var isClosed = false
  /// What is left of the last piece; nil where bytes go as they are.
  private var visible: VisibleStream?

  init(folder: RunFolder, store: RunStore, task: String, isRaw: Bool, context: CommandContext) {
    self.folder = folder
    self.store = store
    self.task = task
    self.isRaw = isRaw
    self.context = context
    visible = context.console.output.isTerminal ? VisibleStream() : nil
  }

  private func path(_ attempt: Int) -> FilePath {
    let paths = folder.attempt(attempt, of: task)
    return isRaw ? paths.stream : paths.log
  }

  /// Writes what is there now: as bytes, but that on a terminal nothing in it is obeyed.
  mutating func copy(_ attempt: Int) throws {
    let follower = try FileFollower(path: path(attempt))
    drain(follower)
  }

  /// Writes what is there and what is added, attempt after attempt, until the task has ended, its run is gone, or
  /// Ctrl-C.
  ///
  /// Begins with the attempt `first`, or the newest when that is nil.
  mutating func follow(from first: Int?) async throws -> ExitStatus {
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let run = try RunFollower(folder, in: store, wakeup: wakeup)
    var shown: Int?
    var follower: FileFollower?
    while stop.level == .none, !isClosed {
      // Asked before the files are drained: what was written before the answer is then shown, too.
      let view = try run.view()
      let state = view.rows.first { $0.id == task }?.task
      let isOver = (state?.status.isFinal ?? true) || view.phase == .ended || view.phase == .died
      let attempts = state?.attempts.map(\.number) ?? []
      // Several may have come and gone since the last look: none is left out.
      let next = shown ?? first ?? attempts.last ?? 1
      for number in attempts where number >= next {
        if number != shown {
          guard let next = try? FileFollower(path: path(number), wakeup: wakeup) else { continue }
          if let follower { drain(follower) }
          if attempts.count > 1 { context.console.narrate("attempt \(number)") }
          follower = next
          shown = number
        }
        if let follower { drain(follower) }
      }
      if isOver { break }
      await wakeup.wait(for: RunFollower.longestWait)
    }
    return signals.signal.map { .interrupted(signal: $0) } ?? .done
  }

  private mutating func drain(_ follower: FileFollower) {
    let console = context.console
    while !isClosed {
      let isAtEnd = follower.readAvailable(
        limit: FileFollower.pieceSize,
        gap: { console.narrate("… \($0) bytes left out (orchestrator.run.maxLogSize)") }
      ) { piece in
        if let text = visible?.text(of: piece) {
          context.console.output.write(text)
        } else {
          context.console.output.write(piece)
        }
        if context.console.output.failure != nil { isClosed = true }
      }
      if isAtEnd { return }
    }
  }
}
