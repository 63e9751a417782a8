package import Agents
import Basics
package import Engine
package import Git
package import Journal
import Platform
import Processes
import RunViews
package import Screens
import Synchronization
import SystemPackage
package import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The screen of a run in progress: on a terminal the live view, with a line for each event that stays above it; elsewhere
/// a line an event, and one a minute when there are none.
package final class LiveScreen: Sendable {
  /// What the screen is told about the run once it is known.
  package struct Setting: Sendable {
    package var store: RunStore?
    package var environment: [String: String] = [:]
    package var abilities = LiveControls.Abilities()
    package var mostAttempts: Int?
    package var quietAfter: Duration?
    /// Finds the repository, for comparing branches; nil where that is not possible.
    package var place: (@Sendable () async throws -> RepositoryContext)?
    /// Does what the user wants of the run. Called on the thread that reads keys.
    package var act: @Sendable (LiveControls.Action) -> Void = { _ in }

    package init() {}
  }

  /// Two drawings lie at least so far apart; what agents do is drawn less often than what the user does.
  private static let pace = Duration.milliseconds(100)
  private static let agentPace = Duration.milliseconds(300)
  /// How much of a log is shown: its end, in bytes.
  private static let logLimit = 128 << 10
  /// How long a look at conflicts is shown before the next, and how much longer than it took.
  private static let conflictPause = Duration.seconds(5)
  private static let conflictShare = 20

  struct State {
    var model: LiveModel
    var setting = Setting()
    var folder: RunFolder?
    var silence = Silence(at: Date())
    var isTicking = false
    /// Whether an agent did something since the last drawing.
    var isStale = false
    var conflicts = ConflictPage.Content.looking
    var log: (stamp: FileStamp, path: FilePath, width: Int, find: String, thinking: Bool, lines: [String])?
  }

  let live: LiveDisplay
  private let clock: LocalClock
  let wakeup = AsyncSignal()
  /// Sent when the page of conflicts is opened.
  let conflictsWanted = AsyncSignal()
  let state: Mutex<State>
  /// Whether lines can be painted over, and are: not by a process in the background.
  private let isLive: Bool

  package init(_ terminal: Terminal, environment: [String: String] = [:], clock: LocalClock = .system) {
    live = LiveDisplay(terminal)
    isLive = terminal.isInteractive && !terminal.isInBackground
    self.clock = clock
    state = Mutex(State(model: LiveModel(home: environment["HOME"])))
  }

  /// Whether events are told in lines of their own only.
  package var isPlain: Bool { !isLive }

  // MARK: - What happens

  /// Says something else, at once.
  package func narrate(_ text: String) {
    let isTicking = state.withLock { state in
      state.silence.speak(at: Date())
      return state.isTicking
    }
    guard isTicking, !isLive else { return say(sanitized(text, .keepLines)) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    say(lines.map { EventLine(note: String($0)).plain(at: Date(), clock) }.joined(separator: "\n"))
  }

  private func say(_ text: String) {
    if isLive { live.narrate(text) } else { live.terminal.write(text + "\n") }
  }

  package func note(_ entry: JournalEntry, _ newState: RunState) {
    let line: EventLine? = state.withLock { state in
      state.model.note(entry, newState)
      // Kept only to be drawn: whoever keeps a state makes its journal copy all of its tasks with the next entry.
      if isLive || state.isTicking { state.model.state = newState }
      if state.folder == nil { state.folder = try? state.setting.store?.run(newState.header.id) }
      let amount = entry.event.endedTask.flatMap { state.model.amounts[$0] }
      return EventLine(
        entry.event, in: newState, mostAttempts: state.setting.mostAttempts, amount: amount, clock: clock)
    }
    if let line { tell(line, at: entry.time.date) }
    wakeup.send()
  }

  /// Shows a state whose entries need not be told one by one.
  package func show(_ newState: RunState) {
    state.withLock { state in
      state.model.state = newState
      if state.folder == nil { state.folder = try? state.setting.store?.run(newState.header.id) }
    }
    wakeup.send()
  }

  /// - Parameter isOld: of what an agent did before anybody looked.
  package func note(_ event: AgentEvent, of task: String, isOld: Bool = false) {
    let now = Date()
    let (line, isFirst) = state.withLock { state -> (EventLine?, Bool) in
      defer { state.isStale = true }
      state.model.note(event, of: task, at: now)
      return (
        isOld ? nil : EventLine(event, of: task, activity: state.model.shownActivities(at: now)[task]), !state.isStale
      )
    }
    if let line { tell(line, at: now) }
    if isFirst { wakeup.send() }
  }

  private func tell(_ line: EventLine, at time: Date) {
    if isLive {
      // What the table shows anyway is no event here.
      if line.symbol != nil { state.withLock { $0.model.add(line) } }
      return
    }
    state.withLock { $0.silence.speak(at: Date()) }
    live.terminal.write(line.plain(at: time, clock) + "\n")
  }

  // MARK: - Time

  /// Runs `body` while the screen shows what happens.
  package func ticking<Result: Sendable>(
    _ setting: Setting, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    begin(setting)
    defer { finish() }
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        await self.draw()
        return nil
      }
      if isLive, let common = setting.store?.folder.removingLastComponent() {
        let counter = ChangeCounter(commonDirectory: common, environment: setting.environment)
        group.addTask {
          await self.count(counter)
          return nil
        }
      }
      if isLive, let place = setting.place {
        group.addTask {
          await self.lookForConflicts(ConflictLook(place))
          return nil
        }
      }
      group.addTask { try await body() }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CancellationError()
    }
  }

  private func begin(_ setting: Setting) {
    state.withLock { state in
      state.setting = setting
      state.setting.abilities.canCompare = setting.place != nil
      state.silence = Silence(at: Date())
      state.isTicking = true
      state.model.state = nil
      state.folder = nil
      state.model.controls = LiveControls()
    }
    guard isLive else { return }
    live.takeKeyboard(pressed: { [weak self] in self?.press($0) }, changed: { [wakeup] in wakeup.send() })
    state.withLock { $0.setting.abilities.hasKeyboard = live.hasKeyboard }
  }

  /// Takes the live lines off the screen; later narration is plain. Safe to call twice.
  package func finish() {
    let isTicking = state.withLock { state in
      defer { state.isTicking = false }
      return state.isTicking
    }
    guard isTicking, isLive else { return }
    writeEvents(all: true)
    live.pause()
  }

  /// Draws whenever there is something new, and once a second.
  private func draw() async {
    let clock = ContinuousClock()
    while !Task.isCancelled {
      let began = clock.now
      tick()
      let rest = 1 - Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 1)
      await wakeup.wait(for: .seconds(isLive ? min(1, rest + 0.005) : 1))
      if Task.isCancelled { return }
      let pace = state.withLock { $0.isStale && $0.model.controls.mode == .table } ? Self.agentPace : Self.pace
      let left = pace - began.duration(to: clock.now)
      if left > .zero { try? await Task.sleep(for: left) }
    }
  }

  private func count(_ counter: ChangeCounter) async {
    while !Task.isCancelled {
      let (tasks, tools) = state.withLock { ($0.model.state?.tasks ?? [], $0.model.activities.mapValues(\.toolCount)) }
      await counter.look(at: tasks, toolCounts: tools) { task, amount in
        self.state.withLock { $0.model.amounts[task] = amount }
        self.wakeup.send()
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Compares the branches for as long as the page of conflicts is open.
  private func lookForConflicts(_ look: ConflictLook) async {
    while !Task.isCancelled {
      let folder = state.withLock { state -> RunFolder? in
        state.model.controls.isComparing ? state.folder : nil
      }
      guard let folder else {
        await look.end()
        state.withLock { $0.conflicts = .looking }
        await conflictsWanted.wait()
        continue
      }
      let began = ContinuousClock.now
      let found = await look.look(at: folder)
      if Task.isCancelled { break }
      state.withLock { $0.conflicts = found }
      wakeup.send()
      await conflictsWanted.wait(
        for: max(Self.conflictPause, began.duration(to: .now) * Self.conflictShare))
    }
    await look.end()
  }

  /// What is known of how much was done, by task.
  package var amounts: [String: ChangeAmount] { state.withLock { $0.model.amounts } }

  private func tick() {
    guard isLive else {
      let line: EventLine? = state.withLock { state in
        guard state.silence.isOver(at: Date()), let frame = frame(&state) else { return nil }
        return EventLine(standing: "now", frame)
      }
      if let line { live.terminal.write(line.plain(at: Date(), clock) + "\n") }
      return
    }
    writeEvents(all: false)
    let size = live.terminal.size()
    let palette = live.terminal.palette
    let (lines, isPage): ([String]?, Bool) = state.withLock { state in
      state.isStale = false
      guard let frame = frame(&state) else { return (nil, false) }
      if let (task, first) = state.model.controls.log {
        let log = readLog(of: task, &state, size)
        return (LogPage.lines(frame, task: task, log: log, first: first, size: size, palette: palette), true)
      }
      if case .conflicts(let first) = state.model.controls.mode {
        return (
          ConflictPage.lines(frame, state.conflicts, first: first, size: size, palette: palette), true
        )
      }
      return (LiveView.lines(frame, size: size, palette: palette), false)
    }
    guard let lines else { return }
    if isPage { live.showPage(lines) } else { live.show(lines) }
  }

  func frame(_ state: inout State) -> LiveFrame? {
    guard let run = state.model.state else { return nil }
    // All clocks step at once.
    let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    var frame = LiveFrame(RunView(run, isAlive: true, now: now))
    frame.activities = state.model.shownActivities(at: Date())
    frame.amounts = state.model.amounts
    frame.setups = state.model.setups
    frame.controls = state.model.controls
    frame.abilities = state.setting.abilities
    // Of reviews and landings, others show more.
    frame.abilities.canCompare = state.setting.abilities.canCompare && run.header.isRun
    frame.mostAttempts = state.setting.mostAttempts
    frame.quietAfter = state.setting.quietAfter
    frame.clock = clock
    frame.rate = state.model.rate(frame.cost.amount, since: run.startedAt.date, at: now)
    return frame
  }

  func writeEvents(all: Bool) {
    let size = live.terminal.size()
    let palette = live.terminal.palette
    let now = Date()
    let (events, omitted) = state.withLock { $0.model.takeEvents(at: now, all: all) }
    var lines = events.flatMap { $0.painted(at: now, clock, width: size.columns, palette) }
    if omitted > 0 { lines.append(palette.spelled("… \(omitted) more events: git orch log")) }
    if !lines.isEmpty { live.narrate(lines.joined(separator: "\n")) }
    if state.withLock({ $0.model.hasEvents }) { wakeup.send() }
  }

  func readLog(of task: String, _ state: inout State, _ size: TerminalSize) -> [String] {
    guard let folder = state.folder, let attempt = state.model.state?[task: task]?.attempts.last else { return [] }
    let path = folder.attempt(attempt.number, of: task).log
    guard let stamp = FileStamp(path) else { return [] }
    let (find, thinking) = (state.model.controls.find, state.model.controls.showsThinking)
    if let log = state.log, log.stamp == stamp, log.path == path, log.width == size.columns, log.find == find,
      log.thinking == thinking
    {
      return log.lines
    }
    var lines = path.readTail(limit: Self.logLimit).split(separator: "\n", omittingEmptySubsequences: true).map(
      String.init)
    if stamp.size > Int64(Self.logLimit) { lines = ["…"] + lines.dropFirst() }
    let wrapped = LogPage.wrap(lines, width: size.columns, find: find, withThinking: thinking)
    state.log = (stamp, path, size.columns, find, thinking, wrapped)
    return wrapped
  }
}

extension JournalEvent {
  fileprivate var endedTask: String? {
    if case .taskEnded(let task, _, _, _) = self { return task }
    return nil
  }
}
