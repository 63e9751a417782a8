import Basics
import Platform
package import SystemPackage

/// Makes the folder and those on the way to it. In text form, see `FileStatus`.
package func createDirectories(_ path: String) throws(GitError) {
  if FileStatus(path)?.isDirectory == true { return }
  if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try createDirectories(String(path[..<slash])) }
  KillPoint.before(.newFolder)
  defer { KillPoint.after(.newFolder) }
  guard mkdir(path, 0o777) != 0 else { return }
  let code = Errno(rawValue: errno)
  // Somebody else may have been faster; a symbolic link to a folder serves as well.
  if code == .fileExists, access("\(path)/.", F_OK) == 0 { return }
  throw GitError(errno: code, "cannot create the folder '\(path)'")
}

extension FilePath {
  /// Makes this folder and those on the way to it.
  package func createDirectories() throws(GitError) { try Git.createDirectories(string) }

  /// Removes an empty folder, if that is what it is.
  @discardableResult
  package func removeEmptyDirectory() -> Bool { withPlatformString { rmdir($0) } == 0 }

  package func removeFile() { _ = withPlatformString { unlink($0) } }

  /// ``removeTree()``, its failure as one of git's.
  package func removeAll() throws(GitError) {
    do throws(Errno) {
      try removeTree()
    } catch {
      throw GitError(errno: error, "cannot remove '\(self)'")
    }
  }

  package func move(to target: FilePath) throws(GitError) {
    KillPoint.before(.move)
    defer { KillPoint.after(.move) }
    let code = withPlatformString { from in target.withPlatformString { rename(from, $0) } }
    if code != 0 { throw GitError(errno: Errno(rawValue: errno), "cannot move '\(self)' to '\(target)'") }
  }

  package func write(_ bytes: [UInt8]) throws(GitError) { try Git.write(bytes, to: string) }
}

package func write(_ bytes: [UInt8], to path: String) throws(GitError) {
  KillPoint.before(.recordFile)
  defer { KillPoint.after(.recordFile) }
  do {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
    try file.closeAfter { _ = try file.writeAll(bytes) }
  } catch {
    throw GitError(errno: error as? Errno, "cannot write '\(path)'")
  }
}
