/// The simple commands of a shell command line: cut at `&&`, `||`, `;`, `|`, `&` and newlines outside quotes and brackets.
///
/// Good enough to name programs and permission rules; a line it cannot follow (unbalanced quotes or brackets) comes back
/// whole.
func simpleCommands(of line: String) -> [String] {
  var parts: [String] = []
  var part = ""
  var quote: Character?
  var depth = 0
  var isEscaped = false
  for character in line {
    if isEscaped {
      isEscaped = false
      part.append(character)
      continue
    }
    switch character {
    case "\\" where quote != "'":
      isEscaped = true
      part.append(character)
    case "'", "\"", "`":
      if quote == nil {
        quote = character
      } else if quote == character {
        quote = nil
      }
      part.append(character)
    case "(" where quote == nil, "{" where quote == nil:
      depth += 1
      part.append(character)
    case ")" where quote == nil, "}" where quote == nil:
      depth -= 1
      part.append(character)
    case "&" where quote == nil && (part.hasSuffix(">") || part.hasSuffix("<")):
      part.append(character)  // 2>&1 is a redirection
    case "&", "|", ";", "\n", "\r\n":
      guard quote == nil, depth == 0 else {
        part.append(character)
        continue
      }
      parts.append(part)
      part = ""
    default: part.append(character)
    }
  }
  guard quote == nil, depth == 0 else { return [trimmed(line)] }
  parts.append(part)
  return parts.map(trimmed).filter { !$0.isEmpty }
}

func trimmed(_ text: String) -> String {
  var rest = Substring(text)
  while rest.first?.isWhitespace == true { rest.removeFirst() }
  while rest.last?.isWhitespace == true { rest.removeLast() }
  return String(rest)
}
