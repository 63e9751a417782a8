import Basics
package import SystemPackage

/// Settings that name files and folders.
extension Settings {
  /// The folder for the tasks' worktrees: `worktreeDir`, and in it the repository's name, so that two repositories
  /// never meet there.
  ///
  /// - Parameters:
  ///   - repositoryRoot: an absolute path; relative values start there.
  ///   - name: the repository's name, one path component.
  package func worktreeDirectory(repositoryRoot: FilePath, name: String) -> FilePath {
    resolved(self[.worktreeDir], from: repositoryRoot).appending(name)
  }

  /// The folders of `tools.addDirs` as absolute paths; relative values start at `repositoryRoot`.
  package func addedDirectories(repositoryRoot: FilePath) -> [FilePath] {
    self[.toolsAddDirs].map { resolved($0, from: repositoryRoot) }
  }

  /// What `sandbox.writable` names, likewise.
  package func sandboxWritable(repositoryRoot: FilePath) -> [FilePath] {
    self[.sandboxWritable].map { resolved($0, from: repositoryRoot) }
  }

  /// The text of a setting that may be `@file`: then the file's contents, its path relative to `repositoryRoot`.
  ///
  /// - Throws: `unreadableFile` for a file that is missing, no file, not UTF-8, or larger than 1 MiB.
  package func text(
    of key: SettingKey<String?>, repositoryRoot: FilePath
  ) throws(SettingsError) -> String? {
    guard let value = self[key], value.hasPrefix("@") else { return self[key] }
    let path = resolved(String(value.dropFirst()), from: repositoryRoot)
    do {
      return try path.readText(limit: 1 << 20, .regularOnly)
    } catch {
      let reason =
        switch error {
        case .directory: "it is a folder"
        case .missing: Errno.noSuchFileOrDirectory.description
        case .notUTF8: "it is not UTF-8"
        case .tooLarge: "it is larger than 1 MiB"
        case .unreadable(let errno): errno.description
        default: "it \(error.summary)"
        }
      throw .unreadableFile(path, setting: key.fullName, origin: origin(of: key), reason: reason)
    }
  }

  /// An absolute path for one that may be relative or begin with `~/`, as git's `--type=path` has it.
  private func resolved(_ text: String, from root: FilePath) -> FilePath {
    Self.resolved(text, from: root, home: home)
  }

  static func resolved(_ text: String, from root: FilePath, home: FilePath?) -> FilePath {
    if let home, text == "~" || text.hasPrefix("~/") {
      return FilePath(lexicallyNormalized("\(home)/\(text.dropFirst(2))"))
    }
    return FilePath(lexicallyNormalized(text.hasPrefix("/") ? text : "\(root)/\(text)"))
  }
}
