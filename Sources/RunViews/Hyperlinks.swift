import Basics
package import SystemPackage
package import TerminalUI

/// Texts that can be clicked, on a terminal that knows OSC 8; the texts alone elsewhere, and always in pipes.
package struct Hyperlinks: Sendable {
  package static let none = Hyperlinks(isOn: false)

  private let isOn: Bool

  private init(isOn: Bool) { self.isOn = isOn }

  package init(_ terminal: Terminal, _ environment: [String: String]) {
    isOn = terminal.isInteractive && TerminalTraits(environment).hasHyperlinks
  }

  /// The address, made safe for the terminal; a link if it is one of the web.
  package func link(_ url: String) -> String { link(address: url, as: sanitized(url)) }

  /// - Parameter text: safe for the terminal.
  package func link(address url: String, as text: String) -> String {
    guard isOn, url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.count <= 2000,
      url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return text }
    return linked(text, to: url)
  }

  /// A link to a file or folder here, whose path is absolute.
  package func link(_ path: FilePath, as text: String) -> String {
    let text = sanitized(text)
    guard isOn, path.isAbsolute, path.string.utf8.count <= 1000 else { return text }
    let parts = path.string.split(separator: "/").map { percentEncoded(String($0)) }
    return linked(text, to: "file:///" + parts.joined(separator: "/"))
  }

  private func linked(_ text: String, to address: String) -> String {
    "\u{1B}]8;;\(address)\u{1B}\\\(text)\u{1B}]8;;\u{1B}\\"
  }
}
