extension [String] {
  /// The same as the standard library's, which is for any collection: for its first use, the runtime looks up what arrays
  /// conform to, among all that the program has. Every command joins texts.
  package func joined(separator: String = "") -> String {
    var text = ""
    for (index, part) in enumerated() {
      if index > 0 { text += separator }
      text += part
    }
    return text
  }
}
