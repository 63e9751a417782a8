import Agents
import Basics
package import Engine
import Forges
import Git
import HTTP
package import Journal
import MCPServers
package import Plans
import Processes
import Settings
import SystemPackage

/// A run that ended or died before all of its tasks were done, to be continued where it stands.
package struct RunContinuation: Sendable {
  package let folder: RunFolder
  package let state: RunState
  /// The plan as it was run.
  package let plan: TaskPlan

  /// The newest run of the repository.
  /// - Throws: `RunError` when there is nothing left to do in it, `JournalError`, `PlanError`.
  package static func newest(in place: RepositoryContext) throws -> RunContinuation {
    let folders = try place.store.runs().reversed()
    for folder in folders {
      let state = try folder.state()
      // Reviews start again instead.
      if state.header.review != nil { continue }
      // What was taken back is first to be brought back.
      if state.undo != nil { continue }
      guard state.tasks.contains(where: { !$0.status.isGood }) || !state.isSuccess else {
        throw RunError(.nothingToContinue, "run \(folder.id) is done: there is nothing left to continue")
      }
      let plan = try TaskPlan.read(folder.plan, displayName: folder.plan.string)
      return RunContinuation(folder: folder, state: state, plan: plan)
    }
    throw RunError(
      .nothingToContinue, "there is no run to continue", hints: ["to start one: git orch run TODO"])
  }

  /// The tasks that are still to be done, in the plan's order.
  package var left: [String] { state.tasks.filter { !$0.status.isGood }.map(\.header.id) }
}

extension RunPreparation {
  /// What must hold before a run is continued: its base and its starts are as they were, its settings as they are now.
  static func prepare(
    continuing run: RunContinuation, in place: RepositoryContext, send: @escaping HTTPSend,
    retryPolicy: ForgeRetryPolicy
  ) async throws -> RunPreparation {
    let identity = try await place.requireIdentity()
    let sandboxNote = try await SandboxPolicy(place).examine(runsFork: false)
    // Read before the lock was held: another process may have continued it and ended since.
    let folder = run.folder
    guard try await offPool({ () throws(JournalError) in try folder.state() }) == run.state else {
      throw RunError(
        .nothingToContinue, "run \(run.folder.id) was continued by another process in the meantime",
        hints: ["see its status: git orch status"])
    }
    // Agents whose run died work on, and an agent's conversation must not be led by two.
    let ended = await sweepDeadRun(run.folder.id)
    var notes = place.settings.warnings + [sandboxNote].compactMap(\.self)
    if ended > 0 { notes.append("stopped \(ended) process\(ended == 1 ? "" : "es") that outlived the run") }
    let header = run.state.header
    guard let baseCommit = ObjectID(header.base.commit) else {
      throw RunError(.noBaseBranch, "run \(header.id) has no record of where it started")
    }
    var remote: Remote?
    if let name = header.remote { remote = try await place.remote(name) }
    if let name = header.remote, remote == nil {
      throw RunError(.fetchFailed, "run \(header.id) pushes to '\(name)', which is no longer a remote")
    }
    let pullRequests = try await pullRequests(of: run, in: place, send: send, retryPolicy: retryPolicy)
    let mcp = try await MCPSelection(place, site: pullRequests?.forge.site, slug: run.plan.settings.repoSlug)
    notes += mcp.notes
    let setup = try await WorktreeSetup(place)
    let rules = try await PushRules(place, identity: try await place.requireIdentity(), setup: setup)
    return RunPreparation(
      identity: identity, base: Base(branch: header.base.branch, commit: baseCommit, note: nil),
      localReason: header.localReason,
      forge: header.forge, noPullRequestsReason: header.noPullRequestsReason,
      delivery: Delivery(
        remote: remote?.name, remoteIsRelative: remote?.isRelativePath ?? false,
        pullRequests: pullRequests),
      notes: notes, places: try await places(of: run, remote: remote?.name, in: place),
      externalDependencies: externalDependencies(of: header),
      done: Set(run.state.tasks.filter(\.status.isGood).map(\.header.id)),
      prompts: try PromptTexts(place), setup: setup,
      permissions: ToolPermissions(settings: place.settings, root: place.root), mcp: mcp, rules: rules)
  }

  private static func externalDependencies(of header: RunHeader) -> [String: [ExternalDependencyRecord]] {
    var needs: [String: [ExternalDependencyRecord]] = [:]
    for task in header.tasks { needs[task.id] = task.externalDependencies }
    return needs
  }

  private static func pullRequests(
    of run: RunContinuation, in place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy
  ) async throws -> PullRequestDelivery? {
    guard let forge = run.state.header.forge else { return nil }
    let lookup = ForgeLookup(place: place, send: send, retryPolicy: retryPolicy)
    do {
      guard case .forge(let found) = try await lookup.find(slug: run.plan.settings.repoSlug),
        ForgeRecord(found.site, destination: forge.destination) == forge
      else {
        throw RunError(
          .unusableForge,
          "run \(run.folder.id) opens pull requests in \(forge.repository) (\(forge.host)), "
            + "which is not what the remote's URL says now")
      }
      _ = try await found.access()
      return PullRequestDelivery(forge: found, destination: forge.destination, retryPolicy: retryPolicy)
    } catch let error as ForgeError {
      throw RunError(.noPullRequests, "cannot open pull requests: \(error.message)", hints: error.hints)
    }
  }

  /// Tasks that had begun continue where they are; the others get a place as in a new run.
  private static func places(
    of run: RunContinuation, remote: String?, in place: RepositoryContext
  ) async throws -> [WorktreePlan] {
    let header = run.state.header
    var begun: [String: WorktreePlan] = [:]
    let named = run.plan.tasks.map(\.branch)
    let tips = try await place.inRepository { repository in
      var tips: [String: ObjectID] = [:]
      for branch in named { tips[branch] = try repository.branch(branch) }
      return tips
    }
    for task in run.plan.tasks {
      guard let state = run.state[task: task.id] else { continue }
      if let worktree = state.worktree, state.startCommit != nil {
        let path = FilePath(worktree.path)
        begun[task.id] = WorktreePlan(
          task: task, worktree: path, worktreeName: worktree.name,
          existingTip: tips[task.branch])
      } else if state.status.isGood {
        begun[task.id] = WorktreePlan(
          task: task, worktree: FilePath(""), worktreeName: task.id,
          existingTip: tips[task.branch])
      }
    }
    let fresh = run.plan.tasks.filter { begun[$0.id] == nil }
    guard let baseCommit = ObjectID(header.base.commit), !fresh.isEmpty else {
      return run.plan.tasks.compactMap { begun[$0.id] }
    }
    let remoteBranches =
      try await remote == nil
      ? [:] : place.git.remoteBranches(remote: remote ?? "", named: fresh.map(\.branch))
    let folder = try place.worktreeFolder(plan: run.plan.settings.worktreeDir)
    let places = try await place.inRepository { repository in
      try WorktreePlanner(
        repository: repository, base: Base(branch: header.base.branch, commit: baseCommit, note: nil),
        folder: folder, remoteBranches: remoteBranches, remote: remote,
        externalDependencies: externalDependencies(of: header), environment: place.environment
      ).places(for: fresh)
    }
    for found in places { begun[found.task.id] = found }
    return run.plan.tasks.compactMap { begun[$0.id] }
  }
}
