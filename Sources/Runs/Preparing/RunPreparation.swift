package import Agents
import Basics
package import Engine
package import Forges
import Git
import Guarding
package import HTTP
package import Journal
import MCPServers
package import Plans
import Settings
package import SystemPackage

/// Everything that must hold before a run begins, looked at without changing anything but the base's remote-tracking
/// branch.
package struct RunPreparation: Sendable {
  let identity: CommitIdentity
  package let base: Base
  /// The remote that gets the branches; nil when they stay local, for `localReason`.
  package var remote: String? { delivery.remote }
  package let localReason: String?
  /// Where pull requests are opened; nil when none are, for `noPullRequestsReason`.
  package let forge: ForgeRecord?
  package let noPullRequestsReason: String?
  let delivery: Delivery
  /// What the user should know before the first task starts.
  package internal(set) var notes: [String]
  let places: [WorktreePlan]
  /// By task, the needed branches that are no part of this run.
  let externalDependencies: [String: [ExternalDependencyRecord]]
  /// The tasks that an earlier process of the same run has done.
  let done: Set<String>
  let prompts: PromptTexts
  let setup: WorktreeSetup
  package let permissions: ToolPermissions
  let mcp: MCPSelection
  /// What is not to be pushed.
  let rules: PushRules

  /// Where each task will be worked on, in the plan's order, for a dry run.
  package var worktrees: [(task: AgentTask, path: FilePath)] { places.map { ($0.task, $0.worktree) } }

  /// - Parameters:
  ///   - send: for forges that are spoken to directly.
  /// - Throws: `RunError`, `GitError`, `SettingsError`, `ForgeError`, each telling what to do.
  package static func prepare(
    _ request: RunRequest, in place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy
  ) async throws -> RunPreparation {
    if request.selection.isWholePlan { try await EarlierRun.refuseDone(request.plan.tasks, in: place) }
    let settings = place.settings
    let remoteName = settings[.gitRemote]
    let remote = place.remote(remoteName)
    let knownRemote = remote?.name
    var notes = settings.warnings

    let identity = try await place.requireIdentity()
    if let note = try await SandboxPolicy(place).examine(runsFork: false) { notes.append(note) }
    let setup = try await WorktreeSetup(place)
    let (planned, setting) = (request.plan.settings.baseBranch, settings[.gitBaseBranch])
    let branch = try await place.inRepository {
      try Base.branchName(plan: planned, setting: setting, remote: knownRemote, in: $0)
    }
    let destination = destination(of: request.plan, base: branch, in: place)
    var remoteBranches: [String: ObjectID] = [:]
    if let knownRemote {
      remoteBranches = try await refresh(
        base: branch, branches: [destination] + request.plan.tasks.map(\.branch), of: knownRemote, in: place,
        required: request.pushes, notes: &notes)
    }
    let (externalDependencies, base) = try await place.inRepository { [selection = request.selection] repository in
      (
        try selection.externalDependencyRecords(in: repository),
        try Base.resolve(branch, remote: knownRemote, in: repository)
      )
    }
    if let note = base.note { notes.append(note) }
    let pullRequests = try await PullRequestPreparation(
      place: place, lookup: ForgeLookup(place: place, send: send, retryPolicy: retryPolicy),
      destination: destination
    ).prepare(request, remote: knownRemote, remoteHasDestination: remoteBranches[destination] != nil)
    if case .opened = pullRequests, let knownRemote, let theirs = remoteBranches[branch], theirs != base.commit,
      try await place.inRepository({ try $0.isAncestor(theirs, of: base.commit) })
    {
      notes.append(
        "pull requests will show your commits on '\(branch)' too, until you push them: git push \(knownRemote) \(branch)"
      )
    }

    let mcp = try await MCPSelection(
      place, site: pullRequests.delivery?.forge.site, slug: request.plan.settings.repoSlug)
    notes += mcp.notes
    notes += ToolPermissions(settings: settings, root: place.root).rulesWithoutEffect

    let folder = try place.worktreeFolder(plan: request.plan.settings.worktreeDir)
    let known = remoteBranches
    let finder: @Sendable (Repository) -> WorktreePlanner = { repository in
      WorktreePlanner(
        repository: repository, base: base, folder: folder, remoteBranches: known,
        remote: knownRemote, externalDependencies: externalDependencies, destination: destination,
        environment: place.environment)
    }
    return RunPreparation(
      identity: identity, base: base,
      localReason: localReason(pushes: request.pushes, remote: knownRemote, name: remoteName),
      forge: pullRequests.record, noPullRequestsReason: pullRequests.reason,
      delivery: Delivery(
        remote: request.pushes ? knownRemote : nil, remoteIsRelative: remote?.isRelativePath ?? false,
        pullRequests: pullRequests.delivery),
      notes: notes, places: try await places(for: request.plan.tasks, by: finder, in: place),
      externalDependencies: externalDependencies,
      done: [], prompts: try await PromptTexts(place),
      setup: setup, permissions: ToolPermissions(settings: settings, root: place.root), mcp: mcp,
      rules: try await PushRules(place, identity: identity, setup: setup))
  }

  /// Where each task will be worked on. When what an unfinished run left is in the way, how to continue that one is
  /// reported as well.
  private static func places(
    for tasks: [AgentTask], by finder: @escaping @Sendable (Repository) -> WorktreePlanner, in place: RepositoryContext
  ) async throws -> [WorktreePlan] {
    do {
      return try await place.inRepository { try finder($0).places(for: tasks) }
    } catch let error as RunError {
      guard [.branchHasWork, .branchCheckedOut, .remoteBranchHasWork, .worktreeInTheWay].contains(error.code),
        let earlier = try? await offPool({ try RunContinuation.newest(in: place) }),
        case let left = Set(earlier.left), tasks.contains(where: { left.contains($0.id) })
      else { throw error }
      throw error.adding(hint: "or continue run \(earlier.folder.id), which is not done: git orch run --continue")
    }
  }

  private static func destination(of plan: TaskPlan, base: String, in place: RepositoryContext) -> String {
    [plan.settings.destinationBranch, place.settings[.gitDestinationBranch]].compactMap(\.self)
      .first { $0 != "auto" } ?? base
  }

  private static func localReason(pushes: Bool, remote: String?, name: String) -> String? {
    if !pushes { return "--no-push was given" }
    return remote == nil ? "there is no remote '\(name)'" : nil
  }

  /// Asks the remote for its branches and fetches the base when it has moved.
  private static func refresh(
    base: String, branches: [String], of remote: String, in place: RepositoryContext, required: Bool,
    notes: inout [String]
  ) async throws -> [String: ObjectID] {
    do {
      let theirs = try await place.git.remoteBranches(remote: remote, named: [base] + branches)
      if let tip = theirs[base], try await place.inRepository({ try $0.remoteBranch(base, of: remote) }) != tip {
        try await place.git.fetch(remote: remote, branch: base)
      }
      return theirs
    } catch {
      if (error as? GitError)?.code == .cancelled { throw CancellationError() }
      guard required else {
        notes.append("cannot reach '\(remote)', using what was fetched before: \(error)")
        return [:]
      }
      throw RunError(
        .fetchFailed, "cannot reach remote '\(remote)': \(error)",
        hints: ["to keep the branches local: git orch run --no-push"])
    }
  }

}
