/// Configuration that was given without a file, by `git -c` or `GIT_CONFIG_COUNT`: only git sees it, libgit2 cannot be
/// given it.
enum CommandConfiguration {
  /// The sections by which what we do through libgit2 would come out differently. What else is given, our own settings
  /// above all, is no reason to start git instead.
  private static let sections: Set<String> = [
    "attr", "checkout", "core", "diff", "extensions", "feature", "filter", "include", "includeif", "index", "merge",
    "remote", "safe", "status", "submodule",
  ]

  /// Whether the environment holds any that libgit2 would have to know of. What cannot be read counts.
  static func matters(in environment: [String: String]) -> Bool {
    if let text = environment["GIT_CONFIG_PARAMETERS"], !text.isEmpty {
      guard let keys = keys(inParameters: text) else { return true }
      if keys.contains(where: matters) { return true }
    }
    guard let text = environment["GIT_CONFIG_COUNT"], !text.isEmpty else { return false }
    guard let count = Int(text), (0...1000).contains(count) else { return true }
    return (0..<count).contains { index in environment["GIT_CONFIG_KEY_\(index)"].map(matters) ?? true }
  }

  private static func matters(_ key: String) -> Bool {
    sections.contains(key.prefix { $0 != "." }.lowercased())
  }

  /// The keys of `'key'='value' 'key=value' …`, quoted as `sq_quote_buf` of git does; nil for anything else. The value
  /// is left out for one that is only named, `'key'=` (git's config.c, `git_config_parse_parameter`).
  static func keys(inParameters text: String) -> [String]? {
    var rest = text[...]
    var keys: [String] = []
    while true {
      rest = rest.drop { $0 == " " }
      if rest.isEmpty { return keys }
      guard let first = takeQuoted(&rest) else { return nil }
      if rest.first == "=" {
        rest.removeFirst()
        keys.append(first)
        if let next = rest.first, next != " ", takeQuoted(&rest) == nil { return nil }
      } else {
        keys.append(String(first.prefix { $0 != "=" }))
      }
      guard rest.isEmpty || rest.first == " " else { return nil }
    }
  }

  /// Takes `'…'`, in which `'\''` stands for a quote and `'\!'` for an exclamation mark.
  private static func takeQuoted(_ rest: inout Substring) -> String? {
    guard rest.first == "'" else { return nil }
    rest.removeFirst()
    var text = ""
    while let character = rest.popFirst() {
      guard character == "'" else {
        text.append(character)
        continue
      }
      guard rest.first == "\\" else { return text }
      let escaped = rest.dropFirst()
      guard let mark = escaped.first, mark == "'" || mark == "!", escaped.dropFirst().first == "'" else { return nil }
      text.append(mark)
      rest = escaped.dropFirst(2)
    }
    return nil
  }
}
