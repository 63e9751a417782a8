/// A text in which `${NAME}` and `${NAME:-DEFAULT}` stand for a variable's value, as Claude Code reads its own files of MCP
/// servers: what is not set stays as it is written.
package struct MCPTemplate: Sendable, Equatable {
  package enum Piece: Sendable, Equatable {
    case text(String)
    /// `source` is how it is written.
    case variable(String, default: String?, source: String)
  }

  package private(set) var pieces: [Piece] = []

  package init(_ text: String) {
    var rest = text[...]
    while let open = rest.firstRange(of: "${"), let end = rest[open.upperBound...].firstIndex(of: "}") {
      let inside = rest[open.upperBound..<end]
      let parts = inside.firstRange(of: ":-").map { (inside[..<$0.lowerBound], inside[$0.upperBound...]) }
      if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
      pieces.append(
        .variable(
          String(parts?.0 ?? inside), default: parts.map { String($0.1) }, source: String(rest[open.lowerBound...end])))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
  }

  package func filled(by variables: [String: String]) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .variable(let name, let fallback, let source): variables[name] ?? fallback ?? source
      }
    }.joined()
  }

  /// Whether it is one variable and nothing else, and which.
  package func onlyVariable(among variables: [String: String]) -> String? {
    guard pieces.count == 1, case .variable(let name, _, _) = pieces[0], variables[name] != nil else { return nil }
    return name
  }

  /// The names of those variables that it has.
  package func names(among variables: [String: String]) -> Set<String> {
    Set(
      pieces.compactMap { piece in
        if case .variable(let name, _, _) = piece, variables[name] != nil { name } else { nil }
      })
  }

  /// As a word for a shell that has these variables in its environment: no value is in it.
  package func shellWord(among variables: [String: String]) -> String {
    let parts = pieces.map { piece in
      switch piece {
      case .text(let text): Self.escaped(text)
      case .variable(let name, let fallback, let source):
        variables[name] == nil ? Self.escaped(fallback ?? source) : "${\(name)}"
      }
    }
    return "\"" + parts.joined() + "\""
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      if "\\\"$`".unicodeScalars.contains(character) { escaped += "\\" }
      escaped.unicodeScalars.append(character)
    }
    return escaped
  }
}
