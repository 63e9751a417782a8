import Yams

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
    switch SettingsYAML.root(of: yaml) {
    case .success(let root):
      if let root, !root.isNothing { read(root: root) }
    case .failure(let faults):
      problems += faults.all.map {
        SettingsFileProblem(file: name, line: $0.line, column: $0.column, message: $0.message)
      }
    }
    guard problems.isEmpty else {
      throw .badFile(problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) })
    }
  }

  // MARK: The tree

  private mutating func read(root: Node) {
    guard let mapping = root.mapping else {
      report(root.mark, "settings must be a map such as 'git:', not \(root.kind)")
      return
    }
    read(mapping, in: [])
  }

  private mutating func read(_ mapping: Node.Mapping, in section: [String]) {
    for (key, value) in mapping {
      guard let word = key.scalar?.string else {
        report(key.mark, "the name of a setting must be a word, not \(key.kind)")
        continue
      }
      read(value, called: section + [word], at: key.mark)
    }
  }

  private mutating func read(_ value: Node, called path: [String], at mark: Mark?) {
    let written = path.joined(separator: ".")
    let folded = SettingsTable.folded(written)
    if let canonical = SettingsTable.canonicalName(written), canonical != SettingKey.trust.name,
      case let name = SettingsTable.gitName(of: canonical), let row = SettingsTable.row(gitName: name)
    {
      guard isFirst(canonical, at: mark) else { return }
      add(value, written: written, to: name, isList: row.details.isList, at: mark)
    } else if let advice = LegacyKeys.advice[folded] {
      warn("'\(printable(written))' in \(place(mark)) is ignored: \(advice)")
    } else if folded == "mcps.enabled" {
      guard isFirst(folded, at: mark) else { return }
      add(value, written: written, to: folded, isList: true, at: mark)
    } else if folded == "mcps.custom" {
      readServers(value, written: written)
    } else if SettingsTable.isSection(folded) || ["mcp", "mcps"].contains(folded) {
      readSection(value, path)
    } else if SettingsTable.folded(path[0]) == "mcp", path.count == 2 {
      readSection(value, path)
    } else if SettingsTable.folded(path[0]) == "mcp", path.count == 3 {
      readServerValue(value, key: path[2], of: path[1], written: written, at: mark)
    } else {
      let suggestion = SettingsTable.suggestion(for: written).map { "; did you mean '\(Self.snakeCase($0))'?" } ?? ""
      warn("unknown setting '\(printable(written))' in \(place(mark))\(suggestion)")
    }
  }

  private mutating func readSection(_ value: Node, _ path: [String]) {
    if let mapping = value.mapping {
      read(mapping, in: path)
    } else if !value.isNothing {
      report(value.mark, "'\(printable(path.joined(separator: ".")))' must be a map of settings, not \(value.kind)")
    }
  }

  // MARK: Servers of one's own

  /// `mcps.custom`: a list of maps, each with a name.
  private mutating func readServers(_ value: Node, written: String) {
    if value.isNothing { return }
    guard let servers = value.sequence else {
      report(value.mark, "'\(printable(written))' must be a list of maps, not \(value.kind)")
      return
    }
    for server in servers {
      guard let mapping = server.mapping else {
        report(server.mark, "'\(printable(written))' must be a list of maps; this is \(server.kind)")
        continue
      }
      guard let name = mapping.first(where: { $0.key.scalar?.string == "name" })?.value.scalar?.string,
        !name.isEmpty, !name.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\0" })
      else {
        report(server.mark, "an entry of '\(printable(written))' needs a 'name'")
        continue
      }
      for (key, value) in mapping {
        guard let word = key.scalar?.string else {
          report(key.mark, "the name of a setting must be a word, not \(key.kind)")
          continue
        }
        if word == "name" { continue }
        readServerValue(value, key: word, of: name, written: "\(written).\(word)", at: key.mark)
      }
    }
  }

  private mutating func readServerValue(
    _ value: Node, key: String, of server: String, written: String, at mark: Mark?
  ) {
    let folded = SettingsTable.folded(key)
    let variable = LegacyKeys.serverKeys[folded] ?? folded
    let name = "mcp.\(server).\(variable)"
    guard isFirst(name, at: mark) else { return }
    add(value, written: written, to: name, isList: value.sequence != nil, at: mark)
  }

  // MARK: Values

  /// `name` in git's form, without `orchestrator.`.
  private mutating func add(_ value: Node, written: String, to name: String, isList: Bool, at mark: Mark?) {
    if value.isNothing { return }
    if let scalar = value.scalar {
      if isList { addEntry(name, "", at: mark) }
      if !isList || !scalar.string.allSatisfy(\.isWhitespace) {
        addText(scalar.string, written: written, to: name, at: mark ?? value.mark)
      }
    } else if let items = value.sequence, isList {
      addEntry(name, "", at: mark)
      for item in items where !item.isNothing {
        if let text = item.scalar?.string, !text.allSatisfy(\.isWhitespace) {
          addText(text, written: written, to: name, at: item.mark ?? mark)
        } else {
          report(item.mark, "'\(printable(written))' must be a list of strings; this is \(item.kind)")
        }
      }
    } else {
      report(
        value.mark, "'\(printable(written))' must be \(isList ? "a list of strings" : "a string"), not \(value.kind)")
    }
  }

  private mutating func addText(_ text: String, written: String, to name: String, at mark: Mark?) {
    guard !text.utf8.contains(0) else {
      report(mark, "'\(printable(written))' contains a NUL character")
      return
    }
    addEntry(name, text, at: mark)
  }

  private mutating func addEntry(_ name: String, _ value: String, at mark: Mark?) {
    entries.append(ConfigEntry(scope: scope, source: "file:\(place(mark))", key: "orchestrator.\(name)", value: value))
  }

  /// Whether the setting stands here for the first time, in whatever spelling.
  private mutating func isFirst(_ name: String, at mark: Mark?) -> Bool {
    if let line = lines[name] {
      report(mark, "'\(printable(name))' is given twice, first on line \(line)")
      return false
    }
    lines[name] = mark?.line ?? 0
    return true
  }

  // MARK: Words

  private func place(_ mark: Mark?) -> String { mark.map { "\(name):\($0.line)" } ?? name }

  private mutating func warn(_ text: String) {
    if !warnings.contains(text) { warnings.append(text) }
  }

  private mutating func report(_ mark: Mark?, _ message: String) {
    problems.append(SettingsFileProblem(file: name, line: mark?.line, column: mark?.column, message: message))
  }

  /// A canonical name as these files have it: `workflow.auto_approve`.
  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
  }
}
