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
    return directory.pushing(FilePath(output.text)).normalized
  }

  /// nil wherever git's answer could be another: a repository that the environment names or bounds, a bare one, one of
  /// another user's, one beyond a mount point. See gitrepository-layout(5), and GIT_CEILING_DIRECTORIES in git(1).
  private static func plainCommonDirectory(around directory: FilePath, environment: [String: String]) -> FilePath? {
    let names = ["GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"]
    var folder = directory.string
    guard !names.contains(where: { environment[$0] != nil }), folder.hasPrefix("/"),
      let device = FileStatus(folder)?.device
    else { return nil }
    let ceilings = FilePath.folders(in: environment["GIT_CEILING_DIRECTORIES"]).map(\.string)
    while FileStatus(folder)?.device == device {
      let entry = "\(folder)/.git"
      if let status = FileStatus(entry) { return commonDirectory(of: entry, status, in: folder).map { FilePath($0) } }
      // It may be bare; git looks closer.
      if FileStatus("\(folder)/HEAD") != nil { return nil }
      let parent = FileSystem.folder(of: folder)
      guard parent != folder, !ceilings.contains(parent) else { return nil }
      folder = parent
    }
    return nil
  }

  private static func commonDirectory(of entry: String, _ status: FileStatus, in folder: String) -> String? {
    var gitDirectory = entry
    if !status.isDirectory {
      guard let text = shortText(at: entry), text.hasPrefix("gitdir: ") else { return nil }
      gitDirectory = String(text.dropFirst("gitdir: ".count))
      if !gitDirectory.hasPrefix("/") { gitDirectory = "\(folder)/\(gitDirectory)" }
    }
    let user = geteuid()
    guard status.owner == user, [folder, gitDirectory].allSatisfy({ FileStatus($0)?.owner == user }),
      FileStatus("\(gitDirectory)/HEAD") != nil
    else { return nil }
    var common = gitDirectory
    if let link = shortText(at: "\(gitDirectory)/commondir") {
      common = link.hasPrefix("/") ? link : "\(gitDirectory)/\(link)"
    }
    common = lexicallyNormalized(common)
    let parts = ["objects", "refs"]
    return parts.allSatisfy { FileStatus("\(common)/\($0)")?.isDirectory == true } ? common : nil
  }
}
