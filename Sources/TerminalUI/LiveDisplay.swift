import Basics
import Synchronization

/// A live region on a terminal, with narration above it; plain lines where there is no terminal.
///
/// Callable from any thread; each call writes once, so that lines never mix. Text from outside must be `sanitized`
/// before it is put into lines, as colours go through unchanged.
package final class LiveDisplay: Sendable {
  private struct State {
    var region: LiveRegion
    var page = FullScreen()
    /// What was narrated while the alternate screen was shown.
    var waiting: [String] = []
    var hidesCursor = false
    var isFinished = false
    var keyboard: Keyboard?
  }

  package let terminal: Terminal
  private let state: Mutex<State>

  package init(_ terminal: Terminal) {
    self.terminal = terminal
    state = Mutex(State(region: LiveRegion(isSynchronized: terminal.isSynchronized)))
  }

  /// Whether lines given to `show` are seen at all.
  package var isLive: Bool { terminal.isInteractive }

  /// Reads keys from now on, until `finish`. Does nothing where nobody can press any.
  /// - Parameter changed: called when all should be drawn again.
  package func takeKeyboard(
    pressed: @escaping @Sendable (Key) -> Void, changed: @escaping @Sendable () -> Void
  ) {
    guard isLive else { return }
    let keyboard = Keyboard(
      pressed: pressed,
      changed: { [weak self] isLost in
        if isLost { self?.forget() }
        changed()
      })
    state.withLock { $0.keyboard = keyboard }
  }

  /// Whether keys are read.
  package var hasKeyboard: Bool { state.withLock { $0.keyboard != nil } }

  /// What was drawn is not there any more, as after Ctrl-Z and `fg`.
  private func forget() {
    state.withLock { state in
      state.region.forget()
      state.page.forget()
      state.hidesCursor = false
    }
  }

  /// Shows `lines` in place of those shown before; does nothing without a terminal, or after `finish`.
  package func show(_ lines: [String]) {
    guard isLive else { return }
    state.withLock { state in
      guard !state.isFinished, state.keyboard?.isTaken ?? true else { return }
      let size = terminal.size()
      var text = leavePage(&state)
      if state.keyboard != nil, !state.hidesCursor {
        state.hidesCursor = true
        text += "\u{1B}[?25l"
      }
      terminal.write(text + state.region.draw(lines, size: size))
    }
  }

  /// Shows what `lines` returns for the window's present width; see `show(_:)`.
  package func show(_ lines: (_ width: Int, _ palette: Palette) -> [String]) {
    guard isLive else { return }
    show(lines(max(1, terminal.size().columns), terminal.palette))
  }

  /// Shows a page that takes the whole window, until the next `show`. What is narrated meanwhile is written then.
  package func showPage(_ lines: [String]) {
    guard isLive else { return }
    state.withLock { state in
      guard !state.isFinished, state.keyboard?.isTaken ?? true else { return }
      if !state.page.isShown { state.keyboard?.note(isAlternate: true) }
      terminal.write(state.page.draw(lines, size: terminal.size()))
    }
  }

  private func leavePage(_ state: inout State) -> String {
    guard state.page.isShown else { return "" }
    var text = state.page.leave()
    state.keyboard?.note(isAlternate: false)
    for line in state.waiting { text += state.region.narrate(line, size: terminal.size()) }
    state.waiting = []
    return text
  }

  /// Writes one or more lines that stay: above the live region, or as they are without a terminal.
  package func narrate(_ text: String) {
    state.withLock { state in
      guard isLive, !state.isFinished else { return terminal.write(text + "\n") }
      if state.page.isShown {
        state.waiting.append(text)
      } else {
        terminal.write(state.region.narrate(text, size: terminal.size()))
      }
    }
  }

  /// Takes the lines off the screen, and gives the keyboard back; more may be shown later.
  package func pause() {
    let keyboard: Keyboard? = state.withLock { state in
      guard isLive, !state.isFinished else { return nil }
      terminal.write(leavePage(&state) + state.region.erase(size: terminal.size()) + showCursor(&state))
      defer { state.keyboard = nil }
      return state.keyboard
    }
    keyboard?.giveBack()
  }

  private func showCursor(_ state: inout State) -> String {
    defer { state.hidesCursor = false }
    return state.hidesCursor ? "\u{1B}[?25h" : ""
  }

  /// Ends the live display: `last` stays on the screen in its place (nil: nothing does). Safe to call twice; later
  /// narration is written plainly.
  package func finish(leaving last: [String]? = nil) {
    let keyboard: Keyboard? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.isFinished = true
      guard isLive else { return nil }
      var text = leavePage(&state)
      text += state.region.erase(size: terminal.size())
      text += (last ?? []).map { $0 + "\n" }.joined()
      text += showCursor(&state)
      terminal.write(text)
      defer { state.keyboard = nil }
      return state.keyboard
    }
    keyboard?.giveBack()
  }
}
