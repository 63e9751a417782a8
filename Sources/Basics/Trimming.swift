extension StringProtocol {
  /// Without white space and line breaks at both ends.
  package var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }

  /// Without white space and line breaks at the end.
  package var trimmedAtEnd: String {
    var text = String(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  /// Whether there is nothing in it but white space.
  package var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
