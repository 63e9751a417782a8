import Basics
import Engine
import ForgeMerges
package import Forges
import Git
import HTTP
package import Journal
import Processes
import Restacking
import Settings
import Trains

extension LandingPlan {
  /// The forge, and the pull requests of the branches that are to land.
  package struct ForgeSide: Sendable {
    package let record: ForgeRecord
    /// By the tasks' ids.
    package internal(set) var requests: [String: PullRequest]
    package let method: MergeMethod
    let forge: any Forge
    let rules: MergeRulesBook
    let retryPolicy: ForgeRetryPolicy
    /// The remote that has the branches.
    let branchRemote: String
    /// The forge's own name for the method.
    let methodName: String?
    /// Branches that an earlier process has put on top of what landed, with where they were before.
    let restacked: [String: (before: ObjectID, after: ObjectID)]
  }

  /// Finds the pull requests of what is to land. Those without one that can be merged are left out.
  mutating func lookAtForge(
    in place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy,
    continuing earlier: RunFolder? = nil
  ) async throws {
    guard request.usesForge else { return }
    do {
      let forge = try await Self.forge(in: place, send: send, retryPolicy: retryPolicy)
      let rules = MergeRulesBook(forge: forge)
      let known = try await rules.rules(of: base.branch)
      let method = try method(known, place, forge)
      if let mode = LandingMode(rawValue: method.rawValue) { request.mode = mode }
      self.forge = ForgeSide(
        record: ForgeRecord(forge.site, destination: base.branch), requests: [:], method: method, forge: forge,
        rules: rules, retryPolicy: retryPolicy, branchRemote: place.remotes().push?.name ?? remote ?? "origin",
        methodName: known.methods[method], restacked: try BranchMover.earlier(in: earlier))
      try await findRequests(place)
    } catch let error as ForgeError {
      if error.code == .cancelled { throw CancellationError() }
      throw LandingError("cannot land on the forge: \(error.message)", hints: error.hints)
    }
  }

  private static func forge(
    in place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy
  ) async throws -> any Forge {
    switch try await ForgeLookup(place: place, send: send, retryPolicy: retryPolicy).find(slug: nil) {
    case .forge(let forge): return forge
    case .noForge(let reason, let hints):
      throw LandingError(
        "there are no pull requests to land: \(reason)",
        hints: hints + ["to land without a forge: git orch land --push"])
    }
  }

  /// By which the forge merges: as the user or the setting says, if its rules allow that, or else as they want it.
  private func method(
    _ rules: MergeRules, _ place: RepositoryContext, _ forge: any Forge
  ) throws -> MergeMethod {
    let wanted =
      request.isModeGiven
      ? MergeMethod(rawValue: request.mode.rawValue)
      : MergeMethod(rawValue: place.settings[.reviewMergeMethod].rawValue)
    if let method = rules.method(wanted) { return method }
    let allowed = MergeMethod.allCases.filter { rules.methods[$0] != nil }.map(\.rawValue)
    let name = wanted?.rawValue ?? "any way"
    throw LandingError(
      "pull requests cannot be merged into '\(base.branch)' by \(name): \(forge.site.slug) allows "
        + (allowed.isEmpty ? "nothing" : allowed.joined(separator: " and ")),
      hints: request.isModeGiven
        ? allowed.map { "use another way: git orch land --forge --mode \($0)" }
        : ["let the forge's rules choose: git config orchestrator.review.mergeMethod auto"])
  }

  private mutating func findRequests(_ place: RepositoryContext) async throws {
    guard let side = forge, !items.isEmpty else { return }
    let open = try await side.forge.openPullRequests()
    let heads = side.forge.heads?.slug.lowercased()
    let branches = Set(tasks.map(\.branch))
    for item in items {
      let own = open.filter { found in
        found.head.branch == item.branch
          && (heads.map { $0 == found.head.repository?.lowercased() } ?? !found.isFromFork)
      }
      guard let found = own.first(where: { $0.base == base.branch }) ?? own.first else {
        leftOut[item.id] = LeftOut(
          status: .skipped, reason: "it has no open pull request",
          advice: [
            "open one for '\(item.branch)' on \(side.forge.site.kind.name), then: git orch land --forge "
              + shellQuoted(item.branch),
            "or land it without: git orch land --push \(shellQuoted(item.branch))",
          ])
        continue
      }
      if let out = try await whyNot(found, of: item, branches, place) {
        leftOut[item.id] = out
      } else {
        forge?.requests[item.id] = found
      }
    }
    for item in items where leftOut[item.id] == nil {
      guard let missing = item.needs.first(where: { leftOut[$0] != nil }) else { continue }
      leftOut[item.id] = LeftOut(
        status: .blocked, reason: "it builds on '\(missing)', which does not land", advice: [])
    }
    items.removeAll { leftOut[$0.id] != nil }
  }

  private func whyNot(
    _ found: PullRequest, of item: TrainItem, _ branches: Set<String>, _ place: RepositoryContext
  ) async throws -> LeftOut? {
    let name = "its pull request #\(found.number)"
    if found.isDraft {
      return LeftOut(status: .skipped, reason: "\(name) is a draft", advice: ["mark it as ready: \(found.url)"])
    }
    let moved = forge?.restacked[item.branch]
    let isToBePushed = moved.map { $0.after == item.tip && found.isAt($0.before.description) } ?? false
    if !isToBePushed, !found.isAt(item.tip.description) {
      let remote = forge?.branchRemote ?? "origin"
      return LeftOut(
        status: .skipped,
        reason: "\(name) is at \(found.head.commit.prefix(10)), and your '\(item.branch)' at \(item.tip.abbreviated)",
        advice: [
          "if yours is right: git push --force-with-lease \(remote) \(shellQuoted(item.branch))",
          "if the forge's is: git fetch \(remote), and move your branch there",
        ])
    }
    if found.base == base.branch || branches.contains(found.base) { return nil }
    guard let side = forge else { return nil }
    let stack = StackLookup(
      place: place, forge: side.forge, rules: side.rules, remote: side.branchRemote, destination: base.branch)
    switch try await stack.destination(of: found.number, from: found.base) {
    case .refused(let reason): return LeftOut(status: .skipped, reason: "\(name): \(reason)", advice: [])
    case .branch(base.branch): return nil
    case .branch:
      return LeftOut(
        status: .skipped, reason: "\(name) is to be merged into '\(found.base)', not into '\(base.branch)'",
        advice: ["change its base: \(found.url)"])
    }
  }
}
