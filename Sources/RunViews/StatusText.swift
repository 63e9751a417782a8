import Basics
import Journal
package import SystemPackage
package import TerminalUI

/// A run that is going on, or is over, as `status` prints it.
package enum StatusText {
  package static func lines(
    _ view: RunView, directory: FilePath, palette: Palette, links: Hyperlinks = .none
  ) -> [String] {
    var summary = SummaryText(view: view, directory: directory, palette: palette)
    summary.links = links
    guard view.phase != .ended else { return summary.lines() }
    return summary.lines(title: sanitized("\(view.kind.rawValue.uppercased()) \(view.id) (\(view.phase.rawValue))"))
  }
}
