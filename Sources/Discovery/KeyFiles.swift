import Basics

/// The files that say most about a project.
enum KeyFiles {
  /// More of them would only take room in every prompt.
  static let most = 8

  private static let texts = [
    "ARCHITECTURE.md", "DESIGN.md", "docs/ARCHITECTURE.md", "docs/architecture.md", "docs/DESIGN.md", "docs/design.md",
  ]
  private static let entries = [
    "src/main.rs", "src/lib.rs", "main.go", "src/index.ts", "src/main.ts", "src/index.js", "src/main.js", "index.js",
    "server.js", "src/main.py", "main.py", "app.py", "src/main.c", "src/main.cpp", "main.c", "main.cpp", "Program.cs",
    "config/routes.rb", "routes/web.php", "lib/main.dart",
  ]

  static func find(in files: ProjectFiles, buildFiles: [String]) -> [String] {
    var candidates = named("readme", in: files) + named("contributing", in: files) + texts.filter(files.contains)
    candidates += buildFiles.prefix(3)
    candidates += entries.filter(files.contains).prefix(2)
    candidates += files.paths.lazy.filter { path in
      let names = path.split(separator: "/")
      return names.count == 3
        && (names[0] == "Sources" && names[2] == "main.swift" || names[0] == "cmd" && names[2] == "main.go")
    }.prefix(1)
    var found: [String] = []
    for path in candidates where found.count < most && isUsable(path, in: files) && !found.contains(path) {
      found.append(path)
    }
    return found
  }

  /// Whether the setting can name it: a comma would cut it in two, `@` and `~` would have a meaning there.
  static func isUsable(_ path: String, in files: ProjectFiles) -> Bool {
    files.contains(path) && !path.contains { ",()".contains($0) } && path.trimmed == path && files.isReadable(path)
  }

  /// The first file of that name at the top, in any case and with any extension for text.
  private static func named(_ name: String, in files: ProjectFiles) -> [String] {
    let wanted = [name, "\(name).md", "\(name).rst", "\(name).txt", "\(name).adoc"]
    return files.paths.first { !$0.contains("/") && wanted.contains($0.lowercased()) }.map { [$0] } ?? []
  }
}
