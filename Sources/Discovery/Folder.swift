import Basics

/// A folder of the repository that may be a project of its own: its root, or one below it.
struct Folder {
  let files: ProjectFiles
  /// "" for the root, else with a slash at its end.
  let prefix: String
  /// All paths below, relative to the folder.
  let paths: [String]

  init(_ files: ProjectFiles, prefix: String = "") {
    self.files = files
    self.prefix = prefix
    paths =
      prefix.isEmpty
      ? files.paths : files.paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }

  /// The names of the files that lie directly in it.
  var names: [String] { paths.filter { !$0.contains("/") } }

  func has(_ path: String) -> Bool { files.contains(prefix + path) }

  func text(_ path: String) -> String? { files.text(of: prefix + path) }

  /// The first of the files that is there.
  func first(_ candidates: String...) -> String? { candidates.first(where: has) }

  /// Whether any of them is there.
  func hasAny(_ candidates: String...) -> Bool { candidates.contains(where: has) }

  func contains(where isWanted: (String) -> Bool) -> Bool { paths.contains(where: isWanted) }

  /// Whether some file lies below that folder.
  func hasFolder(_ name: String) -> Bool { paths.contains { $0.hasPrefix("\(name)/") } }
}

/// What a build file makes of a folder.
struct Part {
  /// Language and, where there are several, build tool: `Java (Gradle)`.
  let stack: String
  var test: TestCommand?
  /// The build file that says most, relative to the folder.
  let buildFile: String
  /// What the project calls itself.
  var name: String?
  /// What installs its dependencies in its folder.
  var setup: String?
}

extension String {
  /// The last component of a path.
  var fileName: Substring { self[(lastIndex(of: "/").map(index(after:)) ?? startIndex)...] }

  /// Whether the word is in the text, not as a part of a longer one: `pytest` is in `pytest-cov`, and not in
  /// `flake8-pytest-style`.
  func mentions(_ word: String) -> Bool {
    ranges(of: word).contains { range in
      func isPartOfWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
      let before = range.lowerBound == startIndex ? " " : self[index(before: range.lowerBound)]
      let after = range.upperBound == endIndex ? " " : self[range.upperBound]
      return !isPartOfWord(before) && before != "-" && !isPartOfWord(after)
    }
  }

  /// The text without comments that begin with `mark` at the start of a line or after a space.
  func withoutComments(_ mark: String) -> String {
    lines.map { line in
      if line.trimmed.hasPrefix(mark) { return "" }
      return line.firstRange(of: " \(mark)").map { String(line[..<$0.lowerBound]) } ?? String(line)
    }.joined(separator: "\n")
  }

  var lines: [Substring] { split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) }
}
