import Basics

/// The tables and simple values of a TOML file; enough to know what a project uses, not a reader of all of TOML.
struct TOMLOutline {
  /// By the table's name as it is written, the values as they are written.
  private(set) var tables: [String: [String: String]] = ["": [:]]

  init(_ text: String) {
    var table = ""
    for line in text.lines {
      let line = line.trimmed
      if line.hasPrefix("["), let end = line.lastIndex(of: "]") {
        let name = line[..<end].drop { $0 == "[" }.prefix { $0 != "]" }
        // An array that continues over several lines may have lines such as `["a"],`.
        guard !name.contains("\"") || name.hasPrefix("tool."), !name.contains(",") else { continue }
        table = name.trimmed
        tables[table] = tables[table] ?? [:]
      } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
        let key = line[..<equals].trimmed.filter { $0 != "\"" && $0 != "'" }
        guard !key.isEmpty, !key.contains(" ") else { continue }
        tables[table]?[key] = line[line.index(after: equals)...].trimmed
      }
    }
  }

  func hasTable(beginning prefix: String) -> Bool {
    tables.keys.contains { $0 == prefix || $0.hasPrefix("\(prefix).") }
  }

  /// A string between quotes.
  func string(_ table: String, _ key: String) -> String? {
    guard let value = tables[table]?[key], let quote = value.first, quote == "\"" || quote == "'" else { return nil }
    return String(value.dropFirst().prefix { $0 != quote })
  }
}
