import Basics
import Git
import SystemPackage

/// The rules by which git ignores files of a worktree, for one question: which paths can none of them match? Which of the
/// others are ignored is for git to say; in most repositories that is not asked for most commits.
struct IgnoreRules {
  /// What a path must contain, piece by piece, for one of the rules to match; lower-case.
  private var pieces: [[String]] = []

  /// The rules that count for the paths.
  /// - Parameter excludes: the user's own file; nil where there is none.
  init(worktree: FilePath, commonDirectory: FilePath, excludes: FilePath?, paths: [String]) {
    var folders: Set<String> = [""]
    for path in paths {
      var folder = FilePath(path).removingLastComponent()
      while !folder.isEmpty, folders.insert(folder.string).inserted { folder.removeLastComponent() }
    }
    var files = folders.map { ($0.isEmpty ? worktree : worktree.appending($0)).appending(".gitignore") }
    files.append(commonDirectory.appending("info/exclude"))
    if let excludes { files.append(excludes) }
    for file in files where file.exists {
      // What cannot be read may say anything.
      guard let text = try? file.readText(limit: 1 << 20) else {
        pieces.append([])
        continue
      }
      for line in text.split(whereSeparator: \.isNewline) { add(line.trimmed) }
    }
  }

  private mutating func add(_ line: String) {
    var pattern = line[...]
    if pattern.unicodeScalars.first == "\u{FEFF}" { pattern = pattern.dropFirst() }
    // One that begins with `!` only takes others back.
    if pattern.isEmpty || pattern.hasPrefix("#") || pattern.hasPrefix("!") { return }
    // What follows a bracket is left out of the comparison, and so is a pattern that is quoted anywhere.
    if pattern.contains("\\") { return pieces.append([]) }
    if let bracket = pattern.firstIndex(of: "[") { pattern = pattern[..<bracket] }
    pieces.append(pattern.split { "*?/".contains($0) }.map { $0.lowercased() })
  }

  /// Whether any of the rules may match one of the paths, or a folder that it is in.
  func mayMatch(_ paths: [String]) -> Bool {
    guard !pieces.isEmpty else { return false }
    return paths.contains { path in
      let path = path.lowercased()
      return pieces.contains { $0.allSatisfy { path.contains($0) } }
    }
  }
}
