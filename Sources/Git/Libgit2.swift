import CLibgit2
import Platform

/// The library's process-wide state.
package enum Libgit2 {
  /// Loads and starts libgit2, once; call it before anything else of libgit2.
  /// - Throws: `.libraryMissing`.
  package static func start() throws(GitError) {
    guard let fault else { return }
    throw GitError(
      .libraryMissing, "cannot load libgit2: \(fault)\nhint: install it (Debian: libgit2-1.5), or build git-orch again")
  }

  /// Why it could not be loaded.
  private static let fault: String? = {
    if let fault = git_orch_libgit2_fault() { return String(cString: fault) }
    git_libgit2_init()
    // Extensions libgit2 does not know but does not stumble over either: per-worktree configuration (read by us, see
    // Repository+configuration), partial clones (missing objects are fetched by git itself), and the two that only
    // change what git does.
    let names = ["worktreeconfig", "partialclone", "preciousobjects", "relativeworktrees"]
    let strings = names.map { strdup($0) }
    defer { strings.forEach { free($0) } }
    var pointers = strings.map { UnsafePointer($0) }
    git_orch_set_extensions(&pointers, pointers.count)
    // libgit2's own check of the owner reads the configuration of the process, not of the environment we are given,
    // and has other rules than git about safe.directory. Repository.refuseForeignOwner asks git instead.
    git_orch_set_owner_validation(0)
    return nil
  }()
}

/// Owns one libgit2 object and frees it at the end of its scope.
package struct Handle: ~Copyable {
  package let pointer: OpaquePointer
  private let free: @convention(c) (OpaquePointer?) -> Void

  package init(
    free: @escaping @convention(c) (OpaquePointer?) -> Void, _ make: (inout OpaquePointer?) -> Int32
  ) throws(GitError) {
    var made: OpaquePointer?
    try check(make(&made))
    guard let made else { throw GitError(.other, "libgit2 reported success without an object") }
    self.pointer = made
    self.free = free
  }

  deinit { free(pointer) }
}

/// Throws libgit2's last error when `code` is negative. Reads a message that is kept per thread: call it in the same
/// synchronous function as the call that made `code`.
package func check(_ code: Int32, _ subject: String? = nil) throws(GitError) {
  if code < 0 { throw GitError(libgit2: code, subject) }
}

extension GitError {
  /// The error libgit2 just reported on this thread; `subject` is put before its message.
  init(libgit2 code: Int32, _ subject: String? = nil) {
    let text = git_error_last().flatMap { $0.pointee.message.map { String(cString: $0) } } ?? "libgit2 error \(code)"
    git_error_clear()
    let words = subject.map { "\($0): \(text)" } ?? text
    self.init(
      Code(libgit2: code, message: text),
      ([words] + LockAdvice.hints(on: text, in: nil)).joined(separator: "\n"))
  }
}

extension GitError.Code {
  fileprivate init(libgit2 code: Int32, message: String) {
    // Failures of the operating system all come as -1 with the text of errno at the end.
    if message.hasSuffix(String(cString: strerror(ENOSPC))) || message.hasSuffix(String(cString: strerror(EDQUOT))) {
      self = .diskFull
      return
    }
    if [EACCES, EPERM, EROFS].contains(where: { message.hasSuffix(String(cString: strerror($0))) }) {
      self = .permissionDenied
      return
    }
    self =
      switch git_error_code(code) {
      case GIT_ENOTFOUND: .notFound
      case GIT_EEXISTS: .exists
      case GIT_EAMBIGUOUS: .ambiguous
      case GIT_EUNBORNBRANCH: .unborn
      case GIT_EUNMERGED, GIT_EMODIFIED, GIT_EMERGECONFLICT: .conflict
      case GIT_ECONFLICT: .checkoutConflict
      case GIT_EUNCOMMITTED: .dirty
      case GIT_EINVALIDSPEC: .invalidName
      case GIT_ELOCKED: .locked
      case GIT_EOWNER: .unsafeOwner
      default: .other
      }
  }
}
