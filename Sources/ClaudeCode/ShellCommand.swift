import Basics

/// A command between the operators of a shell command line.
package struct SimpleCommand: Equatable {
  package var text: String
  /// Whether it reads what the command before it prints.
  var isFed: Bool
}

/// The simple commands of a shell command line: cut at `&&`, `||`, `;`, `|`, `&` and newlines outside quotes and brackets.
///
/// Good enough to name programs and permission rules; a line it cannot follow (unbalanced quotes or brackets) comes back
/// whole.
package func simpleCommands(of text: String) -> [SimpleCommand] {
  let line = ShellLine(text)
  guard line.isComplete else { return [SimpleCommand(text: text.trimmed, isFed: false)] }
  var commands: [SimpleCommand] = []
  var start = text.startIndex
  var isFed = false
  for token in line.tokens where !token.isNested {
    guard case .end(let mark) = token.kind else { continue }
    commands.append(SimpleCommand(text: String(text[start..<token.range.lowerBound]).trimmed, isFed: isFed))
    isFed = mark == "|" || mark == "|&"
    start = token.range.upperBound
  }
  commands.append(SimpleCommand(text: String(text[start...]).trimmed, isFed: isFed))
  return commands.filter { !$0.text.isEmpty }
}

/// A simple command up to its first redirection: "make test" of "make test 2>&1".
package func withoutRedirections(_ command: String) -> String {
  for token in ShellLine(command).tokens where !token.isNested {
    if case .redirection = token.kind { return String(command[..<token.range.lowerBound]).trimmed }
  }
  return command.trimmed
}
