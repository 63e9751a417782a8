import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A lock among processes, and among tasks of one process, kept on a file by `flock`. It goes with whoever holds it.
struct FileLock: Sendable {
  let path: FilePath

  /// The lock called `name` of the repository whose common directory is given.
  init(_ name: String, in commonDirectory: FilePath) {
    path = commonDirectory.appending("orchestrator").appending("\(name).lock")
  }

  /// Runs `body` while nobody else holds the lock, however long that takes to come about.
  ///
  /// Waits by asking again and again, at most 20 ms apart: `flock` itself would park a thread and could not be
  /// cancelled.
  func withLock<Value: Sendable>(
    _ body: @Sendable () async throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    let file = try open()
    // Closing gives the lock back.
    defer { try? file.close() }
    var pause = Duration.milliseconds(1)
    while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR else {
        throw GitError(.other, "cannot lock '\(path)': \(String(cString: strerror(code)))")
      }
      do { try await Task.sleep(for: pause) } catch {
        throw GitError(.cancelled, "waiting for '\(path)' was canceled")
      }
      pause = min(pause * 2, .milliseconds(20))
    }
    return try await body()
  }

  private func open() throws(GitError) -> FileDescriptor {
    try path.removingLastComponent().createDirectories()
    do {
      return try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw GitError(errno: error as? Errno, "cannot open '\(path)'")
    }
  }
}

extension GitError {
  /// A failed system call: `doing` what, and the system's word for why.
  init(errno: Errno?, _ doing: String) {
    let code: Code =
      switch errno {
      case .noSpace, .diskQuotaExceeded: .diskFull
      case .permissionDenied, .notPermitted, .readOnlyFileSystem: .permissionDenied
      case .fileExists, .directoryNotEmpty: .exists
      case .noSuchFileOrDirectory: .notFound
      default: .other
      }
    self.init(code, errno.map { "\(doing): \($0)" } ?? doing)
  }
}
