/// How work is done in a repository, as far as its files and its history show.
enum Conventions {
  /// Formatters and linters by the files that configure them.
  private static let tools: [(tool: String, files: [String])] = [
    ("swift-format", [".swift-format"]), ("SwiftFormat", [".swiftformat"]), ("SwiftLint", [".swiftlint.yml"]),
    ("rustfmt", ["rustfmt.toml", ".rustfmt.toml"]), ("Clippy", ["clippy.toml", ".clippy.toml"]),
    ("golangci-lint", [".golangci.yml", ".golangci.yaml", ".golangci.toml"]),
    ("Ruff", ["ruff.toml", ".ruff.toml"]), ("Flake8", [".flake8"]), ("mypy", ["mypy.ini", ".mypy.ini"]),
    ("Pylint", [".pylintrc", "pylintrc"]),
    (
      "Prettier",
      [
        ".prettierrc", ".prettierrc.json", ".prettierrc.yml", ".prettierrc.yaml", ".prettierrc.js", ".prettierrc.cjs",
        "prettier.config.js", "prettier.config.mjs", "prettier.config.cjs",
      ]
    ),
    (
      "ESLint",
      [
        "eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", "eslint.config.ts", ".eslintrc", ".eslintrc.js",
        ".eslintrc.cjs", ".eslintrc.json", ".eslintrc.yml",
      ]
    ),
    ("Biome", ["biome.json", "biome.jsonc"]), ("Stylelint", [".stylelintrc", ".stylelintrc.json"]),
    ("RuboCop", [".rubocop.yml"]), ("Standard Ruby", [".standard.yml"]),
    ("PHP-CS-Fixer", [".php-cs-fixer.php", ".php-cs-fixer.dist.php"]),
    ("PHP_CodeSniffer", ["phpcs.xml", "phpcs.xml.dist"]), ("PHPStan", ["phpstan.neon", "phpstan.neon.dist"]),
    ("Pint", ["pint.json"]), ("mix format", [".formatter.exs"]), ("Credo", [".credo.exs"]),
    ("clang-format", [".clang-format"]), ("clang-tidy", [".clang-tidy"]), ("Checkstyle", ["checkstyle.xml"]),
    ("detekt", ["detekt.yml", "config/detekt/detekt.yml"]), ("EditorConfig", [".editorconfig"]),
    ("pre-commit", [".pre-commit-config.yaml"]), ("Lefthook", ["lefthook.yml", "lefthook.yaml"]),
  ]

  static func find(in root: Folder, history: ProjectHistory) -> [String] {
    var lines: [String] = []
    let found = tools.compactMap { tool, files in files.first(where: root.has).map { "\(tool) (\($0))" } }
    let all = found + toolsOfPython(root)
    if !all.isEmpty { lines.append("formatters and linters: \(all.prefix(8).joined(separator: ", "))") }
    if let style = CommitStyle(of: history.subjects)?.description { lines.append(style) }
    if let naming = branchNaming(history.branches) { lines.append(naming) }
    return lines
  }

  private static func toolsOfPython(_ root: Folder) -> [String] {
    guard let text = root.text("pyproject.toml") else { return [] }
    let outline = TOMLOutline(text)
    return [("Ruff", "ruff"), ("Black", "black"), ("isort", "isort"), ("mypy", "mypy"), ("Pyright", "pyright")]
      .filter { outline.hasTable(beginning: "tool.\($0.1)") }.map { "\($0.0) (pyproject.toml)" }
  }

  /// The prefixes that several branches share.
  static func branchNaming(_ branches: [String]) -> String? {
    var counts: [String: Int] = [:]
    for branch in branches {
      guard let slash = branch.firstIndex(of: "/"), slash != branch.startIndex else { continue }
      let prefix = branch[..<slash]
      let isWord = prefix.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || $0 == "-" }
      if isWord, prefix.count <= 20 { counts[String(prefix), default: 0] += 1 }
    }
    let common = counts.filter { $0.value >= 2 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(4)
    guard !common.isEmpty else { return nil }
    return "branches are named \(common.map { "\($0.key)/…" }.joined(separator: ", "))"
  }
}
