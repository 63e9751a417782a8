import Basics
package import SystemPackage

/// What git must not be led astray by while a run lasts: whoever works in a worktree can write the repository's
/// configuration, and the tree of a fork is a stranger's.
package struct GitGuard: Sendable {
  /// In force for all that this task starts.
  @TaskLocal package static var current = GitGuard()

  /// The folder of the main checkout's hooks when the run began, absolute.
  package var hooks: FilePath?
  /// What is in it; nil outside a run: then they run as they are.
  package var hookFolder: HookFolder?
  /// The configuration as it was then; nil outside a run: then git reads what there is.
  package var configuration: FrozenConfiguration?
  /// Whether the working tree at hand is a stranger's: then neither hooks nor filters run.
  package var isForeign = false
  /// Whether the repository is only looked at, whoever made it: then not even missing objects are fetched.
  package var isOnlyLooking = false

  package init(
    hooks: FilePath? = nil, hookFolder: HookFolder? = nil, configuration: FrozenConfiguration? = nil
  ) {
    self.hooks = hooks ?? hookFolder?.path
    self.hookFolder = hookFolder
    self.configuration = configuration
  }

  /// What an agent's own git is told, over all files: the user's hooks, wherever it stands.
  package func forAgents(isForeign: Bool) -> [FrozenConfiguration.Entry] {
    if isForeign {
      return [.init(key: "core.hooksPath", value: "/dev/null")] + (configuration?.withoutFilters ?? [])
    }
    return hooks.map { [.init(key: "core.hooksPath", value: $0.string)] } ?? []
  }

  /// Runs `body` with everything in it about a stranger's tree, if `isForeign`.
  package static func withTree<Result>(
    isForeign: Bool, _ body: () async throws -> Result
  ) async rethrows -> Result {
    var copy = current
    copy.isForeign = isForeign
    return try await $current.withValue(copy, operation: body)
  }
}

extension GitGuard {
  /// Runs `body`, which only looks at a repository that somebody may have packed.
  package static func looking<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    var copy = current
    copy.isOnlyLooking = true
    return try await $current.withValue(copy, operation: body)
  }

  /// Whether git may fetch objects that are missing here when it meets them: only where that was so before anybody
  /// worked here. The remote of a promise is configuration, too, and so is the program by which it is reached.
  private func mayFetchMissing(
    _ program: FilePath, in directory: FilePath, environment: [String: String]
  ) -> Bool {
    if isOnlyLooking { return false }
    guard let configuration else { return true }
    return configuration.isPartialClone
      && configuration.leadsWhereItDid(program, in: directory, environment: environment)
  }

  /// What keeps git from asking any remote.
  func isolating(
    _ environment: [String: String], for purpose: GitPurpose, _ program: FilePath, in directory: FilePath
  ) -> [String: String] {
    guard purpose.isLocal, !mayFetchMissing(program, in: directory, environment: environment) else {
      return environment
    }
    // The first is unknown to git before 2.39.4.
    return environment.merging(["GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"]) { $1 }
  }
}

extension Invocation {
  /// git: the only way in which it is started. Blocks for a moment where the configuration has changed since the run
  /// began: see ``preparedGit(_:for:_:in:environment:configuration:)``.
  ///
  /// - `directory`: where git is to work (`-C`).
  /// - `environment`: the whole of it; what the guard needs is added.
  /// - `configuration`: further values for this call alone; they may be secrets, since they go into the environment.
  package static func git(
    _ program: FilePath, for purpose: GitPurpose, _ arguments: [String], in directory: FilePath,
    environment: [String: String], configuration: [FrozenConfiguration.Entry] = []
  ) -> Invocation {
    let guarding = GitGuard.current
    var entries: [FrozenConfiguration.Entry] = []
    var environment = guarding.isolating(environment, for: purpose, program, in: directory)
    if let frozen = guarding.configuration, purpose != .configuring {
      entries += frozen.overrides(program, in: directory, environment: environment)
      if !frozen.hasProxyCommand, environment["GIT_PROXY_COMMAND"] == nil { environment["GIT_PROXY_COMMAND"] = "" }
      if guarding.isForeign { entries += frozen.withoutFilters }
    }
    return Invocation(
      executable: program,
      arguments: purpose.options(isForeign: guarding.isForeign) + ["-C", directory.string] + arguments,
      environment: GitVariables.adding(entries + configuration, to: environment))
  }

  /// The same for those who must not block.
  package static func preparedGit(
    _ program: FilePath, for purpose: GitPurpose, _ arguments: [String], in directory: FilePath,
    environment: [String: String], configuration: [FrozenConfiguration.Entry] = []
  ) async -> Invocation {
    @Sendable func prepare() -> Invocation {
      git(
        program, for: purpose, arguments, in: directory, environment: environment, configuration: configuration)
    }
    guard let frozen = GitGuard.current.configuration, !frozen.isAsItWas(in: directory) else { return prepare() }
    return await offPool { prepare() }
  }
}
