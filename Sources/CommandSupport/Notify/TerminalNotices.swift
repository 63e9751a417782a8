import Basics
import Journal
import RunViews
import Synchronization
import TerminalUI

/// Tells the terminal how a run goes: its title says how many tasks are done, and a bell and a notice of the desktop say
/// that somebody should look.
final class TerminalNotices: Sendable {
  private let terminal: Terminal
  private let traits: TerminalTraits
  private let title = Mutex<String?>(nil)

  /// nil where nobody looks at a terminal.
  init?(_ terminal: Terminal, environment: [String: String]) {
    guard terminal.isInteractive else { return nil }
    self.terminal = terminal
    traits = TerminalTraits(environment)
  }

  /// Shows where things are in the title. What was there is kept aside, once.
  func show(_ state: RunState) {
    guard traits.restoresTitle else { return }
    let ended = state.ownTasks.count { $0.status.isFinal }
    let text = Self.plain("git orch: \(ended) of \(state.ownTasks.count) done")
    title.withLock { title in
      guard text != title else { return }
      let keep = title == nil ? "\u{1B}[22;0t" : ""
      title = text
      terminal.write("\(keep)\u{1B}]2;\(text)\u{7}")
    }
  }

  /// Puts the title back.
  func restore() {
    title.withLock { title in
      guard title != nil else { return }
      title = nil
      terminal.write("\u{1B}[23;0t")
    }
  }

  /// Calls somebody who is away.
  func call(_ message: String) {
    let text = Self.plain(message)
    let notice =
      switch traits.desktopNotice {
      case .osc9: "\u{1B}]9;git orch: \(text)\u{7}"
      case .osc777: "\u{1B}]777;notify;git orch;\(text)\u{7}"
      case nil: ""
      }
    terminal.write(notice + "\u{7}")
  }

  /// Without what would end a sequence, or begin a part of it.
  private static func plain(_ text: String) -> String {
    plainText(text, limit: 200).replacing(";", with: ",")
  }
}
