import TerminalUI

/// What the keys do and what the symbols mean.
enum HelpPage {
  static func lines(_ size: TerminalSize, _ abilities: LiveControls.Abilities, _ palette: Palette) -> [String] {
    size.columns >= 60 && size.rows >= 20 ? box(abilities) : short(size, abilities)
  }

  private static let symbols = [
    "▸ running   ◦ waiting   ↻ retrying   ◫ paused   ✓ done",
    "✗ failed    ⊘ blocked   ⇡ pushing    ∅ no changes",
    "▮ stopped   ↯ conflict  ~ not final  ! needs a look",
  ]

  private static func box(_ abilities: LiveControls.Abilities) -> [String] {
    var keys = [
      "↑ ↓  k j    select a task     Home End  first, last", "Enter  l    follow its log    Esc       back",
    ]
    if abilities.canStop { keys.append("s           stop it, its work is kept   (asks y/n)") }
    if abilities.canStop { keys.append("r           try it again now, of a retry or a pause") }
    keys.append("o           open its pull request" + (abilities.canCompare ? "       c  conflicts" : ""))
    keys.append("/           filter by name or state     Esc clears")
    keys.append("t           only what is at work now    t  all again")
    if abilities.canDetach { keys.append("d           detach: the run continues, status --watch") }
    keys +=
      abilities.isPerforming
      ? [
        "q  Ctrl-C   stop the run: agents are asked to end,", "            work is kept; twice: at once  (q asks y/n)",
      ] : ["q  Ctrl-C   leave this view; the run continues"]
    return box(keys, symbols)
  }

  private static func box(_ keys: [String], _ symbols: [String]) -> [String] {
    func rule(_ left: String, _ words: String, _ right: String) -> String {
      " \(left) \(words) " + String(repeating: "─", count: 55 - words.count) + right
    }
    func line(_ text: String) -> String { " │ " + padded(text, to: 56) + "│" }
    return [rule("┌", "keys", "┐")] + keys.map(line) + [rule("├", "symbols", "┤")] + symbols.map(line)
      + [rule("└", "any key closes", "┘")]
  }

  /// While a plan is made.
  static func planning(_ size: TerminalSize) -> [String] {
    guard size.columns >= 60, size.rows >= 12 else { return ["q stop, nothing is written", "any key closes this"] }
    return box(
      ["q  Ctrl-C   stop: nothing is written, no agent starts"],
      ["▸ is asked  ◦ asked if the one before cannot plan", "✗ failed    ✓ checked   ~ cost is computed from tokens"])
  }

  private static func short(_ size: TerminalSize, _ abilities: LiveControls.Abilities) -> [String] {
    var keys = ["↑↓ select     Enter l log    Esc back"]
    keys.append((abilities.canStop ? "s stop task   r try again    " : "") + "o open PR")
    keys.append("/ filter      " + (abilities.canCompare ? "c conflicts    " : "") + "t at work")
    if abilities.canDetach { keys.append("d detach") }
    keys.append(abilities.isPerforming ? "q stop the run, work is kept" : "q leave, the run continues")
    return [LiveView.rule(["keys"], right: "any key closes", size.columns, .plain)] + keys + [
      "▸ running  ◦ waiting  ↻ retrying", "◫ paused   ✓ done     ✗ failed", "⊘ blocked  ⇡ pushing  ∅ no changes",
      "▮ stopped  ↯ conflict ~ not final",
    ]
  }
}
