import Basics
import Platform
import Synchronization
package import SystemPackage

/// The hooks of the main checkout as they were when the run began.
///
/// Whoever runs commands in a worktree can write into the folder. As long as nobody does, git is given the folder itself;
/// then a copy of what was in it. So what an agent, or a package that it installs, adds there runs in the user's next
/// push, once they know of it, and not in ours.
package final class HookFolder: Sendable {
  package let path: FilePath
  private let files: [String: File]
  private let environment: [String: String]
  private let copy = Mutex<ScratchFolder?>(nil)

  private struct File: Equatable {
    /// What it holds, also where it is a link; nil for what is too large or no file.
    let contents: [UInt8]?
    let isExecutable: Bool
    /// Of what is only compared.
    let stamp: FileStamp?
  }

  /// A folder that has more is not one of hooks.
  private static let mostFiles = 2000
  private static let mostBytes = 1 << 20
  private static let mostLevels = 3

  /// - Parameter environment: in which `TMPDIR` says where a copy may be made.
  package init(_ path: FilePath, environment: [String: String]) {
    self.path = path
    self.environment = environment
    files = Self.read(path)
  }

  deinit { copy.withLock { try? $0?.remove() } }

  /// Where git finds the hooks as they were. Blocks for a moment.
  package func asItWas() throws(Errno) -> FilePath {
    if Self.read(path) == files { return path }
    return try copy.withLock { copy throws(Errno) in
      if let made = copy?.path, isSame(made) { return made }
      if let old = copy { try old.remove() }
      copy = nil
      let new = try ScratchFolder(environment)
      copy = new
      try write(to: new.path)
      return new.path
    }
  }

  private func isSame(_ made: FilePath) -> Bool {
    let now = Self.read(made)
    return now.count == files.count { $0.value.contents != nil }
      && now.allSatisfy { files[$0.key]?.contents == $0.value.contents }
  }

  private func write(to folder: FilePath) throws(Errno) {
    for (name, file) in files {
      guard let contents = file.contents else { continue }
      let path = folder.pushing(FilePath(name))
      do {
        try FileSystem.create(path, containing: contents)
      } catch {
        throw error as? Errno ?? .ioError
      }
      if file.isExecutable, path.withPlatformString({ chmod($0, 0o700) }) != 0 { throw Errno(rawValue: errno) }
    }
  }

  private static func read(_ folder: FilePath, _ prefix: String = "", _ level: Int = 1) -> [String: File] {
    var files: [String: File] = [:]
    for name in folder.entries ?? [] where files.count < mostFiles {
      let path = folder.appending(name)
      guard let stamp = FileStamp(path, following: true) else { continue }
      if stamp.isFolder {
        guard level < mostLevels else { continue }
        files.merge(read(path, "\(prefix)\(name)/", level + 1)) { first, _ in first }
      } else {
        let contents = try? path.readBytes(limit: mostBytes, .regularOnly)
        files["\(prefix)\(name)"] = File(
          contents: contents, isExecutable: stamp.isExecutable, stamp: contents == nil ? stamp : nil)
      }
    }
    return files
  }
}
