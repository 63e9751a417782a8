/// An agent that writes `@MainActor` means no user of that name: outside of code each `@` before a word is kept from
/// being a mention by a zero-width space.
///
/// Where code is begun and never ended, nothing counts as code.
package func withoutMentions(_ text: String) -> String {
  guard text.count(where: { $0 == "`" }) % 2 == 1 else { return withoutMentionsOutsideCode(text) }
  return text.split(separator: "`", omittingEmptySubsequences: false)
    .map { withoutMentionsOutsideCode(String($0)) }.joined(separator: "`")
}

private func withoutMentionsOutsideCode(_ text: String) -> String {
  var result = ""
  var isCode = false
  var previous: Character = " "
  for character in text {
    if character == "`" { isCode.toggle() }
    if previous == "@", !isCode, character.isLetter || character.isNumber { result.append("\u{200B}") }
    result.append(character)
    previous = character
  }
  return result
}
