extension String {
  /// In single quotes for a message: control characters spelled out, long text cut.
  var quoted: String {
    var shown = ""
    for scalar in unicodeScalars.prefix(60) {
      if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || [0x2028, 0x2029].contains(scalar.value) {
        shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return "'\(shown)\(unicodeScalars.count > 60 ? "…" : "")'"
  }
}
