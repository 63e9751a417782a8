import Basics

/// Runners that name the tests of the whole repository, whatever it is written in.
enum Runners {
  static func test(in folder: Folder) -> TestCommand? {
    if let file = makefile(in: folder), let text = folder.text(file), makeTargets(text).contains("test") {
      return TestCommand("make test", from: file)
    }
    if let file = folder.first("justfile", "Justfile", ".justfile"), let text = folder.text(file),
      namesJustRecipe("test", in: text)
    {
      return TestCommand("just test", from: file)
    }
    if let file = folder.first("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"),
      let text = folder.text(file), taskNames(text).contains("test")
    {
      return TestCommand("task test", from: file)
    }
    guard JavaScript.isMonorepo(folder) else { return nil }
    return JavaScript.part(in: folder)?.test
  }

  /// `make check`, GNU's word for the tests; elsewhere it is as often a linter, so that it counts after all else.
  static func check(in folder: Folder) -> TestCommand? {
    guard let file = makefile(in: folder), let text = folder.text(file), makeTargets(text).contains("check") else {
      return nil
    }
    return TestCommand("make check", from: file)
  }

  /// In the order in which make looks.
  static func makefile(in folder: Folder) -> String? { folder.first("GNUmakefile", "makefile", "Makefile") }

  /// The targets that rules of a makefile have, explicit ones alone.
  static func makeTargets(_ text: String) -> Set<String> {
    var targets: Set<String> = []
    var continues = false
    var isDefinition = false
    for line in text.lines {
      defer { continues = line.hasSuffix("\\") }
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.first == "define" { isDefinition = true }
      if words.first == "endef" { isDefinition = false }
      guard !continues, !isDefinition, let first = line.first, !first.isWhitespace, first != "#",
        let colon = line.firstIndex(of: ":")
      else { continue }
      let rest = line[colon...].drop { $0 == ":" }
      // `test := x` and `test ::= x` set variables, and so does `X = a:b`.
      guard rest.first != "=", !line[..<colon].contains("=") else { continue }
      targets.formUnion(line[..<colon].split(whereSeparator: \.isWhitespace).map(String.init))
    }
    return targets
  }

  /// Whether `just NAME` works: there is a recipe or an alias, and no parameter without a default.
  static func namesJustRecipe(_ name: String, in text: String) -> Bool {
    text.lines.contains { line in
      if line.split(whereSeparator: { $0.isWhitespace || $0 == ":" }).prefix(2) == ["alias", name[...]] { return true }
      let line = line.drop { $0 == "@" }
      guard line.hasPrefix(name), let colon = line.firstIndex(of: ":") else { return false }
      let parameters = line.dropFirst(name.count)[..<colon]
      guard parameters.first.map(\.isWhitespace) ?? true, line[colon...].dropFirst().first != "=" else { return false }
      return parameters.split(whereSeparator: \.isWhitespace).allSatisfy { $0.contains("=") || $0.hasPrefix("*") }
    }
  }

  /// The names below `tasks:`, read without a YAML reader: nothing in the file can make more of itself.
  static func taskNames(_ text: String) -> [String] {
    var names: [String] = []
    var indentation: Int?
    var isInside = false
    for line in text.lines where !line.trimmed.isEmpty && !line.trimmed.hasPrefix("#") {
      let margin = line.prefix { $0 == " " }.count
      if margin == 0 {
        isInside = line.trimmed == "tasks:"
      } else if isInside, margin == indentation ?? margin {
        indentation = margin
        if let colon = line.firstIndex(of: ":") {
          names.append(line[..<colon].trimmed.filter { $0 != "\"" && $0 != "'" })
        }
      }
    }
    return names
  }
}
