import YAMLDocuments

/// Turns the YAML of a settings file into entries, and finds what does not belong there.
struct SettingsFileReader {
  let scope: ConfigScope
  let name: String
  private(set) var entries: [ConfigEntry] = []
  private(set) var warnings: [String] = []
  private var problems: [SettingsFileProblem] = []
  /// The line on which each setting stands, by its canonical name.
  private var lines: [String: Int] = [:]

  init(scope: ConfigScope, name: String) {
    self.scope = scope
    self.name = name
  }

  mutating func read(_ yaml: String) throws(SettingsError) {
    do {
      if let root = try YAMLDocument.root(of: yaml), !root.isNull { read(root: root) }
    } catch {
      for fault in error.all { report(fault.position, fault.description) }
    }
    guard problems.isEmpty else {
      throw .badFile(problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) })
    }
  }

  // MARK: The tree

  private mutating func read(root: YAMLNode) {
    guard let entries = root.entries else {
      report(root.position, "settings must be a mapping such as 'git:', not \(root.kind)")
      return
    }
    read(entries, in: [])
  }

  private mutating func read(_ entries: [YAMLEntry], in section: [String]) {
    for entry in entries {
      guard let word = name(of: entry) else { continue }
      read(entry.value, called: section + [word], at: entry.key.position)
    }
  }

  private mutating func name(of entry: YAMLEntry) -> String? {
    if let word = entry.key.text { return word }
    report(entry.key.position, "the name of a setting must be a word, not \(entry.key.kind)")
    return nil
  }

  private mutating func read(_ value: YAMLNode, called path: [String], at position: SourcePosition) {
    let written = path.joined(separator: ".")
    let folded = SettingsTable.folded(written)
    if let canonical = SettingsTable.canonicalName(LegacyKeys.names[folded] ?? written),
      canonical != SettingKey.trust.name,
      case let name = SettingsTable.gitName(of: canonical), let row = SettingsTable.row(gitName: name)
    {
      guard isFirst(canonical, at: position) else { return }
      add(value, written: written, to: name, isList: row.details.isList, at: position)
    } else if let advice = LegacyKeys.advice[folded] {
      warn("'\(printable(written))' in \(place(position)) is ignored: \(advice)")
    } else if folded == "mcps.enabled" {
      guard isFirst(folded, at: position) else { return }
      add(value, written: written, to: folded, isList: true, at: position)
    } else if folded == "mcps.custom" {
      readServers(value, written: written)
    } else if SettingsTable.isSection(folded) || ["mcp", "mcps"].contains(folded) {
      readSection(value, path)
    } else if SettingsTable.folded(path[0]) == "mcp", path.count == 2 {
      readSection(value, path)
    } else if SettingsTable.folded(path[0]) == "mcp", path.count == 3 {
      readServerValue(value, key: path[2], of: path[1], written: written, at: position)
    } else {
      let suggestion = SettingsTable.suggestion(for: written).map { "; did you mean '\(Self.snakeCase($0))'?" } ?? ""
      warn("unknown setting '\(printable(written))' in \(place(position))\(suggestion)")
    }
  }

  private mutating func readSection(_ value: YAMLNode, _ path: [String]) {
    if let entries = value.entries {
      read(entries, in: path)
    } else if !value.isNull {
      report(
        value.position, "'\(printable(path.joined(separator: ".")))' must be a mapping of settings, not \(value.kind)")
    }
  }

  // MARK: Servers of one's own

  /// `mcps.custom`: a list of maps, each with a name.
  private mutating func readServers(_ value: YAMLNode, written: String) {
    if value.isNull { return }
    guard let servers = value.items else {
      report(value.position, "'\(printable(written))' must be a list of maps, not \(value.kind)")
      return
    }
    for server in servers {
      guard let entries = server.entries else {
        report(server.position, "'\(printable(written))' must be a list of maps; this is \(server.kind)")
        continue
      }
      guard let name = entries["name"]?.text, !name.isEmpty,
        !name.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\0" })
      else {
        report(server.position, "an entry of '\(printable(written))' needs a 'name'")
        continue
      }
      for entry in entries {
        guard let word = self.name(of: entry), word != "name" else { continue }
        readServerValue(entry.value, key: word, of: name, written: "\(written).\(word)", at: entry.key.position)
      }
    }
  }

  private mutating func readServerValue(
    _ value: YAMLNode, key: String, of server: String, written: String, at position: SourcePosition
  ) {
    let folded = SettingsTable.folded(key)
    let variable = LegacyKeys.serverKeys[folded] ?? folded
    let name = "mcp.\(server).\(variable)"
    guard isFirst(name, at: position) else { return }
    add(value, written: written, to: name, isList: value.items != nil, at: position)
  }

  // MARK: Values

  /// `name` in git's form, without `orchestrator.`.
  private mutating func add(
    _ value: YAMLNode, written: String, to name: String, isList: Bool, at position: SourcePosition
  ) {
    if value.isNull { return }
    if let text = value.text {
      if isList { addEntry(name, "", at: position) }
      if !isList || !text.allSatisfy(\.isWhitespace) {
        addText(text, written: written, to: name, at: position)
      }
    } else if let items = value.items, isList {
      addEntry(name, "", at: position)
      for item in items where !item.isNull {
        if let text = item.text, !text.allSatisfy(\.isWhitespace) {
          addText(text, written: written, to: name, at: item.position)
        } else {
          report(item.position, "'\(printable(written))' must be a list of strings; this is \(item.kind)")
        }
      }
    } else {
      report(
        value.position,
        "'\(printable(written))' must be \(isList ? "a list of strings" : "a string"), not \(value.kind)")
    }
  }

  private mutating func addText(_ text: String, written: String, to name: String, at position: SourcePosition) {
    guard !text.utf8.contains(0) else {
      report(position, "'\(printable(written))' contains a NUL character")
      return
    }
    addEntry(name, text, at: position)
  }

  private mutating func addEntry(_ name: String, _ value: String, at position: SourcePosition) {
    entries.append(
      ConfigEntry(scope: scope, source: "file:\(place(position))", key: "orchestrator.\(name)", value: value))
  }

  /// Whether the setting stands here for the first time, in whatever spelling.
  private mutating func isFirst(_ name: String, at position: SourcePosition) -> Bool {
    if let line = lines[name] {
      report(position, "'\(printable(name))' is given twice, first on line \(line)")
      return false
    }
    lines[name] = position.line
    return true
  }

  // MARK: Words

  private func place(_ position: SourcePosition) -> String { "\(name):\(position.line)" }

  private mutating func warn(_ text: String) {
    if !warnings.contains(text) { warnings.append(text) }
  }

  private mutating func report(_ position: SourcePosition?, _ message: String) {
    problems.append(
      SettingsFileProblem(file: name, line: position?.line, column: position?.column, message: message))
  }

  /// A canonical name as these files have it: `workflow.auto_approve`.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
  }
}
