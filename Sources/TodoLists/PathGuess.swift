import Basics
import Markdown

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
    for span in MarkdownLine.codeSpans(in: item.text + "\n\n" + item.detail) {
      if let path = path(span.trimmed), !found.contains(path) { found.append(path) }
      if found.count == Self.longestList { break }
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
