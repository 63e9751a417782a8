import Basics

/// A file that people take for a to-do list, and that is not Markdown.
package enum ForeignFormat: Sendable, Equatable, CustomStringConvertible {
  case plan, yaml, taskwarrior, json, org, todoTxt, csv

  /// - Parameter name: of the file, whose ending tells something.
  init?(of text: String, name: String) {
    let name = name.lowercased()
    // A plan of megabytes is known by its first lines as well.
    let lines = text.prefix(200_000).split(omittingEmptySubsequences: true) { $0.isNewline }.map { $0.trimmedAtEnd }
    let words = lines.first { !$0.isBlank && !$0.hasPrefix("#") && $0 != "---" } ?? ""
    if Self.isJSON(text) {
      let head = text.prefix(20_000)
      if head.contains("\"tasks\"") {
        self = .plan
      } else {
        self = head.contains("\"uuid\"") && head.contains("\"description\"") ? .taskwarrior : .json
      }
    } else if words == "tasks:" || words == "settings:",
      lines.contains(where: { line in ["- id:", "- title:", "- branch:"].contains { line.trimmed.hasPrefix($0) } })
    {
      self = .plan
    } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      self = words.hasPrefix("tasks:") ? .plan : .yaml
    } else if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
      self = .csv
    } else if name.hasSuffix(".org") || Self.isOrg(lines) {
      self = .org
    } else if Self.isTodoTxt(lines, name: name) {
      self = .todoTxt
    } else {
      return nil
    }
  }

  private static func isJSON(_ text: String) -> Bool {
    var rest = text.drop(while: \.isWhitespace)
    if rest.first == "[" { rest = rest.dropFirst().drop(while: \.isWhitespace) }
    return rest.first == "{" && rest.dropFirst().first { !$0.isWhitespace } == "\""
  }

  /// A single star before TODO is an item in Markdown, too.
  private static func isOrg(_ lines: [String]) -> Bool {
    lines.contains { line in
      if line.hasPrefix("#+") { return line.dropFirst(2).first?.isLetter ?? false && line.contains(":") }
      if line.trimmed == ":PROPERTIES:" { return true }
      let stars = line.prefix { $0 == "*" }.count
      return stars > 1 && ["TODO ", "DONE ", "NEXT ", "WAITING "].contains { line.dropFirst(stars + 1).hasPrefix($0) }
        && line.dropFirst(stars).first == " "
    }
  }

  private static func isTodoTxt(_ lines: [String], name: String) -> Bool {
    func isItem(_ line: String) -> Bool {
      let start = Array(line.utf8.prefix(4))
      let isPriority =
        start.count == 4 && start[0] == UInt8(ascii: "(") && start[2] == UInt8(ascii: ")")
        && start[3] == UInt8(ascii: " ") && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(start[1])
      return isPriority || (line.hasPrefix("x ") && startsWithDate(line.dropFirst(2)))
        || (startsWithDate(line[...]) && line.contains { $0 == "+" || $0 == "@" })
    }
    let isMarkdown = lines.contains { line in
      let start = line.drop(while: \.isWhitespace)
      return ["- ", "* ", "+ ", "# ", "## ", "1. ", "| "].contains { start.hasPrefix($0) }
    }
    guard !isMarkdown else { return false }
    return name.hasSuffix("todo.txt") || name.hasSuffix("done.txt") || lines.contains(where: isItem)
  }

  private static func startsWithDate(_ text: Substring) -> Bool {
    let date = Array(text.utf8.prefix(11))
    guard date.count >= 10, date[4] == UInt8(ascii: "-"), date[7] == UInt8(ascii: "-") else { return false }
    return [0, 1, 2, 3, 5, 6, 8, 9].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(date[$0]) }
  }

  package var description: String {
    switch self {
    case .plan: "a plan"
    case .yaml: "a YAML file"
    case .taskwarrior: "an export of Taskwarrior"
    case .json: "a JSON file"
    case .org: "an Org file"
    case .todoTxt: "a list in the format of todo.txt"
    case .csv: "a table of values"
    }
  }

  func advice(file: String) -> String {
    switch self {
    case .plan: "execute it as it is: git orch run -c \(shellQuoted(file))"
    case .taskwarrior:
      "write its open tasks as items: task status:pending export | jq -r '.[] | \"- [ ] \" + .description' > todo.md"
    case .todoTxt:
      "write its lines as items: sed -e '/^x /d' -e 's/^/- [ ] /' \(shellQuoted(file)) > todo.md"
    case .org: "export it with Org (C-c C-e m m), or write one task a line: - [ ] add a login page"
    case .yaml, .json, .csv: "write one task a line: - [ ] add a login page"
    }
  }
}
