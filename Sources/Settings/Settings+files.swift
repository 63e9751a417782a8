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

  /// The text of a setting that may be `@file`: then the file's contents, its path relative to `repositoryRoot`.
  ///
  /// - Throws: `unreadableFile` for a file that is missing, no file, not UTF-8, or larger than 1 MiB.
  package func text(
    of key: SettingKey<String?>, repositoryRoot: FilePath
  ) throws(SettingsError) -> String? {
    guard let value = self[key], value.hasPrefix("@") else { return self[key] }
    let path = resolved(String(value.dropFirst()), from: repositoryRoot)
    do throws(UnreadableFile) {
      return try contents(of: path)
    } catch {
      throw .unreadableFile(path, setting: key.fullName, origin: origin(of: key), reason: error.reason)
    }
  }

  /// An absolute path for one that may be relative or begin with `~/`, as git's `--type=path` has it.
  private func resolved(_ text: String, from root: FilePath) -> FilePath {
    Self.resolved(text, from: root, home: home)
  }

  static func resolved(_ text: String, from root: FilePath, home: FilePath?) -> FilePath {
    if let home, text == "~" || text.hasPrefix("~/") {
      return home.appending(String(text.dropFirst(2))).lexicallyNormalized()
    }
    return root.pushing(FilePath(text)).lexicallyNormalized()
  }

  private func contents(of path: FilePath) throws(UnreadableFile) -> String {
    let limit = 1 << 20
    var bytes: [UInt8] = []
    do {
      // Not blocking: a named pipe without a writer must be an error, not a wait.
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      try file.closeAfter {
        while bytes.count <= limit {
          let chunk = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
          }
          if chunk.isEmpty { break }
          bytes += chunk
        }
      }
    } catch let error as Errno {
      throw UnreadableFile(reason: error == .isDirectory ? "it is a folder" : error.description)
    } catch {
      throw UnreadableFile(reason: "\(error)")
    }
    guard bytes.count <= limit else { throw UnreadableFile(reason: "it is larger than 1 MiB") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw UnreadableFile(reason: "it is not UTF-8") }
    return text
  }
}

private struct UnreadableFile: Error {
  let reason: String
}
