import Basics
import Platform
package import SystemPackage

/// Which folders a committed text, a plan or the team's file, may choose for worktrees. Files of the repository go there,
/// under names that others chose, and some folders are read by programs that nobody starts: `~/.config/fish/conf.d`.
/// The user's own configuration may name any folder.
package struct WorktreeFolderRule: Sendable {
  /// The root of the repository.
  private let root: FilePath
  private let home: FilePath?
  private let allowsInside: Bool

  /// - Parameters:
  ///   - home: the user's home folder.
  ///   - allowsInside: whether a folder within the repository will do, too.
  package init(root: FilePath, home: FilePath?, allowsInside: Bool) {
    self.root = root.normalized
    self.home = home?.normalized
    self.allowsInside = allowsInside
  }

  /// Why the folder is not for others to choose, as the end of a sentence that began with its name; nil when it is.
  package func fault(_ folder: FilePath) -> String? {
    let isInside = folder.lies(in: root)
    let base = isInside ? root : root.removingLastComponent()
    var rest = folder
    guard isInside ? allowsInside : folder.lies(in: base), rest.removePrefix(base), !rest.components.isEmpty else {
      return "is not a folder next to the repository"
    }
    let isUsual = !isInside && rest == "worktrees"
    // Next to a repository at /app lies the system.
    if base.components.isEmpty, !isUsual { return "is not a folder next to the repository" }
    for component in rest.components.map(\.string) {
      if component.hasPrefix("."), !(isInside && Self.innerFolders.contains(component)) {
        return "leads into the hidden folder '\(component)'"
      }
      if component.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        return "has a control character in it"
      }
    }
    if let home, !isInside, Self.isSame(base, home), let first = rest.components.first?.string.lowercased(),
      Self.homeFolders.contains(first)
    {
      return "is one of the folders that every home has"
    }
    var step = base
    for component in rest.components {
      step.append(component)
      if Self.isLink(step) { return "leads through the link '\(step)'" }
      if Self.isRepository(step) { return "is in the repository '\(step)'" }
    }
    if !isInside, !isUsual, let outer = Self.repository(around: base) { return "is in the repository '\(outer)'" }
    return nil
  }

  /// Whether nothing is in the folder, or nothing but worktrees: then it is ours.
  package static func holdsWorktreesAlone(_ folder: FilePath) -> Bool {
    guard folder.exists || isLink(folder) else { return true }
    guard !isLink(folder), let names = folder.entries else { return false }
    return names.allSatisfy { name in
      let entry = folder.appending(name)
      guard !isLink(entry), entry.isDirectory else { return false }
      if name == TrashFolder.besideWorktrees { return true }
      let git = entry.appending(".git")
      return git.exists && !git.isDirectory || entry.entries?.isEmpty == true
    }
  }

  /// Names that many use for worktrees within a repository.
  private static let innerFolders: Set<String> = [".worktrees", ".trees"]

  private static let homeFolders: Set<String> = [
    "applications", "bin", "desktop", "documents", "downloads", "etc", "go", "lib", "library", "movies", "music",
    "pictures", "public", "sbin", "snap", "templates", "videos",
  ]

  private static func isSame(_ one: FilePath, _ other: FilePath) -> Bool {
    one == other || one.realPath != nil && one.realPath == other.realPath
  }

  private static func isLink(_ path: FilePath) -> Bool {
    path.withPlatformString { text in
      var target: CChar = 0
      return readlink(text, &target, 1) >= 0
    }
  }

  /// The root of a checkout, or a git directory.
  private static func isRepository(_ folder: FilePath) -> Bool {
    folder.appending(".git").exists
      || folder.appending("HEAD").exists && folder.appending("objects").isDirectory
        && folder.appending("refs").isDirectory
  }

  private static func repository(around folder: FilePath) -> FilePath? {
    var folder = folder
    while true {
      if isRepository(folder) { return folder }
      guard folder.removeLastComponent(), !folder.components.isEmpty else { return nil }
    }
  }
}
