import Basics

/// A command between the operators of a shell command line.
struct SimpleCommand: Equatable {
  var text: String
  /// Whether it reads what the command before it prints.
  var isFed: Bool
}

/// The simple commands of a shell command line: cut at `&&`, `||`, `;`, `|`, `&` and newlines outside quotes and brackets.
///
/// Good enough to name programs and permission rules; a line it cannot follow (unbalanced quotes or brackets) comes back
/// whole.
func simpleCommands(of line: String) -> [SimpleCommand] {
  var parts: [SimpleCommand] = []
  var part = ""
  var isFed = false
  var quoting = Quoting()
  for index in line.indices {
    let character = line[index]
    let isPlain = quoting.isPlain
    quoting.pass(character)
    switch character {
    case "&" where part.hasSuffix(">") || part.hasSuffix("<") || line[index...].dropFirst().first == ">":
      part.append(character)  // `2>&1` and `&> file` are redirections
    case "&" where isPlain && isFed && part.isEmpty:
      break  // the second half of `|&`
    case "&", "|", ";", "\n", "\r\n":
      guard isPlain else {
        part.append(character)
        continue
      }
      parts.append(SimpleCommand(text: part.trimmed, isFed: isFed))
      // The second half of `||` comes right after the first.
      isFed = character == "|" && !(isFed && part.isEmpty)
      part = ""
    default: part.append(character)
    }
  }
  guard quoting.isPlain else { return [SimpleCommand(text: line.trimmed, isFed: false)] }
  parts.append(SimpleCommand(text: part.trimmed, isFed: isFed))
  return parts.filter { !$0.text.isEmpty }
}

/// A simple command up to its first redirection: "make test" of "make test 2>&1".
func withoutRedirections(_ command: String) -> String {
  var kept = ""
  var quoting = Quoting()
  for character in command {
    if quoting.isPlain, character == ">" || character == "<" {
      // The descriptor's number, or the `&` of `&>`.
      if let descriptor = kept.last, descriptor.isNumber || descriptor == "&" {
        let before = kept.dropLast().last
        if before == nil || before == " " { kept.removeLast() }
      }
      break
    }
    quoting.pass(character)
    kept.append(character)
  }
  return kept.trimmed
}

/// Where in a shell command line one is: in quotes, in brackets, after a backslash, or in none of them.
private struct Quoting {
  private var quote: Character?
  private var depth = 0
  private var isEscaped = false

  /// Whether the next character means what it means to the shell.
  var isPlain: Bool { quote == nil && depth == 0 && !isEscaped }

  mutating func pass(_ character: Character) {
    if isEscaped {
      isEscaped = false
      return
    }
    switch character {
    case "\\" where quote != "'": isEscaped = true
    case "'", "\"", "`":
      if quote == nil {
        quote = character
      } else if quote == character {
        quote = nil
      }
    case "(" where quote == nil, "{" where quote == nil: depth += 1
    case ")" where quote == nil, "}" where quote == nil: depth -= 1
    default: break
    }
  }
}
