import Basics

/// The zero-width spaces that keep a text harmless stay in it: one at a time.
private func keepingBreakers(_ text: String, _ change: (String) -> String) -> String {
  let breaker = String(Triggers.breaker)
  guard text.unicodeScalars.contains(Triggers.breaker) else { return change(text) }
  // A private character, at the end of its plane.
  let standIn = "\u{10FFFD}"
  var result = change(text.replacing(standIn, with: "").replacing(breaker, with: standIn))
    .replacing(standIn, with: breaker)
  while result.contains(breaker + breaker) { result = result.replacing(breaker + breaker, with: breaker) }
  return result
}

/// A text without what hides or reorders it, its lines kept.
func visibleLines(_ text: String) -> String {
  keepingBreakers(text) { plainText($0, limit: .max, keepsLines: true) }
}

/// The same as one line.
func visibleLine(_ text: String, limit: Int) -> String {
  keepingBreakers(text) { plainText($0, limit: limit) }
}

/// The same for a piece of a text: entities can name such characters, too. They become visible.
func visible(_ text: String) -> String {
  keepingBreakers(text) { sanitized($0, .oneLine, hidden: .shown) }
}
