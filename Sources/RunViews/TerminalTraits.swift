/// What the terminal of these variables is known to understand. What is not known to work is not tried: a terminal that
/// does not know a sequence may print it.
package struct TerminalTraits: Equatable, Sendable {
  package enum DesktopNotice: Equatable, Sendable {
    /// iTerm2's: `OSC 9 ; TEXT`.
    case osc9
    /// rxvt's: `OSC 777 ; notify ; TITLE ; TEXT`.
    case osc777
  }

  /// OSC 8.
  package var hasHyperlinks = false
  /// Whether it keeps its title aside and takes it back (`CSI 22 t`, `CSI 23 t`), so that it can be restored.
  package var restoresTitle = false
  package var desktopNotice: DesktopNotice?

  package init(_ environment: [String: String]) {
    func value(_ name: String) -> String { environment[name] ?? "" }
    let term = value("TERM")
    let program = value("TERM_PROGRAM")
    // They keep titles of their own and pass nothing on unless they are told to; what is around them is not known.
    if !value("TMUX").isEmpty || term.hasPrefix("tmux") {
      restoresTitle = true
    } else if !value("STY").isEmpty || term.hasPrefix("screen") {
      return
    } else if !value("KITTY_WINDOW_ID").isEmpty || term == "xterm-kitty" {
      (hasHyperlinks, restoresTitle, desktopNotice) = (true, true, .osc9)
    } else if program == "iTerm.app" {
      (hasHyperlinks, restoresTitle, desktopNotice) = (true, true, .osc9)
    } else if program == "WezTerm" || !value("WEZTERM_PANE").isEmpty {
      (hasHyperlinks, desktopNotice) = (true, .osc777)
    } else if program == "ghostty" || term == "xterm-ghostty" {
      (hasHyperlinks, restoresTitle, desktopNotice) = (true, true, .osc777)
    } else if term == "foot" || term.hasPrefix("foot-") {
      (hasHyperlinks, restoresTitle, desktopNotice) = (true, true, .osc777)
    } else if let vte = Int(value("VTE_VERSION")) {
      // The notices are a change of some distributions, which others take silently.
      (hasHyperlinks, restoresTitle, desktopNotice) = (vte >= 5000, vte >= 5400, vte >= 5000 ? .osc777 : nil)
    } else if program == "vscode" || !value("WT_SESSION").isEmpty || !value("KONSOLE_VERSION").isEmpty {
      hasHyperlinks = true
    } else if term.hasPrefix("alacritty") {
      (hasHyperlinks, restoresTitle) = (true, true)
    } else if !value("XTERM_VERSION").isEmpty {
      restoresTitle = true
    }
  }
}
