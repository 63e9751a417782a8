import Basics
package import Git
package import Journal
package import Settings
package import SystemPackage

/// Where a command was called: the repository, its settings and the environment, read once.
package struct RepositoryContext: Sendable {
  /// The folder from which the command was called.
  package let directory: FilePath
  package let environment: [String: String]
  package let settings: Settings
  /// The root of the worktree that the user is in; nil in a bare repository.
  package let checkout: FilePath?
  package let commonDirectory: FilePath
  /// git in the user's checkout.
  package let git: GitCommand
  /// What paths in settings are relative to: the root of the main worktree; of a bare repository its own folder.
  package let root: FilePath

  package init(_ shape: Shape, directory: FilePath, environment: [String: String], settings: Settings) {
    self.directory = directory
    self.environment = environment
    self.settings = settings
    checkout = shape.checkout
    commonDirectory = shape.commonDirectory
    git = shape.git
    root = shape.root
  }

  /// Finds the repository around `directory` and reads the settings that hold there.
  package static func find(from directory: FilePath, environment: [String: String]) async throws -> RepositoryContext {
    let shape = try await Shape.find(from: directory, environment: environment)
    return RepositoryContext(
      shape, directory: directory, environment: environment,
      settings: try await Settings.load(
        directory: shape.checkout ?? shape.commonDirectory, environment: environment, checkout: shape.checkout,
        root: shape.root))
  }

  /// What is read of the repository at the start.
  package struct Shape: Sendable {
    package let checkout: FilePath?
    package let commonDirectory: FilePath
    package let root: FilePath
    fileprivate let git: GitCommand

    package static func find(
      from directory: FilePath, environment: [String: String]
    ) async throws(GitError) -> Shape {
      try await offPool { () throws(GitError) in
        Shape(try Repository.discover(from: directory, environment: environment))
      }
    }

    private init(_ repository: Repository) {
      checkout = repository.workingDirectory
      commonDirectory = repository.commonDirectory
      git = repository.command
      root = repository.mainWorkingDirectory ?? repository.commonDirectory
    }
  }

  /// Values of the team's file that have no effect until the user trusts them.
  package var pendingTrust: [UntrustedValue] { settings.pendingTrust }

  package var store: RunStore { RunStore(commonDirectory: commonDirectory) }

  /// Runs `body` with a handle of its own on the repository that the user is in, on a thread that may block. The only
  /// way to one: libgit2 reads files, and starts git now and then.
  package func inRepository<Result: Sendable>(
    _ body: @escaping @Sendable (Repository) throws -> Result
  ) async throws -> Result {
    let (directory, environment) = (directory, environment)
    return try await offPool {
      try body(Repository.discover(from: directory, environment: environment))
    }
  }

  /// The same for the top of the checkout, whatever the environment says of a repository; all errors are git's.
  package func withRepository<Result: Sendable>(
    _ body: @escaping @Sendable (Repository) throws(GitError) -> Result
  ) async throws(GitError) -> Result {
    try await Repository.withRepository(at: checkout ?? commonDirectory, environment: environment, body)
  }

  /// The name of the repository's folder, unlike that of any repository next to it.
  package var folderName: String {
    lexicallyNormalized(root.string).split(separator: "/").last.map(String.init) ?? "repository"
  }

  /// The repository's name, from its folder.
  package var repositoryName: String {
    let name = folderName
    return name.hasSuffix(".git") && name.count > 4 ? String(name.dropLast(4)) : name
  }

  /// Where the plan is kept unless the user says otherwise: at the root of the checkout.
  package var defaultPlan: FilePath { FilePath("\(checkout ?? directory)/task_config.yaml") }

  /// An absolute path for one that the user wrote.
  package func absolute(_ path: String) -> FilePath { directory.pushing(FilePath(path)).normalized }
}
