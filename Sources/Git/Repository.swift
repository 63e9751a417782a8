import Basics
import CLibgit2
package import Processes
package import SystemPackage

/// What `HEAD` points to.
package enum Head: Sendable, Equatable {
  case branch(name: String, tip: ObjectID)
  case detached(ObjectID)
  /// A branch without a commit yet.
  case unborn(branch: String)
}

/// An open repository: one working tree of it, or none when it is bare.
///
/// Belongs to one thread at a time and is cheap to open (well under a millisecond): open one per use instead of
/// sharing. All methods block, mostly for microseconds; those over many commits or files belong on a thread outside
/// Swift's pool, where ``withRepository(at:environment:_:)`` runs them.
package final class Repository {
  package let pointer: OpaquePointer
  package let environment: [String: String]
  /// The variables that lead git to this very repository, where its place alone does not.
  private let pins: [String: String]

  /// The folders below in text form, without a slash at the end: most that is opened is asked for one of them at most.
  package let workingFolder: String?
  package let gitFolder: String
  package let commonFolder: String

  /// The top of the working tree; `nil` when the repository is bare.
  package private(set) lazy var workingDirectory: FilePath? = workingFolder.map { FilePath($0) }
  /// Where this working tree's `HEAD` and `index` lie: `.git`, or a folder in `.git/worktrees` for a linked worktree.
  package private(set) lazy var gitDirectory = FilePath(gitFolder)
  /// Where branches, objects and configuration lie, shared by all worktrees.
  package private(set) lazy var commonDirectory = FilePath(commonFolder)

  package var isBare: Bool { workingFolder == nil }
  /// Whether history ends early. libgit2's own answer looks next to `HEAD`, where a linked worktree has no such file.
  package var isShallow: Bool { FileStatus("\(commonFolder)/shallow") != nil }
  package var isLinkedWorktree: Bool { gitFolder != commonFolder }

  /// By which the handle can be used again; nil when it cannot be.
  private var layout: IdleRepositories.Layout?

  /// Takes over `pointer`.
  init(
    owning pointer: OpaquePointer, environment: [String: String], isExplicit: Bool,
    layout: IdleRepositories.Layout? = nil
  ) throws(GitError) {
    self.pointer = pointer
    self.environment = environment
    workingFolder = git_repository_workdir(pointer).map(Self.folder)
    gitFolder = git_repository_path(pointer).map(Self.folder) ?? ""
    commonFolder = git_repository_commondir(pointer).map(Self.folder) ?? gitFolder
    if let workingFolder, isExplicit || FileStatus("\(workingFolder)/.git") == nil {
      pins = ["GIT_DIR": gitFolder, "GIT_WORK_TREE": workingFolder]
    } else {
      pins = isExplicit ? ["GIT_DIR": gitFolder] : [:]
    }
    if !isExplicit { try refuseForeignOwner() }
    try useConfiguration()
    // These say otherwise where it is, and may have come since.
    if let layout, layout.directory == workingFolder, try configurationValue("core.worktree") == nil,
      try !GitEnvironment.isTrue(configurationValue("core.bare"))
    {
      self.layout = layout
    }
  }

  /// Whether it is as when the handle was made.
  var isReusable: Bool { layout != nil }

  /// libgit2 ends folders with a slash.
  private static func folder(_ path: UnsafePointer<CChar>) -> String {
    let path = String(cString: path)
    return path.hasSuffix("/") && path != "/" ? String(path.dropLast()) : path
  }

  deinit {
    if let layout { IdleRepositories.shared.give(pointer, layout) } else { git_repository_free(pointer) }
  }

  /// The `git` program for this repository, at the top of its working tree (or in the git directory of a bare one).
  package var command: GitCommand {
    GitCommand(directory: workingDirectory ?? gitDirectory, environment: environment).adding(pins)
  }

  /// Runs git for a moment on this thread; see ``BlockingCommand``.
  package func runGit(
    _ purpose: GitPurpose, _ arguments: [String], configuration: [FrozenConfiguration.Entry] = []
  ) throws(GitError) -> GitOutput {
    let command = self.command
    return try BlockingCommand.run(
      purpose, arguments, in: command.directory, environment: command.environment, configuration: configuration)
  }

  /// The main worktree's folder, also when asked of a linked worktree; `nil` when the main repository is bare.
  package var mainWorkingDirectory: FilePath? {
    guard isLinkedWorktree else { return workingDirectory }
    return try? Repository.open(commonDirectory, environment: environment).workingDirectory
  }

  /// What `HEAD` points to.
  package func head() throws(GitError) -> Head {
    let head = try Handle(free: git_reference_free) { git_reference_lookup(&$0, pointer, "HEAD") }
    guard git_reference_type(head.pointer) == GIT_REFERENCE_SYMBOLIC else {
      guard let target = git_reference_target(head.pointer) else { throw GitError(.other, "HEAD points nowhere") }
      return .detached(ObjectID(target.pointee))
    }
    let name = git_reference_symbolic_target(head.pointer).map { String(cString: $0) } ?? ""
    let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
    guard let tip = try reference(name) else { return .unborn(branch: branch) }
    return .branch(name: branch, tip: tip)
  }
}

@available(*, unavailable, message: "a repository belongs to one thread at a time: open another one")
extension Repository: Sendable {}
