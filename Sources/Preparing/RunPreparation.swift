package import Agents
import Basics
package import Engine
package import Forges
package import Git
package import Guarding
package import HTTP
package import Journal
package import MCPServers
package import Plans
package import Preflight
import Settings
package import SystemPackage

/// Everything that must hold before a run begins, looked at without changing anything but the base's remote-tracking
/// branch.
package struct RunPreparation: Sendable {
  package let identity: CommitIdentity
  package let base: Base
  /// The remote that gets the branches; nil when they stay local, for `localReason`.
  package var remote: String? { route.remote }
  package let localReason: String?
  /// Where pull requests are opened; nil when none are, for `noPullRequestsReason`.
  package let forge: ForgeRecord?
  package let noPullRequestsReason: String?
  package let route: DeliveryRoute
  /// What the user should know before the first task starts.
  package var notes: [String]
  package let places: [WorktreePlan]
  /// By task, the needed branches that are no part of this run.
  package let externalDependencies: [String: [ExternalDependencyRecord]]
  /// The tasks that an earlier process of the same run has done.
  package let done: Set<String>
  package let prompts: PromptTexts
  package let setup: WorktreeSetup
  package let permissions: ToolPermissions
  package let mcp: MCPSelection
  /// What is not to be pushed.
  package let rules: PushRules
  /// What the run needs, and how it stands. With a fault in it nothing may begin.
  package let facts: [Fact]
  /// What can be asked besides, by whoever only looks; nil of a run that is continued.
  package var preflight: Preflight?

  /// Where each task will be worked on, in the plan's order, for a dry run.
  package var worktrees: [(task: AgentTask, path: FilePath)] { places.map { ($0.task, $0.worktree) } }

  /// - Parameters:
  ///   - agents: whose logins are looked at.
  ///   - send: for forges that are spoken to directly.
  /// - Throws: `RunError`, `GitError`, `SettingsError`, `ForgeError`, each telling what to do.
  package static func prepare(
    _ request: RunRequest, in place: RepositoryContext, agents: AgentSet, send: @escaping HTTPSend,
    retryPolicy: ForgeRetryPolicy
  ) async throws -> RunPreparation {
    if request.selection.isWholePlan { try await EarlierRun.refuseDone(request.plan.tasks, in: place) }
    let settings = place.settings
    let tasks = request.workItems
    // What candidates do is never pushed.
    let pushedBranches = tasks.filter { $0.candidateOf == nil }.map(\.branch)
    let remotes = place.remotes(of: pushedBranches, slug: request.plan.settings.repoSlug)
    if request.pushes, let fault = remotes.fault { throw fault }
    let knownRemote = remotes.base?.name
    var notes = settings.warnings

    let identity = try await place.requireIdentity()
    if let note = try await SandboxPolicy(place).examine(runsFork: false) { notes.append(note) }
    let setup = try await WorktreeSetup(place)
    let (planned, setting) = (request.plan.settings.baseBranch, settings[.gitBaseBranch])
    let branch = try await place.inRepository {
      try Base.branchName(plan: planned, setting: setting, remote: knownRemote, in: $0)
    }
    let destination = destination(of: request.plan, base: branch, in: place)
    let listing = RemoteListing(remotes: remotes, place: place)
    let found = try await listing.look(
      base: branch, destination: destination, tasks: pushedBranches, required: request.pushes, notes: &notes)
    // What is on the remote is known now.
    async let rules = PushRules(place, identity: identity, setup: setup)
    if planned == nil, setting == nil || setting == "auto", found.isKnown, found.base[branch] == nil {
      try await listing.refuseRenamedDefault(branch)
    }
    let (externalDependencies, base) = try await place.inRepository { [selection = request.selection] repository in
      (
        try selection.externalDependencyRecords(in: repository),
        try Base.resolve(branch, remote: knownRemote, in: repository)
      )
    }
    if let note = base.note { notes.append(note) }
    let preparing = PullRequestPreparation(
      place: place, lookup: ForgeLookup(place: place, send: send, retryPolicy: retryPolicy),
      destination: destination)
    let (pullRequests, pushed) = try await preparing.prepare(
      request, remote: remotes.push == nil ? nil : knownRemote, remoteHasDestination: found.base[destination] != nil,
      listing: listing)
    if case .opened = pullRequests, let knownRemote, let theirs = found.base[branch], theirs != base.commit,
      try await place.inRepository({ try $0.isAncestor(theirs, of: base.commit) })
    {
      notes.append(
        "pull requests will show your commits on '\(branch)' too, until you push them: git push \(knownRemote) \(branch)"
      )
    }
    if let note = pushed?.note(in: place, plan: request.plan, remotes: remotes) { notes.append(note) }

    let mcp = try await MCPSelection(
      place, site: pullRequests.delivery?.forge.site, slug: request.plan.settings.repoSlug)
    notes += mcp.notes
    let permissions = ToolPermissions(settings: settings, root: place.root)
    notes += agents.all.flatMap { $0.rulesWithoutEffect(in: permissions) }

    let folder = try place.worktreeFolder(plan: request.plan.settings.worktreeDir)
    let pushRemote = remotes.push
    let finder: @Sendable (Repository) -> WorktreePlanner = { repository in
      WorktreePlanner(
        repository: repository, base: base, folder: folder, remoteBranches: found.push,
        remote: pushRemote?.name, pushes: request.pushes, externalDependencies: externalDependencies,
        destination: destination, environment: place.environment)
    }
    let places = try await places(for: tasks, by: finder, in: place)
    let prompts = try await PromptTexts(place)
    let commands = (tasks.map(\.testCommand) + [prompts.testCommand]).compactMap(\.self)
    let preflight = Preflight(
      place, remote: request.pushes ? pushRemote : nil, trial: tasks.first.map { ($0.branch, base.commit) },
      testCommands: Set(commands).sorted(), jobs: min(request.jobs, tasks.count), worktreeFolder: folder,
      launchers: tasks.map(\.launcher))
    let facts = await preflight.facts(agents: agents.all, access: pushed?.access, at: pushed?.site, mcp: mcp)
    return RunPreparation(
      identity: identity, base: base,
      localReason: localReason(pushes: request.pushes, remote: pushRemote?.name, name: remotes.name),
      forge: pullRequests.record, noPullRequestsReason: pullRequests.reason,
      route: DeliveryRoute(
        remote: request.pushes ? pushRemote?.name : nil, pushURL: pushRemote?.separatePushURL,
        remoteIsRelative: pushRemote?.isRelativePath ?? false, pullRequests: pullRequests.delivery),
      notes: notes + facts.warnings, places: places,
      externalDependencies: externalDependencies,
      done: [], prompts: prompts,
      setup: setup, permissions: permissions, mcp: mcp,
      rules: try await rules, facts: facts, preflight: preflight)
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
}
