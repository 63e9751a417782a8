import Basics
import Platform
import Processes
package import SystemPackage

extension Repository {
  /// Where the repository around `directory` keeps what its worktrees share.
  ///
  /// For commands that only read our own files there: making libgit2 ready takes longer than all else that they do (it
  /// reads all of the system's certificates, though we never let it near a network). A plain repository of the user's
  /// own is found here; whatever else there may be is asked of git.
  /// - Throws: `.notARepository`, `.unsafeOwner`, or git's own words.
  package static func commonDirectory(
    around directory: FilePath, environment: [String: String]
  ) throws(GitError) -> FilePath {
    if let found = plainCommonDirectory(around: directory, environment: environment) { return found }
    let output = try BlockingCommand.run(
      .reading, ["rev-parse", "--git-common-dir"], in: directory, environment: environment)
    guard output.isSuccess else { throw GitError(output) }
    return directory.pushing(FilePath(output.text)).lexicallyNormalized()
  }

  /// nil wherever git's answer could be another: a repository that the environment names or bounds, a bare one, one of
  /// another user's, one beyond a mount point. See gitrepository-layout(5), and GIT_CEILING_DIRECTORIES in git(1).
  private static func plainCommonDirectory(around directory: FilePath, environment: [String: String]) -> FilePath? {
    let names = ["GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"]
    guard !names.contains(where: { environment[$0] != nil }), let device = directory.device else { return nil }
    let ceilings = FilePath.folders(in: environment["GIT_CEILING_DIRECTORIES"])
    var folder = directory
    while folder.device == device {
      let entry = folder.appending(".git")
      if entry.exists { return commonDirectory(of: entry, in: folder) }
      // It may be bare; git looks closer.
      if folder.appending("HEAD").exists { return nil }
      guard folder.removeLastComponent(), !ceilings.contains(folder) else { return nil }
    }
    return nil
  }

  private static func commonDirectory(of entry: FilePath, in folder: FilePath) -> FilePath? {
    var gitDirectory = entry
    if !entry.isDirectory {
      guard let text = entry.text, text.hasPrefix("gitdir: ") else { return nil }
      gitDirectory = folder.pushing(FilePath(String(text.dropFirst("gitdir: ".count))))
    }
    let user = geteuid()
    guard [folder, entry, gitDirectory].allSatisfy({ $0.owner == user }),
      gitDirectory.appending("HEAD").exists
    else { return nil }
    var common = gitDirectory
    if let link = gitDirectory.appending("commondir").text {
      common = gitDirectory.pushing(FilePath(link))
    }
    common = common.lexicallyNormalized()
    guard common.appending("objects").isDirectory, common.appending("refs").isDirectory else { return nil }
    return common
  }
}
