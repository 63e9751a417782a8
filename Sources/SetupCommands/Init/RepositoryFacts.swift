import Basics
import Discovery
import Engine
import Forges
import Git
import Processes
import Settings
import TerminalUI

/// What git knows of where work begins and where it is brought.
struct RepositoryFacts: Sendable {
  /// The remote that is pushed to; nil with `remoteFault` saying why.
  let remote: Remote?
  let remoteFault: String?
  /// nil without a remote.
  let forge: DetectionResult?
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
    let (remote, fault) = choose(from: try await place.inRepository { try $0.remotes() }, settings: place.settings)
    async let forge = detect(remote, in: place)
    let base = try await BaseSearch(place: place, remote: remote?.name).find()
    return RepositoryFacts(remote: remote, remoteFault: fault, forge: await forge, base: base)
  }

  /// The remote of the settings, else `origin`, else the only one.
  private static func choose(from remotes: [Remote], settings: Settings) -> (Remote?, fault: String?) {
    for name in [settings[.gitRemote], "origin"] {
      if let remote = remotes.first(where: { $0.name == name }) { return (remote, nil) }
    }
    switch remotes.count {
    case 0: return (nil, "none; tasks are kept as local branches")
    case 1: return (remotes[0], nil)
    default:
      let names = remotes.map(\.name).joined(separator: ", ")
      return (nil, "\(names), and none is 'origin'; set one: git config orchestrator.git.remote NAME")
    }
  }

  private static func detect(_ remote: Remote?, in place: RepositoryContext) async -> DetectionResult? {
    guard let remote else { return nil }
    return await ForgeDetection.detect(
      urls: [remote.url, remote.writtenURL, remote.pushURL], provider: place.settings[.gitProvider].kind,
      slug: place.settings[.gitRepoSlug],
      environment: place.environment)
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
