import Agents
import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Guarding
import HTTP
import Journal
import Launchers
import MCPServers
import Remotes
import Settings
import SystemPackage

/// Where a review's forge comes from.
enum ForgeSource: Sendable {
  /// As the remote and the settings have it.
  case lookup(HTTPSend)
  case given(any Forge)

  /// - Throws: `RunError` where there is none, or none that we can talk to; `ForgeError` for a login that is missing.
  func forge(in place: RepositoryContext, retryPolicy: ForgeRetryPolicy) async throws -> any Forge {
    switch self {
    case .given(let forge):
      return forge
    case .lookup(let send):
      switch try await ForgeLookup(place: place, send: send, retryPolicy: retryPolicy).find(slug: nil) {
      case .forge(let forge):
        return forge
      case .noForge(let reason, let hints):
        let remedy =
          hints.isEmpty ? ["if it is on another remote, set that: git config orchestrator.git.remote NAME"] : hints
        throw RunError(.unusableForge, "there are no pull requests to review: \(reason)", hints: remedy)
      }
    }
  }
}

/// Everything that must hold before a review begins, looked at without changing anything but the base's
/// remote-tracking branch.
struct ReviewPreparation: Sendable {
  let identity: CommitIdentity
  let forge: any Forge
  let forgeRecord: ForgeRecord
  let canPush: Bool
  let remote: Remote
  let base: BaseRecord
  let folder: FilePath
  let tasks: [ReviewOrder.Entry]
  /// By task, what an earlier review of the same pull request left.
  let earlier: [String: EarlierReview]
  var notes: [String]
  let prompts: PromptTexts
  let setup: WorktreeSetup
  let permissions: ToolPermissions
  let mcp: MCPSelection
  /// Where reviewers and tests run that do not run on this machine; nil where all do.
  let launchers: Launchers?
  /// What is not to be pushed.
  let rules: PushRules
  let own: OwnRepositories
  let method: MergeMethod?
  let mergeRules: MergeRulesBook

  /// - Throws: `RunError`, `GitError`, `SettingsError`, each telling what to do.
  static func prepare(
    _ request: ReviewRequest, in place: RepositoryContext, source: ForgeSource, retryPolicy: ForgeRetryPolicy
  ) async throws -> ReviewPreparation {
    let identity = try await place.requireIdentity()
    let remotes = place.remotes()
    guard let remote = remotes.base else {
      throw RunError(
        .unusableForge, "there are no pull requests to review: there is no remote '\(remotes.name)'",
        hints: ["name another: git config orchestrator.git.remote NAME"])
    }
    let folder = try place.worktreeFolder(plan: nil)
    if let fault = FileSystem.whyNotWritable(folder) {
      throw RunError(
        .worktreeFolderUnwritable, "cannot create worktrees in '\(folder)': \(fault)",
        hints: ["choose another folder: git config orchestrator.worktreeDir DIR"])
    }
    let (forge, access, pullRequests) = try await translatingForgeErrors {
      let forge = try await source.forge(in: place, retryPolicy: retryPolicy)
      let access = try await forge.access()
      return (forge, access, try await Self.pullRequests(request.pullRequests, on: forge))
    }
    let fallback = try await defaultBranch(access, remote: remote.name, in: place)
    let own = OwnRepositories(forge, access)
    let sandboxNote = try await SandboxPolicy(place).examine(runsFork: pullRequests.contains(where: own.isForeign))
    let method = MergeMethod(rawValue: place.settings[.reviewMergeMethod].rawValue)
    let book = MergeRulesBook(forge: forge)
    if request.merges {
      try await translatingForgeErrors {
        try await refuseMethod(method, for: pullRequests, into: fallback, book, forge.site)
      }
    }
    let base = try await base(of: pullRequests, fallback: fallback, remote: remote.name, in: place)
    let record = ForgeRecord(forge.site, destination: fallback)
    let tasks = ReviewOrder.tasks(for: pullRequests)
    let mcp = try await MCPSelection(place, site: forge.site)
    let setup = try await WorktreeSetup(place)
    let bound = place.settings[.launcher] == .local ? nil : try await boundToThisMachine(place, mcp)
    return ReviewPreparation(
      identity: identity, forge: forge, forgeRecord: record, canPush: access.canPush ?? true, remote: remote,
      base: base, folder: folder,
      tasks: tasks, earlier: try await earlier(tasks, on: record, in: place.store),
      notes: place.settings.warnings + mcp.notes + [sandboxNote, bound].compactMap(\.self),
      prompts: try await PromptTexts(place), setup: setup,
      permissions: ToolPermissions(reviewing: place.settings, root: place.root), mcp: mcp,
      launchers: bound == nil ? Launchers(place.settings, environment: place.environment) : nil,
      rules: try await PushRules(place, identity: identity, setup: setup), own: own, method: method, mergeRules: book)
  }

  /// Why reviewers work here, whatever `orchestrator.launcher` says; nil where they need not.
  /// - Throws: `RunError` where there is no other.
  private static func boundToThisMachine(
    _ place: RepositoryContext, _ mcp: MCPSelection
  ) async throws -> String? {
    if let far = Launchers(place.settings, environment: place.environment).selected() as? SSH, !far.hasHosts {
      throw RunError(
        .preflight, "\(far.setting) names no host",
        hints: ["name some, as ssh calls them: git config --add \(far.setting) HOST"])
    }
    if let reason = await place.reasonNotToTravel { return "reviewers and tests run on this machine: \(reason)" }
    if SandboxPolicy(place).coversAgents {
      return "reviewers and tests run on this machine: orchestrator.sandbox.agents does not reach to others"
    }
    return mcp.servers.first(where: \.isOnLoopback).map {
      "reviewers and tests run on this machine: MCP server '\($0.name)' is not reached from others"
    }
  }

  /// Nobody is to pay an agent to learn afterwards that the forge does not merge so.
  private static func refuseMethod(
    _ wanted: MergeMethod?, for pullRequests: [PullRequest], into destination: String, _ book: MergeRulesBook,
    _ site: ForgeRepository
  ) async throws {
    let open = pullRequests.filter { $0.state == .open }
    let heads = Set(open.map(\.head.branch))
    // A branch that is itself to be merged gets nothing merged into it in the end.
    for base in Set(open.map { heads.contains($0.base) ? destination : $0.base }).sorted() {
      let rules = try await book.rules(of: base)
      if let wanted { try refuse(wanted, by: rules, into: base, site) }
    }
  }

  /// - Throws: `RunError` where the rules do not let it be merged so.
  static func refuse(
    _ wanted: MergeMethod, by rules: MergeRules, into base: String, _ site: ForgeRepository
  ) throws(RunError) {
    guard rules.method(wanted) == nil else { return }
    let allowed = MergeMethod.allCases.filter { rules.methods[$0] != nil }.map(\.rawValue)
    throw RunError(
      .noPullRequests,
      "pull requests cannot be merged into '\(base)' by \(wanted): \(site.slug) allows "
        + (allowed.isEmpty ? "nothing" : allowed.joined(separator: " and ")),
      hints: ["let the forge's rules choose: git config orchestrator.review.mergeMethod auto"])
  }

  /// Reports what a forge refuses as a reason for which there can be no review.
  static func translatingForgeErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as ForgeError {
      throw RunError(.noPullRequests, "cannot review pull requests: \(error.message)", hints: error.hints)
    }
  }

  private static func pullRequests(_ numbers: [Int], on forge: any Forge) async throws -> [PullRequest] {
    var seen: Set<Int> = []
    var found: [PullRequest] = []
    for number in numbers where seen.insert(number).inserted {
      do throws(ForgeError) {
        found.append(try await forge.pullRequest(number))
      } catch {
        guard error.code == .notFound else { throw error }
        throw RunError(
          .pullRequestMissing, "there is no pull request #\(number) in \(forge.site)",
          hints: ["to choose from the open ones: git orch review"])
      }
    }
    guard !found.isEmpty else { throw RunError(.pullRequestMissing, "no pull request to review was given") }
    return found
  }

  private static func defaultBranch(
    _ access: ForgeAccess, remote: String, in place: RepositoryContext
  ) async throws -> String {
    if let named = place.settings[.gitBaseBranch], named != "auto" { return named }
    if let known = access.defaultBranch { return known }
    return try await place.inRepository {
      try Base.branchName(plan: nil, setting: nil, remote: remote, in: $0)
    }
  }

  /// The base that the pull requests share, else the repository's; fetched.
  private static func base(
    of pullRequests: [PullRequest], fallback: String, remote: String, in place: RepositoryContext
  ) async throws -> BaseRecord {
    let bases = Set(pullRequests.map(\.base))
    var branch = fallback
    if bases.count == 1, let only = bases.first, BranchName.isValid(only) { branch = only }
    do {
      do {
        try await place.git.fetch(remote: remote, branch: branch)
      } catch let error where error.code == .notFound && branch != fallback {
        // Of a pull request that was merged or closed, the base may be gone.
        branch = fallback
        try await place.git.fetch(remote: remote, branch: branch)
      }
    } catch {
      if error.code == .cancelled { throw CancellationError() }
      throw RunError(.fetchFailed, "cannot fetch '\(branch)' from '\(remote)': \(Secrets.withoutPasswords("\(error)"))")
    }
    let fetched = branch
    guard let commit = try await place.inRepository({ try $0.remoteBranch(fetched, of: remote) }) else {
      throw RunError(.fetchFailed, "'\(remote)' does not show its branch '\(branch)'")
    }
    return BaseRecord(branch: branch, commit: commit.description)
  }

  /// How many of the newest runs are looked through.
  private static let mostRuns = 200

  private static func earlier(
    _ tasks: [ReviewOrder.Entry], on forge: ForgeRecord, in store: RunStore
  ) async throws -> [String: EarlierReview] {
    // A journal that cannot be read holds nothing that could be resumed.
    let states = try await offPool { () throws(JournalError) in
      try store.runs().suffix(mostRuns).reversed().compactMap { try? $0.state() }
    }
    var found: [String: EarlierReview] = [:]
    for task in tasks { found[task.header.id] = EarlierReview.newest(of: task.header.id, on: forge, in: states) }
    return found
  }
}
