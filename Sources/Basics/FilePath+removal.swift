import Platform
package import SystemPackage

extension FilePath {
  /// Removes whatever is at this path, and all that is in it, if there is anything; symbolic links are not followed.
  package func removeTree() throws(Errno) {
    let code = withPlatformString { removeEntry(AT_FDCWD, $0) }
    if code != 0, code != ENOENT { throw Errno(rawValue: code) }
  }
}

/// Removes an entry of an open folder, with all that lies in it, by the names as the system gives them: they need not be
/// UTF-8. Folders without permissions, such as build tools leave behind, are opened up first. Returns 0 or an errno.
private func removeEntry(_ parent: Int32, _ name: UnsafePointer<CChar>) -> Int32 {
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
        return isDot ? 0 : removeEntry(folder, name)
      }
    }
    // Somebody else may be removing it too.
    if code != 0, code != ENOENT { return code }
  }
  return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno
}
