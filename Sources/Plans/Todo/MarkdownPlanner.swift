import Basics

/// Makes tasks of the items of a to-do list without asking a model.
package struct MarkdownPlanner {
  /// The tasks, not checked yet, and what the user should hear about.
  package private(set) var tasks: [AgentTask] = []
  package private(set) var notes: [String] = []

  /// `reservedBranches` are names that no task may take for its branch.
  package init(_ list: TodoList, trackedFiles: [String] = [], reservedBranches: [String] = []) {
    let paths = PathGuess(trackedFiles: trackedFiles)
    let prefix = AgentTask.defaultBranch(for: "")
    var ids = TaskIDMaker(
      taken: Set(reservedBranches.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }))
    let parts = list.items.map { item in
      let facts = DetailFacts(item.detail)
      let plain = InlineMarkdown.plain(item.text)
      // An item that is only code has no words; the first line of it must do.
      let title = ConventionalTitle(plain.isEmpty ? Self.firstWords(of: item.detail) : plain)
      return (item: item, facts: facts, title: title, id: ids.makeID(from: title.subject))
    }

    var idOfName: [String: String] = [:]
    for part in parts {
      for name in [TaskIDMaker.slug(part.title.subject), part.id, AgentTask.defaultBranch(for: part.id)] {
        if let name { idOfName[name] = part.id }
      }
    }
    for part in parts {
      var needs: [String] = []
      var unknown: [String] = []
      for name in part.facts.needs {
        if let id = idOfName[name] ?? TaskIDMaker.slug(name).flatMap({ idOfName[$0] }) {
          if !needs.contains(id) { needs.append(id) }
        } else {
          unknown.append(name)
        }
      }
      for name in unknown {
        notes.append("task '\(part.id)': \(name.quoted) is not an open item of the to-do list, so it is ignored")
      }
      tasks.append(
        AgentTask(
          id: part.id, title: part.title.title, description: Self.description(part.item, part.facts),
          filesHint: paths.paths(in: part.item), testCommand: part.facts.testCommand, needs: needs))
    }
  }

  private static func firstWords(of detail: String) -> String {
    let lines = MarkdownLine.lines(of: detail).filter { !$0.isBlank && $0.fence == nil }
    let words = lines.lazy.map { InlineMarkdown.plain($0.marker?.text ?? $0.content) }.first { !$0.isEmpty }
    return words ?? "to-do item"
  }

  private static func description(_ item: TodoItem, _ facts: DetailFacts) -> String {
    var parts = [item.text, facts.rest].filter { !$0.isEmpty }
    if let heading = item.heading.map(InlineMarkdown.plain), !heading.isEmpty {
      parts.append("(From the section \"\(heading)\" of the to-do list.)")
    }
    return parts.joined(separator: "\n\n")
  }
}

/// What the detail of an item states about its task: `needs: a, b`, `test: make check`.
package struct DetailFacts: Equatable {
  private(set) var needs: [String] = []
  package private(set) var testCommand: String?
  /// The detail without the lines that other fields hold.
  private(set) var rest: String

  package init(_ detail: String) {
    var kept: [String] = []
    var fence: MarkdownFence?
    for line in MarkdownLine.lines(of: detail) {
      if let open = fence {
        if open.isClosed(by: line) { fence = nil }
      } else if let opened = line.fence {
        fence = opened
      } else if line.indent < 2, let (key, value) = Self.statement(line.marker?.text ?? line.content) {
        switch key {
        case "needs", "depends on":
          needs += value.split(separator: ",").map { InlineMarkdown.plain($0.trimmed) }.filter { !$0.isEmpty }
        default:
          testCommand = testCommand ?? Self.command(value)
          continue
        }
      }
      kept.append(String(line.raw))
    }
    rest = kept.joined(separator: "\n")
    while rest.hasPrefix("\n") { rest.removeFirst() }
    while rest.hasSuffix("\n") { rest.removeLast() }
  }

  private static func statement(_ text: String) -> (key: String, value: String)? {
    guard let colon = text.prefix(20).firstIndex(of: ":") else { return nil }
    let marks: (Character) -> Bool = { "*_".contains($0) || $0.isWhitespace }
    let head = text[..<colon].filter { !"*_`".contains($0) }.trimmed.lowercased()
    var value = text[text.index(after: colon)...]
    // **needs:** a
    if text.first.map({ "*_".contains($0) }) ?? false { value = value.drop(while: marks) }
    let found = value.trimmed
    guard ["needs", "depends on", "test", "test command"].contains(head), !found.isEmpty else { return nil }
    return (head, found)
  }

  /// The code span that the value is, or the value.
  private static func command(_ value: String) -> String {
    let spans = InlineMarkdown.codeSpans(value)
    return spans.count == 1 && value.hasPrefix("`") && value.hasSuffix("`") ? spans[0] : value
  }
}

/// Decides which code spans are paths of files.
package struct PathGuess {
  private let files: Set<String>
  private let folders: Set<String>
  private static let longestList = 20
  private static let extensions: Set<String> = [
    "c", "cc", "cfg", "conf", "cpp", "cs", "css", "csv", "dart", "ex", "go", "gradle", "h", "hpp", "html", "ini",
    "java",
    "js", "json", "jsx", "kt", "lock", "lua", "m", "md", "mjs", "php", "pl", "proto", "py", "rb", "rs", "rst", "sass",
    "scala", "scss", "sh", "sql", "svelte", "swift", "tf", "toml", "ts", "tsx", "txt", "vue", "xml", "yaml", "yml",
    "zig",
  ]

  package init(trackedFiles: [String] = []) {
    files = Set(trackedFiles)
    var folders: Set<String> = []
    for file in trackedFiles {
      var folder = file[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        if !folders.insert(String(folder)).inserted { break }
      }
    }
    self.folders = folders
  }

  /// The paths that an item names in code spans, each once, at most 20.
  package func paths(in item: TodoItem) -> [String] {
    var found: [String] = []
    var fence: MarkdownFence?
    for line in MarkdownLine.lines(of: item.text + "\n" + item.detail) {
      if let open = fence {
        if open.isClosed(by: line) { fence = nil }
        continue
      }
      fence = line.fence
      guard fence == nil, line.content.contains("`") else { continue }
      for span in InlineMarkdown.codeSpans(line.content) {
        if let path = path(span), !found.contains(path) { found.append(path) }
        if found.count == Self.longestList { return found }
      }
    }
    return found
  }

  private func path(_ span: String) -> String? {
    var text = span[...]
    if text.hasPrefix("./") { text = text.dropFirst(2) }
    // `src/app.py:12` is a line of the file.
    if let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isNumber) {
      text = text[..<colon]
    }
    let path = String(text)
    let bare = path.hasSuffix("/") ? String(path.dropLast()) : path
    if files.contains(bare) || folders.contains(bare) { return path }
    guard !path.isEmpty, path.count <= 200, !path.hasPrefix("/"), !path.hasPrefix("-"), !path.hasPrefix("@"),
      !path.split(separator: "/").contains(".."), !path.contains("//"),
      path.allSatisfy({ $0.isLetter || $0.isNumber || "._-+/*".contains($0) })
    else { return nil }
    if path.hasSuffix("/") { return path }
    let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex || path.contains("/") else { return nil }
    let suffix = name[name.index(after: dot)...]
    if path.contains("/") { return suffix.first?.isLetter ?? false && suffix.count <= 10 ? path : nil }
    return Self.extensions.contains(suffix.lowercased()) ? path : nil
  }
}
