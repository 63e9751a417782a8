import Basics
import Platform
import SystemPackage

/// Makes the folder and those on the way to it. In text form, see `FileStatus`.
func createDirectories(_ path: String) throws(GitError) {
  if FileStatus(path)?.isDirectory == true { return }
  if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try createDirectories(String(path[..<slash])) }
  guard mkdir(path, 0o777) != 0 else { return }
  let code = Errno(rawValue: errno)
  // Somebody else may have been faster; a symbolic link to a folder serves as well.
  if code == .fileExists, access("\(path)/.", F_OK) == 0 { return }
  throw GitError(errno: code, "cannot create the folder '\(path)'")
}

extension FilePath {
  /// Makes this folder and those on the way to it.
  func createDirectories() throws(GitError) { try Git.createDirectories(string) }

  /// Removes an empty folder, if that is what it is.
  @discardableResult
  func removeEmptyDirectory() -> Bool { withPlatformString { rmdir($0) } == 0 }

  func removeFile() { _ = withPlatformString { unlink($0) } }

  /// Removes whatever is at this path, and all that lies in it; symbolic links are not followed.
  func removeAll() throws(GitError) {
    let code = withPlatformString { removeTree(AT_FDCWD, $0) }
    if code != 0, code != ENOENT { throw GitError(errno: Errno(rawValue: code), "cannot remove '\(self)'") }
  }

  func move(to target: FilePath) throws(GitError) {
    let code = withPlatformString { from in target.withPlatformString { rename(from, $0) } }
    if code != 0 { throw GitError(errno: Errno(rawValue: errno), "cannot move '\(self)' to '\(target)'") }
  }

  func write(_ bytes: [UInt8]) throws(GitError) { try Git.write(bytes, to: string) }
}

func write(_ bytes: [UInt8], to path: String) throws(GitError) {
  do {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
    try file.closeAfter { _ = try file.writeAll(bytes) }
  } catch {
    throw GitError(errno: error as? Errno, "cannot write '\(path)'")
  }
}

/// Removes an entry of an open folder, with all that lies in it, by the names as the system gives them: they need not be
/// UTF-8. Folders without permissions, such as build tools leave behind, are opened up first. Returns 0 or an errno.
private func removeTree(_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
  if unlinkat(parent, name, 0) == 0 { return 0 }
  // For a folder Linux says EISDIR, macOS EPERM.
  guard errno == EISDIR || errno == EPERM else { return errno }
  var folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  if folder < 0, errno == EACCES, fchmodat(parent, name, 0o700, 0) == 0 {
    folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
  }
  guard folder >= 0, let stream = fdopendir(folder) else { return errno }
  // Closes the descriptor as well.
  defer { closedir(stream) }
  if faccessat(folder, ".", W_OK | X_OK, 0) != 0 { _ = fchmod(folder, 0o700) }
  while let entry = readdir(stream) {
    let code = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { name -> Int32 in
        let isDot = name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0))
        return isDot ? 0 : removeTree(folder, name)
      }
    }
    // Somebody else may be removing it too.
    if code != 0, code != ENOENT { return code }
  }
  return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno
}
