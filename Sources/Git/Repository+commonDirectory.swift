package import SystemPackage

extension Repository {
  /// Where the repository around `directory` keeps what its worktrees share, asked of git.
  ///
  /// For programs that only read our own files there: making libgit2 ready takes five times as long as git's answer
  /// (it reads all of the system's certificates, though we never let it near a network).
  /// - Throws: `.notARepository`, `.unsafeOwner`, or git's own words.
  package static func commonDirectory(
    around directory: FilePath, environment: [String: String]
  ) throws(GitError) -> FilePath {
    let output = try BlockingCommand.run(["rev-parse", "--git-common-dir"], in: directory, environment: environment)
    guard output.isSuccess else { throw GitError(output) }
    return directory.pushing(FilePath(output.text)).lexicallyNormalized()
  }
}
