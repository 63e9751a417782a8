import Basics
import SystemPackage

/// `.worktreeinclude`: which ignored files come along into worktrees, in gitignore's syntax. Claude Code and other tools
/// read it, too. Whoever may commit to the repository can write it, and it may name any secret that lies in the checkout.
package struct WorktreeInclude: Sendable, Equatable {
  package static let name = ".worktreeinclude"
  /// As git would have them of such a file.
  package let patterns: [String]
  /// The line of the first of them.
  let line: Int

  /// nil when there is none, or none with a pattern.
  /// - Throws: `badFile`.
  init?(in checkout: FilePath) throws(SettingsError) {
    let path = checkout.appending(Self.name)
    guard let text = try SettingsFileText.read(path, followsLinks: false, name: Self.name) else { return nil }
    self.init(text: text)
  }

  init?(text: String) {
    var (patterns, first): ([String], Int?) = ([], nil)
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let line = Substring(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes)
      if line.hasPrefix("#") { continue }
      let pattern = Self.withoutSpacesAtEnd(line)
      guard !pattern.isEmpty, !pattern.utf8.contains(0) else { continue }
      first = first ?? index + 1
      patterns.append(pattern)
    }
    guard let first else { return nil }
    self.patterns = patterns
    line = first
  }

  /// Whether more comes along than without it.
  var copiesMore: Bool { patterns.contains { !$0.hasPrefix("/") || !Self.usual.contains(String($0.dropFirst())) } }

  private static let usual = Set(SettingKey.worktreeCopy.default)

  /// A backslash keeps a space.
  private static func withoutSpacesAtEnd(_ line: Substring) -> String {
    var end = line.endIndex
    while end > line.startIndex {
      let last = line.index(before: end)
      guard line[last] == " " else { break }
      let backslashes = line[..<last].reversed().prefix { $0 == "\\" }.count
      if backslashes % 2 == 1 { break }
      end = last
    }
    return String(line[..<end])
  }
}
