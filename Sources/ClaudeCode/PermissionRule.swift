import Basics

/// A permission rule of the client: `Tool`, or `Tool(what)`.
package struct PermissionRule: Sendable, Equatable {
  var text: String
  var tool: String
  /// What is in the brackets.
  var specifier: String?

  package init(_ text: String) {
    self.text = text.trimmed
    if let open = self.text.firstIndex(of: "("), self.text.hasSuffix(")") {
      tool = String(self.text[..<open])
      specifier = String(self.text[self.text.index(after: open)...].dropLast())
    } else {
      tool = self.text
    }
  }

  /// Whether the rule speaks of a call of `name`, other than by what it is called with.
  package func names(tool name: String) -> Bool {
    tool == name || name.hasPrefix("mcp__") && tool.hasPrefix("mcp__") && name.hasPrefix(tool + "__")
      || tool.contains("*") && matches(name, pattern: tool)
  }

  /// Whether it speaks of a command, whose words are in `command` with one space between.
  package func covers(command: String) -> Bool {
    guard tool == "Bash" else { return false }
    guard let specifier, !specifier.isEmpty, specifier != "*" else { return true }
    if specifier.hasSuffix(":*") {
      let prefix = specifier.dropLast(2)
      return command == prefix || command.hasPrefix(prefix + " ")
    }
    guard specifier.contains("*") else { return command == specifier }
    return matches(command, pattern: specifier)
      || specifier.hasSuffix(" *") && command == specifier.dropLast(2)
  }
}

/// Compares a text with a pattern in which each `*` stands for anything.
private func matches(_ text: String, pattern: String) -> Bool {
  let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
  guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return text == pattern }
  guard text.hasPrefix(first), text.hasSuffix(last), text.utf8.count >= first.utf8.count + last.utf8.count
  else { return false }
  var rest = text.dropFirst(first.count).dropLast(last.count)
  for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
    guard let range = rest.firstRange(of: piece) else { return false }
    rest = rest[range.upperBound...]
  }
  return true
}
