import Engine
import Forges
import Git
import Journal
import Plans

/// Looks before a run whether its pull requests can be opened, so that nobody pays agents to learn afterwards that a
/// login is missing.
struct PullRequestPreparation {
  let place: RepositoryContext
  let lookup: ForgeLookup
  let destination: String

  enum Outcome: Sendable {
    case opened(PullRequestDelivery)
    /// None are opened; why, as a clause. nil when no branches are pushed either.
    case none(String?)
  }

  /// - Throws: `RunError` and `ForgeError`, with what to do.
  func prepare(_ request: RunRequest, remote: String?, remoteHasDestination: Bool) async throws -> Outcome {
    guard request.pushes, let remote else { return .none(nil) }
    if let reason = request.noPullRequestsReason { return .none(reason) }
    let forge: any Forge
    do {
      switch try await lookup.find(slug: request.plan.settings.repoSlug) {
      case .noForge(let reason, _): return .none(reason)
      case .forge(let found): forge = found
      }
      guard remoteHasDestination else {
        throw RunError(
          .destinationMissing, "'\(remote)' has no branch '\(destination)' to open pull requests against",
          hints: [
            "push it: git push \(remote) \(destination)",
            "or name another: git config orchestrator.git.destinationBranch BRANCH",
          ])
      }
      _ = try await forge.access()
    } catch let error as ForgeError {
      throw RunError(
        .noPullRequests, "cannot open pull requests: \(error.message)",
        hints: error.hints + ["or only push the branches: git orch run --no-pr"])
    }
    return .opened(PullRequestDelivery(forge: forge, destination: destination, retryPolicy: lookup.retryPolicy))
  }
}

extension PullRequestPreparation.Outcome {
  var delivery: PullRequestDelivery? {
    guard case .opened(let delivery) = self else { return nil }
    return delivery
  }

  var record: ForgeRecord? {
    delivery.map { ForgeRecord($0.forge.site, destination: $0.destination) }
  }

  var reason: String? {
    guard case .none(let reason) = self else { return nil }
    return reason
  }
}
