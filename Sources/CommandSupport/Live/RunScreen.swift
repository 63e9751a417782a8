import Agents
import Basics
import Engine
package import Journal
import KnownAgents
import Processes
package import RunViews
import Screens
import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The screen of a run that another process performs, as that one would draw it: from its journal, and from what its
/// agents print.
package struct RunScreen {
  /// How much of an agent's stream is read at first, in bytes: of a longer one the tokens that it used before are not
  /// counted.
  private static let tail: Int64 = 16 << 20
  /// The shortest time between two drawings: agents may print a lot.
  private static let pace = Duration.milliseconds(150)

  private let folder: RunFolder
  private let store: RunStore
  private let context: CommandContext
  /// Where it is drawn, or told in lines.
  private let terminal: Terminal

  package init(_ folder: RunFolder, in store: RunStore, context: CommandContext) {
    self.folder = folder
    self.store = store
    self.context = context
    // The answer of a script is what stands at the end.
    terminal = context.console.output.isInteractive ? context.console.output : context.console.errors
  }

  /// Draws it until the run has ended, or the reader has seen enough: that alone is what Ctrl-C and `q` end. Without a
  /// terminal, a line is written for each thing that happens.
  /// - Parameter conclude: answers with the run as it is then, where there is no terminal for a table.
  package func follow(_ conclude: (RunView) -> Void) async throws -> ExitStatus {
    let display = LiveScreen(terminal, environment: context.environment)
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    var setting = LiveScreen.Setting()
    setting.store = store
    setting.environment = context.environment
    let (directory, environment) = (context.directory, context.environment)
    setting.place = { try await RepositoryContext.find(from: directory, environment: environment) }
    setting.abilities.isPerforming = false
    setting.act = { if $0 == .leave { stop.raise(to: .graceful) } }
    try await display.ticking(setting) { [self] in try await follow(on: display, stop, wakeup) }
    let output = context.console.output
    guard output.isInteractive else {
      conclude(try RunView(folder, in: store))
      return signals.signal.map { .interrupted(signal: $0) } ?? .done
    }
    if stop.level > .none {
      context.console.narrate("run \(folder.id) continues; git orch stop ends it")
      return signals.signal.map { .interrupted(signal: $0) } ?? .done
    }
    let view = try RunView(folder, in: store)
    var frame = LiveFrame(view)
    frame.amounts = display.amounts
    for line in EndScreen.lines(
      frame, directory: context.directory, columns: output.size().columns, palette: output.palette,
      links: Hyperlinks(output, context.environment))
    {
      context.console.answer(line)
    }
    return .done
  }

  private func follow(on display: LiveScreen, _ stop: StopRequest, _ wakeup: AsyncSignal) async throws {
    let journal = try FileFollower(path: folder.journal, wakeup: wakeup)
    var fold = JournalFold(path: folder.journal.string)
    var streams: [String: AgentStreamTail] = [:]
    var isFirst = true
    while stop.level == .none {
      // The lock first: a run that ends between the two has then written so.
      let isAlive = RunLock.currentHolder(at: store.lock)?.run == folder.id
      let state = try read(journal, &fold, tellingOn: isFirst ? nil : display)
      isFirst = false
      display.show(state)
      for task in state.tasks { follow(task, &streams, display, wakeup) }
      if state.phase == .ended || !isAlive { break }
      try? await Task.sleep(for: Self.pace)
      await wakeup.wait(for: RunFollower.longestWait)
    }
  }

  private func read(
    _ journal: FileFollower, _ fold: inout JournalFold, tellingOn display: LiveScreen?
  ) throws(JournalError) -> RunState {
    var failure: JournalError?
    _ = journal.readAvailable { bytes in
      do throws(JournalError) {
        try fold.feed(bytes) { display?.note($0, $1) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let state = fold.state else { throw .noHeader(path: folder.journal.string) }
    return state
  }

  /// Reads what the task's agent has printed since the last look.
  private func follow(
    _ task: TaskState, _ streams: inout [String: AgentStreamTail], _ display: LiveScreen, _ wakeup: AsyncSignal
  ) {
    let id = task.header.id
    guard let attempt = task.attempts.last, attempt.result == nil, !task.status.isFinal else {
      streams[id] = nil
      return
    }
    if streams[id]?.attempt != attempt.number {
      let path = folder.attempt(attempt.number, of: id).stream
      let start = max(0, (FileStamp(path)?.size ?? 0) - Self.tail)
      guard let file = try? FileFollower(path: path, from: start, wakeup: wakeup) else { return }
      let stream = AgentStreamTail(attempt: attempt.number, file: file, reader: attempt.streamReader)
      streams[id] = stream
      stream.read { display.note($0, of: id, isOld: true) }
    }
    streams[id]?.read { display.note($0, of: id) }
  }
}

/// The end of an agent's stream, as it grows.
private final class AgentStreamTail {
  let attempt: Int
  private let file: FileFollower
  private var lines = LineSplitter()
  private var reader: any AgentEventReader

  init(attempt: Int, file: FileFollower, reader: any AgentEventReader) {
    self.attempt = attempt
    self.file = file
    self.reader = reader
  }

  func read(_ body: (AgentEvent) -> Void) {
    _ = file.readAvailable { bytes in
      lines.feed(bytes) { line in
        if case .whole(let line) = line { _ = reader.read(line: line, emit: body) }
      }
    }
  }
}

extension AttemptState {
  /// A reader of its stream, for a display.
  fileprivate var streamReader: any AgentEventReader {
    let agent = AgentRegistry.reader(ofKind: agent.kind)
    let session: AgentSession =
      resumed ? .resumed(id: session, costSoFar: 0) : .new(UUID(uuidString: session) ?? UUID())
    return agent.makeReader(for: AgentOptions(), session: session)
  }
}
