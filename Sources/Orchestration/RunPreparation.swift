package import Agents
import Git
package import Planning
import Settings
package import SystemPackage

/// Everything that must hold before a run begins, looked at without changing anything but the base's remote-tracking
/// branch.
package struct RunPreparation: Sendable {
  package let base: Base
  /// The remote that gets the branches; nil when they stay local, for `localReason`.
  package let remote: String?
  package let localReason: String?
  /// Whether the remote's URL is a path relative to the checkout.
  let remoteIsRelative: Bool
  /// What the user should know before the first task starts.
  package let notes: [String]
  let places: [TaskPlace]
  /// By task, the tips of needed branches that are no part of this run.
  let outerTips: [String: [ObjectID]]
  let prompts: PromptTexts
  let setup: WorktreeSetup
  package let permissions: ToolPermissions

  /// Where each task will be worked on, in the plan's order, for a dry run.
  package var worktrees: [(task: AgentTask, path: FilePath)] { places.map { ($0.task, $0.worktree) } }

  /// - Throws: `RunError`, `GitError`, `SettingsError`, `AgentError`, each telling what to do.
  package static func prepare(_ request: RunRequest, in place: Workplace) async throws -> RunPreparation {
    let settings = place.settings
    let remoteName = settings[.gitRemote]
    let remote = try place.repository().remotes().first { $0.name == remoteName }
    let knownRemote = remote?.name
    var notes = settings.warnings

    try await requireIdentity(in: place)
    let branch = try Base.branchName(
      plan: request.plan.settings.baseBranch, setting: settings[.gitBaseBranch], remote: knownRemote,
      in: place.repository())
    var remoteBranches: [String: ObjectID] = [:]
    if let knownRemote {
      remoteBranches = try await refresh(
        base: branch, branches: request.plan.tasks.map(\.branch), of: knownRemote, in: place,
        required: request.pushes, notes: &notes)
    }
    let outerTips = try request.selection.outerTips(in: place.repository())
    let base = try Base.resolve(branch, remote: knownRemote, in: place.repository())
    if let note = base.note { notes.append(note) }

    let root = place.root
    let folder = try worktreeFolder(plan: request.plan.settings.worktreeDir, in: place)
    let finder = PlaceFinder(
      repository: try place.repository(), base: base, folder: folder, remoteBranches: remoteBranches,
      remote: knownRemote, outerTips: outerTips, environment: place.environment)
    let ignored =
      try await place.checkout == nil
      ? [] : WorktreeSetup.ignoredFiles(matching: settings[.worktreeCopy], git: place.git)
    return RunPreparation(
      base: base, remote: request.pushes ? knownRemote : nil,
      localReason: localReason(pushes: request.pushes, remote: knownRemote, name: remoteName),
      remoteIsRelative: remote?.isRelativePath ?? false, notes: notes,
      places: try finder.places(for: request.plan.tasks),
      outerTips: outerTips,
      prompts: PromptTexts(
        testCommand: settings[.projectTestCommand],
        testInstructions: try settings.text(of: .projectTestInstructions, repositoryRoot: root),
        agentInstructions: try settings.text(of: .projectAgentInstructions, repositoryRoot: root),
        keyFiles: settings[.projectKeyFiles]),
      setup: WorktreeSetup(
        source: place.checkout, ignoredFiles: ignored, command: settings[.worktreeSetup],
        environment: GitEnvironment.withoutRepository(place.environment)),
      permissions: ToolPermissions(settings: settings, workplace: place))
  }

  /// Agents commit as the user does. Without a name git refuses to, and an agent finds out only when its work is done.
  private static func requireIdentity(in place: Workplace) async throws {
    let git = GitCommand(
      directory: place.checkout ?? place.commonDirectory,
      environment: place.environment.filter { !isBoundToOurRepository($0.key) })
    for role in ["author", "committer"] {
      let answer = try await git.run(["var", "GIT_\(role.uppercased())_IDENT"])
      guard !answer.isSuccess else { continue }
      throw RunError(
        .noIdentity, "git does not know who the \(role) of the agents' commits is",
        hints: ["git config --global user.name NAME", "git config --global user.email ADDRESS"])
    }
  }

  private static func localReason(pushes: Bool, remote: String?, name: String) -> String? {
    if !pushes { return "as asked by --no-push" }
    return remote == nil ? "there is no remote '\(name)'" : nil
  }

  /// Asks the remote for its branches and fetches the base when it has moved.
  private static func refresh(
    base: String, branches: [String], of remote: String, in place: Workplace, required: Bool,
    notes: inout [String]
  ) async throws -> [String: ObjectID] {
    do {
      let theirs = try await place.git.remoteBranches(remote: remote, named: [base] + branches)
      if let tip = theirs[base], try place.repository().remoteBranch(base, of: remote) != tip {
        try await place.git.fetch(remote: remote, branch: base)
      }
      return theirs
    } catch {
      guard required else {
        notes.append("cannot reach '\(remote)', going on with what is known of it: \(error)")
        return [:]
      }
      throw RunError(
        .fetchFailed, "cannot reach remote '\(remote)': \(error)",
        hints: ["to keep the branches local: git orch run --no-push"])
    }
  }

  /// The folder of the worktrees. A plan may choose one beside the repository; one elsewhere is for the user's own
  /// configuration to say, since a plan may come from somebody else.
  private static func worktreeFolder(plan: String?, in place: Workplace) throws -> FilePath {
    let root = place.root
    guard let plan else {
      return place.settings.worktreeDirectory(repositoryRoot: root, name: place.folderName)
    }
    let folder = root.pushing(FilePath(plan)).lexicallyNormalized()
    let parent = root.removingLastComponent()
    guard folder.starts(with: parent), folder != parent, !folder.starts(with: root) else {
      throw RunError(
        .worktreeFolderOutside, "the plan's worktree_dir '\(plan)' is not a folder beside the repository",
        hints: ["to work there all the same: git config orchestrator.worktreeDir '\(plan)', and drop it from the plan"])
    }
    return folder.appending(place.folderName)
  }
}

extension Remote {
  /// Whether git looks for it from where it runs: no scheme, no `host:path`, no absolute path.
  fileprivate var isRelativePath: Bool {
    guard !pushURL.hasPrefix("/"), !pushURL.contains("://") else { return false }
    return !pushURL.prefix { $0 != "/" }.contains(":")
  }
}
