import Basics

/// The name or address of a host, in lower case, without a final dot.
///
/// ASCII alone: names in other letters can look like any other, and their `xn--` form is what they are looked up by.
package struct HostName: Sendable, Hashable, CustomStringConvertible {
  package let description: String

  /// - Returns: nil for what no host is called, and what a program could take for an option.
  package init?(_ text: some StringProtocol) {
    var bytes = Substring(text).utf8[...]
    if bytes.contains(UInt8(ascii: ":")) {
      guard bytes.count(where: { $0 == UInt8(ascii: ":") }) > 1,
        bytes.allSatisfy({ hexDigit($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
      else { return nil }
    } else {
      if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
      let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      // Underscores are in no host's name, but in aliases that ssh knows.
      guard bytes.count <= 253, bytes.first != UInt8(ascii: "-"),
        labels.allSatisfy({ label in
          !label.isEmpty
            && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        })
      else { return nil }
    }
    description = String(decoding: bytes, as: UTF8.self).lowercased()
  }

  /// As a URL has it: an IPv6 address in brackets.
  package var bracketed: String { description.contains(":") ? "[\(description)]" : description }

  /// Whether it is one word, as aliases in ssh's configuration are, and hosts on the Internet are not.
  var isOneWord: Bool { !description.contains(".") && !description.contains(":") }

  func isBelow(_ domain: String) -> Bool { description.hasSuffix(".\(domain)") }
}
