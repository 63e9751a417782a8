import Basics

/// How a text is written in YAML, so that every reader of YAML 1.1 or 1.2 reads that text.
package enum YAMLText {
  /// The text as a block literal with its header and line breaks, or `nil` where it has one line or cannot be one.
  package static func literal(_ text: String, indent: Int) -> String? {
    let scalars = text.unicodeScalars
    guard scalars.contains("\n"), scalars.contains(where: { $0 != "\n" && $0 != " " && $0 != "\t" }),
      scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || $0.isPlainInYAML })
    else { return nil }
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String($0) ?? ""
    }
    var header = "|"
    // Without the figure, a reader would take the first line's own spaces for indentation.
    if let first = lines.first, first.isEmpty || first.hasPrefix(" ") || first.hasPrefix("\t") { header += "2" }
    if text.utf8.last != UInt8(ascii: "\n") {
      header += "-"
    } else {
      lines.removeLast()
      if lines.last?.isEmpty ?? false { header += "+" }
    }
    let margin = String(repeating: " ", count: indent)
    return header + "\n" + lines.map { $0.isEmpty ? "\n" : "\(margin)\($0)\n" }.joined()
  }

  /// The text on one line: bare, in single quotes, or in double quotes with escapes.
  package static func inline(_ text: String) -> String {
    if isBare(text) { return text }
    guard text.unicodeScalars.allSatisfy(\.isPlainInYAML), !text.isEmpty else { return doubleQuoted(text) }
    // By scalars: a combining accent after the quote would hide it from a search by characters.
    var quoted = "'"
    for scalar in text.unicodeScalars {
      quoted.unicodeScalars.append(scalar)
      if scalar == "'" { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "'"
  }

  /// Whether every reader of YAML, 1.1 or 1.2, takes the bare text for this text.
  private static func isBare(_ text: String) -> Bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
    guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "/" || first == "_",
      !words.contains(text.lowercased())
    else { return false }
    var last: Unicode.Scalar = first
    for scalar in text.unicodeScalars {
      guard scalar.isPlainInYAML, scalar != "#", scalar != ":" else { return false }
      last = scalar
    }
    return last != " "
  }

  private static func doubleQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.isPlainInYAML: quoted.unicodeScalars.append(scalar)
      case _ where scalar.value > 0xFFFF: quoted += "\\U\(hex(scalar.value, digits: 8))"
      default: quoted += "\\u\(hex(scalar.value, digits: 4))"
      }
    }
    return quoted + "\""
  }
}

extension Unicode.Scalar {
  /// What YAML's `c-printable` allows in a text as it is.
  var isYAMLPrintable: Bool {
    switch value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  /// Printable, and no line break, tab or byte order mark.
  fileprivate var isPlainInYAML: Bool {
    isYAMLPrintable && ![0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029, 0xFEFF].contains(value)
  }
}
