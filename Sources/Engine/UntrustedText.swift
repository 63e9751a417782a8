/// Text of strangers on its way to agents.
package enum UntrustedText {
  /// The text between lines that it cannot contain.
  package static func fenced(_ text: String, language: String = "") -> String {
    var fence = "~~~"
    while text.contains(fence) { fence += "~" }
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }
}
