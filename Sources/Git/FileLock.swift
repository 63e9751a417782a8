package import Basics
package import SystemPackage

extension FileLock {
  /// The lock called `name` of the repository whose common directory is given.
  package init(_ name: String, in commonDirectory: FilePath) {
    self.init(FilePath("\(commonDirectory)/orchestrator/\(name).lock"))
  }

  /// Runs `body` while nobody else holds the lock, however long that takes to come about.
  package func withLock<Value: Sendable>(
    _ body: @Sendable () async throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    try createDirectories(FileSystem.folder(of: path.string))
    let held: Held
    do throws(FileLockError) {
      held = try await wait()
    } catch {
      switch error {
      case .cancelled: throw GitError(.cancelled, "waiting for '\(path)' was canceled")
      case .held: throw GitError(.other, "'\(path)' is held by somebody else")
      case .unusable(let errno): throw GitError(errno: errno, "cannot lock '\(path)'")
      }
    }
    defer { held.release() }
    return try await body()
  }
}

extension GitError {
  /// A failed system call: `doing` what, and the system's word for why.
  package init(errno: Errno?, _ doing: String) {
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
