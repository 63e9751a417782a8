extension StringProtocol {
  /// In single quotes for a message: safe for the terminal, and long text cut.
  package var quoted: String { "'\(sanitized(String(self), .markLines, limit: 60))'" }
}

extension String {
  package var withoutByteOrderMark: String {
    unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, DEL, and the line and paragraph separators.
  package var isControlOrLineBreak: Bool {
    value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
  }
}

/// A number of bytes in a unit that keeps it short: `500 MiB`, `1.5 GiB`.
package func byteText(_ bytes: Int64) -> String {
  let units = ["KiB", "MiB", "GiB", "TiB"]
  guard bytes >= 1024 else { return "\(bytes) B" }
  var value = Double(bytes) / 1024
  var unit = 0
  while value >= 1024, unit < units.count - 1 {
    value /= 1024
    unit += 1
  }
  let tenths = Int((value * 10).rounded())
  return value < 10 && tenths % 10 != 0
    ? "\(tenths / 10).\(tenths % 10) \(units[unit])" : "\((tenths + 5) / 10) \(units[unit])"
}
