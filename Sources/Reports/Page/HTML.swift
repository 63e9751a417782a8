import Basics

/// A piece of HTML. Every text that is put into one is escaped on the way: only a literal of this program is markup.
struct HTML: ExpressibleByStringInterpolation, Sendable {
  fileprivate(set) var source: String

  init(stringLiteral value: String) { source = value }
  init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }
  init(_ pieces: some Sequence<HTML>) { source = pieces.map(\.source).joined(separator: "\n") }

  static let nothing: HTML = ""

  static func += (html: inout HTML, more: HTML) { html.source += more.source + "\n" }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) { source += literal }
    mutating func appendInterpolation(_ html: HTML) { source += html.source }
    mutating func appendInterpolation(_ text: String) { source += escaped(text) }
    mutating func appendInterpolation(_ text: Substring) { source += escaped(String(text)) }
    mutating func appendInterpolation(_ number: Int) { source += String(number) }
  }

  /// A link, if it leads to the web; otherwise the text alone.
  static func link(_ address: String, _ text: String) -> HTML {
    guard address.hasPrefix("https://") || address.hasPrefix("http://"), address.utf8.count <= 2000,
      address.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return "\(text)" }
    return "<a href=\"\(address)\" rel=\"noreferrer noopener\">\(text)</a>"
  }
}

/// A text for any place in a page, attributes in quotes included. What acts on a reader or hides from one is shown as it
/// is on a terminal: `^[`, `<U+202E>`.
private func escaped(_ text: String) -> String {
  let safe = sanitized(text, .keepLines)
  guard safe.utf8.contains(where: { [0x26, 0x3C, 0x3E, 0x22, 0x27, 0x60].contains($0) }) else { return safe }
  var result = ""
  result.reserveCapacity(safe.utf8.count + 32)
  for scalar in safe.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "`": result += "&#96;"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
