import Basics

/// A command that a project's own folder is meant for, as it is run from the top of the repository.
///
/// By the tool's own option, not by `cd`: agents may run a test command only if it is a plain one, and several folders
/// would need a shell of their own each (`(cd a && x) && (cd b && y)`), which the client refuses in any form.
/// - Returns: nil for a tool that has no such option.
func commandInFolder(_ command: String, _ folder: String) -> String? {
  let place = shellQuoted(path: folder)
  func file(_ name: String) -> String { shellQuoted(path: "\(folder)/\(name)") }
  /// The beginning of the command, and what it becomes; the rest follows.
  let forms: [(String, String)] = [
    ("npm", "npm --prefix \(place)"), ("pnpm", "pnpm -C \(place)"), ("yarn", "yarn --cwd \(place)"),
    ("bun", "bun --cwd=\(place)"), ("cargo test", "cargo test --manifest-path \(file("Cargo.toml"))"),
    ("go test", "go -C \(place) test"), ("swift test", "swift test --package-path \(place)"),
    ("make", "make -C \(place)"), ("task", "task -d \(place)"), ("mvn", "mvn -f \(file("pom.xml"))"),
    ("./mvnw", "\(file("mvnw")) -f \(file("pom.xml"))"), ("gradle", "gradle -p \(place)"),
    ("./gradlew", "\(file("gradlew")) -p \(place)"), ("composer", "composer -d \(place)"),
    ("uv run", "uv run --directory \(place)"), ("poetry run", "poetry -C \(place) run"), ("tox", "tox -c \(place)"),
    ("nox", "nox -f \(file("noxfile.py"))"),
  ]
  for (beginning, form) in forms where command == beginning || command.hasPrefix(beginning + " ") {
    return form + command.dropFirst(beginning.count)
  }
  // They take the folder as an operand, and find their configuration by it.
  return ["pytest", "python -m pytest", "python3 -m pytest", "dotnet test"].contains(command)
    ? "\(command) \(place)" : nil
}
