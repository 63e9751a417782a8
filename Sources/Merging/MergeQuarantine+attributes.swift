import Basics
package import Git
import Processes
import SystemPackage

extension MergeQuarantine {
  private static let name = Array(".gitattributes".utf8)
  private static let largest = 1 << 20

  /// Has merges here go by the attributes of a commit, as if it were checked out. git looks for them in the working tree
  /// alone, which is an empty one here; those of the repository, the user and the system hold anyway.
  package func useAttributes(of commit: ObjectID) async throws(GitError) {
    let listed = try await command(.here).require(
      .reading, ["ls-tree", "-r", "-z", "--full-tree", "--name-only", "\(commit)"])
    let paths = listed.bytes.split(separator: 0).map(Array.init).filter { path in
      path == Self.name || path.suffix(Self.name.count + 1) == ([UInt8(ascii: "/")] + Self.name)[...]
    }
    guard !paths.isEmpty else { return }
    let files = try await withObjects { repository throws(GitError) in
      let tree = try repository.tree(of: commit)
      var files: [[UInt8]: [UInt8]] = [:]
      for path in paths {
        guard let entry = try repository.entry(at: path, in: tree), entry.isRegular else { continue }
        files[path] = try repository.read(entry.id, .blob)
      }
      return files
    }
    try await use(attributes: files)
  }

  /// - Parameter files: by path from the top.
  func use(attributes files: [[UInt8]: [UInt8]]) async throws(GitError) {
    guard !files.isEmpty else { return }
    let folder = workFolder
    do {
      try await offPool {
        for (path, bytes) in files {
          let file = FilePath("\(folder)/\(String(decoding: path, as: UTF8.self))")
          if (try? file.readBytes(limit: Self.largest)) == bytes { continue }
          try FileSystem.createFolder(file.removingLastComponent())
          try FileSystem.replace(file, with: bytes)
        }
      }
    } catch {
      throw GitError(.other, "cannot write attributes for merges: \(FileSystem.reason(error))")
    }
  }
}
