import Basics
import CLibgit2
import Platform
import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Repository {
  /// Finds the repository that `directory` is in, as git would: `GIT_DIR`, `GIT_WORK_TREE`,
  /// `GIT_CEILING_DIRECTORIES` and `GIT_DISCOVERY_ACROSS_FILESYSTEM` are taken from `environment`.
  /// - Throws: `.notARepository`, `.unsupportedRepository` (SHA-256, reftable, unknown extensions) or `.unsafeOwner`.
  package static func discover(
    from directory: FilePath, environment: [String: String]
  ) throws(GitError) -> Repository {
    if let gitDirectory = environment["GIT_DIR"], !gitDirectory.isEmpty {
      return try openExplicit(directory.pushing(FilePath(gitDirectory)), from: directory, environment: environment)
    }
    let acrossFilesystems = GitEnvironment.isTrue(environment["GIT_DISCOVERY_ACROSS_FILESYSTEM"])
    let flags = acrossFilesystems ? GIT_REPOSITORY_OPEN_CROSS_FS.rawValue : 0
    return try open(directory, flags: flags, environment: environment)
  }

  /// Opens the repository whose working tree or git directory `directory` is; looks in no parent.
  /// - Throws: As ``discover(from:environment:)``.
  package static func open(
    _ directory: FilePath, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(GitError) -> Repository {
    try open(directory, flags: GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, environment: environment)
  }

  /// Opens the repository at `directory` on a thread outside Swift's pool, and runs `body` there.
  package static func withRepository<Result: Sendable>(
    at directory: FilePath, environment: [String: String],
    _ body: @escaping @Sendable (Repository) throws(GitError) -> Result
  ) async throws(GitError) -> Result {
    try await offPool { () throws(GitError) -> Result in
      try body(Repository.open(directory, environment: environment))
    }
  }

  private static func open(
    _ directory: FilePath, flags: UInt32, environment: [String: String]
  ) throws(GitError) -> Repository {
    try Libgit2.start()
    let layout = IdleRepositories.Layout(directory.string)
    if let layout, let pointer = IdleRepositories.shared.take(layout) {
      let repository = try Repository(owning: pointer, environment: environment, isExplicit: false, layout: layout)
      if repository.isReusable { return repository }
    }
    let ceilings = environment["GIT_CEILING_DIRECTORIES"] ?? ""
    var pointer: OpaquePointer?
    let code = git_repository_open_ext(&pointer, directory.string, flags, ceilings)
    if code == 0, let pointer {
      return try Repository(owning: pointer, environment: environment, isExplicit: false, layout: layout)
    }
    let error = GitError(libgit2: code)
    guard error.code != .notFound else {
      let searched = flags & GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue == 0
      throw GitError(
        .notARepository,
        searched
          ? "not a git repository (or any of the parent directories): .git" : "'\(directory)' is not a git repository")
    }
    throw unsupported(in: gitDirectory(around: directory, ceilings: ceilings)) ?? error
  }

  /// Opens what `GIT_DIR` names. Without `GIT_WORK_TREE` or `core.worktree`, git takes the present folder for the top
  /// of the working tree.
  private static func openExplicit(
    _ gitDirectory: FilePath, from directory: FilePath, environment: [String: String]
  ) throws(GitError) -> Repository {
    try Libgit2.start()
    var made: OpaquePointer?
    let code = git_repository_open_ext(&made, gitDirectory.string, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
    guard code == 0, let pointer = made else {
      let error = GitError(libgit2: code)
      if error.code == .notFound { throw GitError(.notARepository, "not a git repository: '\(gitDirectory)'") }
      throw unsupported(in: gitDirectory) ?? error
    }
    do {
      if let workTree = environment["GIT_WORK_TREE"], !workTree.isEmpty {
        try check(git_repository_set_workdir(pointer, directory.pushing(FilePath(workTree)).string, 0))
      } else if git_repository_is_bare(pointer) == 0 {
        let configuration = try Handle(free: git_config_free) { git_repository_config_snapshot(&$0, pointer) }
        var value: UnsafePointer<CChar>?
        if git_config_get_string(&value, configuration.pointer, "core.worktree") != 0 {
          try check(git_repository_set_workdir(pointer, directory.string, 0))
        }
      }
    } catch {
      git_repository_free(pointer)
      throw error
    }
    return try Repository(owning: pointer, environment: environment, isExplicit: true)
  }

  private static func gitDirectory(around directory: FilePath, ceilings: String) -> FilePath? {
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    guard git_repository_discover(&buffer, directory.string, 1, ceilings) == 0 else { return nil }
    return FilePath(platformString: buffer.ptr)
  }

  /// Says why libgit2 cannot open the repository, when its configuration asks for something it does not have.
  private static func unsupported(in gitDirectory: FilePath?) -> GitError? {
    guard let gitDirectory else { return nil }
    var common = gitDirectory
    if let link = gitDirectory.appending("commondir").text { common = gitDirectory.pushing(FilePath(link)) }
    guard
      let configuration = try? Handle(
        free: git_config_free, { git_config_open_ondisk(&$0, common.appending("config").string) })
    else { return nil }
    func value(_ key: String) -> String? {
      var buffer = git_buf()
      defer { git_buf_dispose(&buffer) }
      return git_config_get_string_buf(&buffer, configuration.pointer, key) == 0 ? String(cString: buffer.ptr) : nil
    }
    let advice = "git-orch needs one made with 'git init --object-format=sha1 --ref-format=files'"
    if let format = value("extensions.objectformat"), format.lowercased() != "sha1" {
      return GitError(
        .unsupportedRepository,
        "the repository uses the \(format == "sha256" ? "SHA-256" : format) object format, which libgit2 cannot open; "
          + advice)
    }
    if let storage = value("extensions.refstorage"), storage.lowercased() != "files" {
      return GitError(
        .unsupportedRepository, "the repository stores its refs as '\(storage)', which libgit2 cannot open; \(advice)")
    }
    return nil
  }

  /// Refuses a repository of another user unless `safe.directory` names it, by git's own judgement. Asks git only when
  /// owner and user differ.
  func refuseForeignOwner() throws(GitError) {
    let user = geteuid()
    let areOurs = [workingFolder ?? gitFolder, gitFolder].allSatisfy { folder in
      guard let owner = FileStatus(folder)?.owner else { return false }
      // git trusts root's sudo user; it knows better than us how.
      return owner == user || (user == 0 && environment["SUDO_UID"] == "\(owner)")
    }
    if areOurs { return }
    let output = try runGit(.reading, ["rev-parse", "--git-dir"])
    guard output.isSuccess else { throw GitError(output) }
  }
}
