import Basics
package import Engine
package import Journal
import Platform
package import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Starts a run or a review in the background: this program once more, in a session of its own, without a terminal, its
/// words in the run's `narration.log`.
///
/// Everything that is asked is asked before. The new process gets the run's id from us, so that its folder is there for
/// its words before it has said any.
package struct DetachedStart: Sendable {
  /// Holds the run's id, in the environment of the process in the background alone.
  package static let variable = "GIT_ORCH_DETACHED"

  private let context: CommandContext
  private let store: RunStore
  private let stop: StopRequest

  package init(_ context: CommandContext, in place: RepositoryContext, stop: StopRequest) {
    self.context = context
    store = place.store
    self.stop = stop
  }

  /// Starts `git orch ARGUMENTS`, and returns once the run's journal has begun, or with what kept it from that.
  /// - Parameter run: the run that is continued; nil for a new one.
  package func start(_ arguments: [String], continuing run: RunFolder? = nil) async throws -> ExitStatus {
    guard let executable = context.executable else { throw DetachError("this system does not say where git-orch is") }
    if let holder = RunLock.currentHolder(at: store.lock) {
      throw JournalError.locked(path: store.lock.string, holder: holder)
    }
    let folder = try run ?? store.create(store.newID(at: Date()))
    let log: FileDescriptor
    do {
      log = try FileDescriptor.open(
        folder.narration, .writeOnly, options: [.append, .create, .closeOnExec, .noFollow],
        permissions: .ownerReadWrite)
    } catch {
      throw FileError("open", folder.narration, error)
    }
    defer { try? log.close() }
    let begin = try log.seek(offset: 0, from: .end)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let words = try FileFollower(path: folder.narration, from: begin, wakeup: wakeup)
    let invocation = Invocation(
      executable: executable, arguments: arguments,
      environment: context.environment.merging([Self.variable: folder.id]) { $1 }, directory: context.directory)
    let child = try ChildProcess(starting: invocation, input: nil, output: log, error: log, wakeup: wakeup)
    var isEnding = false
    while true {
      // Asked first: what it did before its end is then seen.
      let exit = child.exit
      if let state = try? folder.state(), state.process == child.identity {
        return answer(state, child.identity)
      }
      if let exit { return failed(exit, words, folder, isNew: run == nil) }
      if stop.level > .none, !isEnding {
        isEnding = true
        child.identity.send(SIGTERM)
      }
      await wakeup.wait()
    }
  }

  private func answer(_ state: RunState, _ process: ProcessIdentity) -> ExitStatus {
    let kind = state.header.landing != nil ? "landing" : state.header.review == nil ? "run" : "review"
    context.console.answer(state.header.id)
    context.console.narrate(
      "the \(kind) continues in the background (process \(process.pid)); to look at it:\n"
        + "  git orch status --watch\n  git orch log -f TASK\nto end it: git orch stop")
    return .done
  }

  /// It ended before it began: its words are the answer.
  private func failed(
    _ exit: ExitDescription, _ words: FileFollower, _ folder: RunFolder, isNew: Bool
  ) -> ExitStatus {
    var bytes: [UInt8] = []
    _ = words.readAvailable(limit: 1 << 20) { bytes += $0 }
    let text = String(decoding: bytes, as: UTF8.self).trimmed
    if !text.isEmpty { context.console.narrate(text) }
    if isNew {
      unlink(folder.narration.string)
      rmdir(folder.path.string)
    }
    switch exit {
    case .code(0): return .done
    case .code(1): return .no
    case .code(let code) where code > 129 && code < 160: return .interrupted(signal: code - 128)
    case .code(let code):
      if text.isEmpty { context.console.narrate("fatal: the run in the background ended with status \(code)") }
      return .fatal
    case .signal, .unknown:
      context.console.narrate("fatal: the run in the background ended before it began (\(exit))")
      return .fatal
    }
  }
}

private struct DetachError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
