import Basics
import Discovery
import Engine
import Forges
import Git
import Processes
import Settings
import TerminalUI

/// What git knows of where work begins and where it is brought: the same as a run finds.
struct RepositoryFacts: Sendable {
  let remotes: WorkRemotes
  /// Why nothing can be pushed, in one line; nil when it can.
  let remoteFault: String?
  /// The name of the remote to set, where a run does not find it without being told, or should keep it.
  let proposedRemote: String?
  /// nil without a remote.
  let forge: DetectionResult?
  /// The fork that branches are pushed to; nil when it is the forge's own repository.
  let heads: ForgeRepository?
  let base: Base

  struct Base: Sendable {
    /// nil with `reason` saying why.
    let branch: String?
    let reason: String
    /// Whether a run finds the same branch without being told.
    let isFoundUnasked: Bool
  }

  /// How long the remote may take to name its default branch.
  static let remoteLimit = Duration.seconds(10)

  static func gather(in place: RepositoryContext) async throws -> RepositoryFacts {
    let all = try await place.inRepository { try $0.remotes() }
    let remotes = place.remotes()
    async let forge = ForgeLookup.finding(in: place, slug: nil)
    let base = try await BaseSearch(place: place, remote: remotes.base?.name).find()
    let found = try await forge
    var heads: ForgeRepository?
    if case .found(let site) = found { heads = await ForgeLookup.heads(for: site, in: place, slug: nil) }
    return RepositoryFacts(
      remotes: remotes, remoteFault: remotes.push == nil ? fault(remotes, among: all) : nil,
      proposedRemote: proposal(remotes, among: all), forge: found, heads: heads, base: base)
  }

  private static func fault(_ remotes: WorkRemotes, among all: [Remote]) -> String {
    if let fault = remotes.fault { return fault.fault }
    if all.isEmpty { return "none; tasks are kept as local branches" }
    let names = all.map(\.name).joined(separator: ", ")
    return "\(names), and none is '\(remotes.name)'; set one: git config \(SettingKey.gitRemote.fullName) NAME"
  }

  /// The only remote is named, so that a second one does not change where work goes. Of several, only `origin` is taken
  /// in place of one that is set and not there: who has more has said to git or gh where work goes.
  private static func proposal(_ remotes: WorkRemotes, among all: [Remote]) -> String? {
    let name = all.count == 1 ? all[0].name : remotes.push == nil ? all.first { $0.name == "origin" }?.name : nil
    return name == remotes.name && name == SettingKey.gitRemote.default ? nil : name
  }
}

/// Finds the branch that tasks should start from.
private struct BaseSearch: Sendable {
  let place: RepositoryContext
  let remote: String?

  func find() async throws -> RepositoryFacts.Base {
    let remote = remote
    var unasked: String?
    var fault = ""
    do {
      unasked = try await place.inRepository {
        try Engine.Base.branchName(plan: nil, setting: nil, remote: remote, in: $0)
      }
    } catch let error as RunError {
      fault = String(error.description.prefix { $0 != "\n" })
    }
    let recorded = try await place.inRepository { repository in
      try remote.flatMap { try repository.defaultBranch(of: $0) }
    }
    var named = recorded
    if named == nil { named = await nameOfRemote() }
    if let remote, let named {
      if try await isDevelopUsed(nextTo: named, of: remote) {
        return base("develop", "on '\(remote)', with commits that its default '\(named)' lacks", unasked)
      }
      return base(named, "the default of '\(remote)'", unasked)
    }
    guard let unasked else { return .init(branch: nil, reason: fault, isFoundUnasked: true) }
    return base(
      unasked, remote.map { "the likely one; '\($0)' does not say its default" } ?? "checked out, and no remote",
      unasked)
  }

  private func base(_ branch: String, _ reason: String, _ unasked: String?) -> RepositoryFacts.Base {
    .init(branch: branch, reason: reason, isFoundUnasked: branch == unasked)
  }

  /// The remote's default branch, when it can be reached.
  private func nameOfRemote() async -> String? {
    guard let remote else { return nil }
    let answer = try? await place.git.run(
      .fetching, ["ls-remote", "--symref", "--", remote, "HEAD"], timeout: RepositoryFacts.remoteLimit)
    guard let line = answer?.text.split(separator: "\n").first(where: { $0.hasPrefix("ref: refs/heads/") }) else {
      return nil
    }
    let name = String(line.dropFirst("ref: refs/heads/".count).prefix { $0 != "\t" })
    return BranchName.isValid(name) ? name : nil
  }

  private func isDevelopUsed(nextTo named: String, of remote: String) async throws -> Bool {
    let areThere = try await place.inRepository {
      try $0.remoteBranch("develop", of: remote) != nil && $0.remoteBranch(named, of: remote) != nil
    }
    guard named != "develop", areThere else { return false }
    let (develop, usual) = ("refs/remotes/\(remote)/develop", "refs/remotes/\(remote)/\(named)")
    func number(_ arguments: [String]) async throws -> Int {
      Int(try await place.git.require(.reading, arguments).text) ?? 0
    }
    func newest(_ reference: String) async throws -> Int {
      try await number(["log", "-1", "--no-show-signature", "--no-color", "--format=%ct", reference, "--"])
    }
    return BaseProposal.Develop(
      ahead: try await number(["rev-list", "--count", "\(usual)..\(develop)", "--"]), newest: try await newest(develop),
      newestOfDefault: try await newest(usual)
    ).isUsed
  }
}
