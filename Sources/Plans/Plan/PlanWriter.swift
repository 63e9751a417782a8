extension TaskPlan {
  /// The plan as YAML, in the shape of `task_config.yaml`.
  ///
  /// Keys stand in a fixed order, absent values are left out, texts of several lines are block literals. Reading the
  /// text gives the same plan, and writing that the same bytes.
  package func yaml() -> String {
    var writer = PlanWriter()
    let fields: [(String, String?)] = [
      ("base_branch", settings.baseBranch), ("destination_branch", settings.destinationBranch),
      ("worktree_dir", settings.worktreeDir), ("repo_slug", settings.repoSlug),
    ]
    if settings != PlanSettings() {
      writer.line("settings:")
      for (key, value) in fields { writer.field(key, value, indent: 2) }
      if let autoCleanup = settings.autoCleanup { writer.line("  auto_cleanup: \(autoCleanup)") }
    }
    writer.line("tasks:")
    for task in tasks {
      writer.line("  - id: \(YAMLText.inline(task.id))")
      writer.field("branch", task.branch, indent: 4)
      writer.field("title", task.title, indent: 4)
      writer.field("description", task.description, indent: 4)
      writer.list("files_hint", task.filesHint, indent: 4)
      writer.field("test_command", task.testCommand, indent: 4)
      writer.list("needs", task.needs, indent: 4)
      writer.field("model", task.model, indent: 4)
    }
    return writer.text
  }
}

/// Writes the few shapes a plan has.
///
/// By hand, since libyaml's emitter escapes all characters beyond the basic plane, so that one emoji turns a
/// description of many lines into a single quoted one.
private struct PlanWriter {
  var text = ""

  mutating func line(_ line: String) { text += line + "\n" }

  mutating func field(_ key: String, _ value: String?, indent: Int) {
    guard let value else { return }
    let start = String(repeating: " ", count: indent) + key + ":"
    if let literal = YAMLText.literal(value, indent: indent + 2) {
      text += "\(start) \(literal)"
    } else {
      line("\(start) \(YAMLText.inline(value))")
    }
  }

  mutating func list(_ key: String, _ values: [String], indent: Int) {
    guard !values.isEmpty else { return }
    let margin = String(repeating: " ", count: indent)
    line("\(margin)\(key):")
    for value in values { line("\(margin)  - \(YAMLText.inline(value))") }
  }
}

package enum YAMLText {
  /// The text as a block literal with its header and line breaks, or `nil` where it has one line or cannot be one.
  package static func literal(_ text: String, indent: Int) -> String? {
    let scalars = text.unicodeScalars
    guard scalars.contains("\n"), scalars.contains(where: { $0 != "\n" && $0 != " " && $0 != "\t" }),
      scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || $0.isPlainInYAML })
    else { return nil }
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String($0) ?? ""
    }
    var header = "|"
    // Without the figure, a reader would take the first line's own spaces for indentation.
    if let first = lines.first, first.isEmpty || first.hasPrefix(" ") || first.hasPrefix("\t") { header += "2" }
    if text.utf8.last != UInt8(ascii: "\n") {
      header += "-"
    } else {
      lines.removeLast()
      if lines.last?.isEmpty ?? false { header += "+" }
    }
    let margin = String(repeating: " ", count: indent)
    return header + "\n" + lines.map { $0.isEmpty ? "\n" : "\(margin)\($0)\n" }.joined()
  }

  /// The text on one line: bare, in single quotes, or in double quotes with escapes.
  package static func inline(_ text: String) -> String {
    if isBare(text) { return text }
    guard text.unicodeScalars.allSatisfy(\.isPlainInYAML), !text.isEmpty else { return doubleQuoted(text) }
    // By scalars: a combining accent after the quote would hide it from a search by characters.
    var quoted = "'"
    for scalar in text.unicodeScalars {
      quoted.unicodeScalars.append(scalar)
      if scalar == "'" { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "'"
  }

  /// Whether every reader of YAML, 1.1 or 1.2, takes the bare text for this text.
  private static func isBare(_ text: String) -> Bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
    guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "/" || first == "_",
      !words.contains(text.lowercased())
    else { return false }
    var last: Unicode.Scalar = first
    for scalar in text.unicodeScalars {
      guard scalar.isPlainInYAML, scalar != "#", scalar != ":" else { return false }
      last = scalar
    }
    return last != " "
  }

  private static func doubleQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.isPlainInYAML: quoted.unicodeScalars.append(scalar)
      case _ where scalar.value > 0xFFFF: quoted += "\\U\(hex(scalar.value, digits: 8))"
      default: quoted += "\\u\(hex(scalar.value, digits: 4))"
      }
    }
    return quoted + "\""
  }
}

func hex(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Unicode.Scalar {
  /// What YAML's `c-printable` allows in a text as it is.
  var isYAMLPrintable: Bool {
    switch value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  /// Printable, and no line break, tab or byte order mark.
  fileprivate var isPlainInYAML: Bool {
    isYAMLPrintable && ![0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029, 0xFEFF].contains(value)
  }
}
