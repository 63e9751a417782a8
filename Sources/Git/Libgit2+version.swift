import CLibgit2

extension GitVersion {
  /// The libgit2 that this program runs with.
  /// - Throws: `.libraryMissing`.
  package static func ofLibgit2() throws(GitError) -> GitVersion {
    try Libgit2.start()
    var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
    _ = git_libgit2_version(&major, &minor, &revision)
    return GitVersion(Int(major), Int(minor), Int(revision))
  }
}
