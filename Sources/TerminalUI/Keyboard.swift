// Dispatch sources may be used from any thread, which Dispatch for Linux does not say to the compiler.
@preconcurrency import Dispatch
import Platform
import Synchronization

/// The keyboard of the controlling terminal, read key by key without an echo, so that nothing that is typed is in the
/// lines that are drawn.
///
/// Whatever ends this process, SIGKILL included, a small process puts the terminal back: see `platform_guard_terminal`.
/// Ctrl-Z hands the terminal back until `fg`.
package final class Keyboard: Sendable {
  private struct State {
    var isTaken = false
    var guardian: Int32 = -1
    var decoder = KeyDecoder()
    var isAlternate = false
    var sources: [any DispatchSourceProtocol] = []
  }

  private let terminal: Int32
  /// Whether the descriptor is ours to close.
  private let isOwn: Bool
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "git-orch.keyboard")
  private let pressed: @Sendable (Key) -> Void
  /// The window has another size, or the terminal is ours again and shows something else.
  private let changed: @Sendable (_ isLost: Bool) -> Void

  /// nil where there is no terminal to read from, or another program has it.
  package init?(pressed: @escaping @Sendable (Key) -> Void, changed: @escaping @Sendable (_ isLost: Bool) -> Void) {
    self.pressed = pressed
    self.changed = changed
    isOwn = isatty(STDIN_FILENO) != 1
    terminal = isOwn ? platform_open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY, 0) : STDIN_FILENO
    guard terminal >= 0 else { return nil }
    guard platform_is_in_foreground(terminal), take() else {
      if isOwn { close(terminal) }
      return nil
    }
    let keys = DispatchSource.makeReadSource(fileDescriptor: terminal, queue: queue)
    keys.setEventHandler { [weak self] in self?.read() }
    // The sources see signals that are ignored: what they do by themselves comes too early for us.
    signal(SIGTSTP, SIG_IGN)
    let stops = DispatchSource.makeSignalSource(signal: SIGTSTP, queue: queue)
    stops.setEventHandler { [weak self] in self?.pause() }
    let resumes = DispatchSource.makeSignalSource(signal: SIGCONT, queue: queue)
    resumes.setEventHandler { [weak self] in self?.resume() }
    let sizes = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: queue)
    sizes.setEventHandler { [weak self] in self?.changed(false) }
    // Not before its last handler has returned.
    if isOwn { keys.setCancelHandler { [terminal] in close(terminal) } }
    let sources: [any DispatchSourceProtocol] = [keys, stops, resumes, sizes]
    for source in sources { source.activate() }
    state.withLock { $0.sources = sources }
  }

  /// Puts the terminal back. Nothing more is read.
  package func giveBack() {
    let sources = state.withLock { state in
      defer { state.sources = [] }
      return state.sources
    }
    guard !sources.isEmpty else { return }
    signal(SIGTSTP, SIG_DFL)
    release()
    for source in sources { source.cancel() }
  }

  /// Whether the terminal may be drawn on: it may not while the process is stopped or in the background.
  package var isTaken: Bool { state.withLock(\.isTaken) }

  /// The alternate screen is shown, or no longer; said before it is.
  package func note(isAlternate: Bool) {
    state.withLock { state in
      state.isAlternate = isAlternate
      tell(isAlternate ? "a" : "n", state.guardian)
    }
  }

  private func take() -> Bool {
    state.withLock { state in
      guard !state.isTaken else { return true }
      guard platform_take_keyboard(terminal) == 0 else { return false }
      state.isTaken = true
      state.guardian = platform_guard_terminal(terminal)
      return true
    }
  }

  private func release() {
    state.withLock { state in
      guard state.isTaken else { return }
      state.isTaken = false
      writeAll(state.isAlternate ? "\u{1B}[?1049l\u{1B}[?25h" : "\u{1B}[?25h", to: terminal)
      platform_give_keyboard_back(terminal)
      tell("q", state.guardian)
      if state.guardian >= 0 { close(state.guardian) }
      state.guardian = -1
    }
  }

  private func tell(_ word: String, _ guardian: Int32) {
    if guardian >= 0 { writeAll(word, to: guardian) }
  }

  private func read() {
    var bytes = [UInt8](repeating: 0, count: 1024)
    var ready = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    guard isTaken, poll(&ready, 1, 0) > 0, platform_is_in_foreground(terminal) else { return }
    let count = Platform.read(terminal, &bytes, bytes.count)
    guard count > 0 else {
      // The terminal is gone; whoever hangs up says so by a signal.
      if count == 0 || errno != EINTR && errno != EAGAIN {
        state.withLock { $0.sources.first }?.suspend()
      }
      return
    }
    let (keys, isWaiting) = state.withLock { state in
      (state.decoder.feed(bytes[..<count]), state.decoder.isWaiting)
    }
    for key in keys { pressed(key) }
    guard isWaiting else { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(50)) { [weak self] in
      guard let self else { return }
      for key in state.withLock({ $0.decoder.flush() }) { pressed(key) }
    }
  }

  /// Ctrl-Z: the shell gets the terminal as it knows it, and we stop.
  private func pause() {
    release()
    kill(getpid(), SIGSTOP)
  }

  /// `fg`, or `bg`, after which the terminal is not ours.
  private func resume() {
    guard platform_is_in_foreground(terminal), take() else { return }
    state.withLock { state in
      if state.isAlternate { tell("a", state.guardian) }
    }
    changed(true)
  }
}
