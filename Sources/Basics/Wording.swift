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
