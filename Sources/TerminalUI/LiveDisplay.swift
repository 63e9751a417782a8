import Synchronization

/// A live region on a terminal, with narration above it; plain lines where there is no terminal.
///
/// Callable from any thread; each call writes once, so that lines never mix. Text from outside must be `sanitized`
/// before it is put into lines, as colours go through unchanged.
package final class LiveDisplay: Sendable {
  private struct State {
    var region = LiveRegion()
    var isFinished = false
  }

  package let terminal: Terminal
  private let state = Mutex(State())

  package init(_ terminal: Terminal) {
    self.terminal = terminal
  }

  /// Whether lines given to `show` are seen at all.
  package var isLive: Bool { terminal.isInteractive }

  /// Shows `lines` in place of those shown before; does nothing without a terminal, or after `finish`.
  package func show(_ lines: [String]) {
    guard isLive else { return }
    state.withLock { state in
      guard !state.isFinished else { return }
      terminal.write(state.region.draw(lines, size: terminal.size()))
    }
  }

  /// Shows what `lines` returns for the window's present width; see `show(_:)`.
  package func show(_ lines: (_ width: Int, _ palette: Palette) -> [String]) {
    guard isLive else { return }
    show(lines(max(1, terminal.size().columns - 1), terminal.palette))
  }

  /// Writes one or more lines that stay: above the live region, or as they are without a terminal.
  package func narrate(_ text: String) {
    state.withLock { state in
      if isLive, !state.isFinished {
        terminal.write(state.region.narrate(text, size: terminal.size()))
      } else {
        terminal.write(text + "\n")
      }
    }
  }

  /// Ends the live display: `last` stays on the screen in its place (nil: nothing does). Safe to call twice; later
  /// narration is written plainly.
  package func finish(leaving last: [String]? = nil) {
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      guard isLive else { return }
      let erased = state.region.erase(size: terminal.size())
      terminal.write(erased + (last ?? []).map { $0 + "\n" }.joined())
    }
  }
}
