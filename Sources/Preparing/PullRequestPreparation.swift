import Engine
import Forges
import Git
import Journal
import Plans
import Settings

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

  /// What the forge says of the repository that branches are pushed to.
  struct PushedTo: Sendable {
    let site: ForgeRepository
    let access: ForgeAccess

    /// What the user should know who has pushed to a fork of theirs so far, and gets pull requests in it.
    func note(in place: RepositoryContext, plan: TaskPlan, remotes: WorkRemotes) -> String? {
      guard let parent = access.parent, plan.settings.repoSlug == nil, place.settings[.gitRepoSlug] == nil,
        remotes.push?.name == remotes.base?.name,
        !place.settings.listing.entries.contains(where: { $0.key.hasSuffix(".gh-resolved") })
      else { return nil }
      return "'\(site.slug)' is a fork of '\(parent)', and pull requests are opened in the fork; to open them in "
        + "'\(parent)': git config orchestrator.git.repoSlug \(parent)"
    }
  }

  /// - Throws: `RunError` and `ForgeError`, with what to do.
  func prepare(
    _ request: RunRequest, remote: String?, remoteHasDestination: Bool, listing: RemoteListing
  ) async throws -> (Outcome, PushedTo?) {
    guard request.pushes, let remote else { return (.none(nil), nil) }
    if let reason = request.noPullRequestsReason { return (.none(reason), nil) }
    let forge: any Forge
    let pushed: PushedTo
    do {
      switch try await lookup.find(
        slug: request.plan.settings.repoSlug, pushingTo: listing.remotes.push?.name)
      {
      case .noForge(let reason, _): return (.none(reason), nil)
      case .forge(let found): forge = found
      }
      guard remoteHasDestination else { throw await missingDestination(on: remote, listing) }
      let access = try await forge.access()
      if let heads = forge.heads, var theirs = try await forge.accessToHeads() {
        theirs.login = theirs.login ?? access.login
        theirs.parent = nil
        pushed = PushedTo(site: heads, access: theirs)
      } else {
        pushed = PushedTo(site: forge.site, access: access)
      }
    } catch let error as ForgeError {
      throw RunError(
        .noPullRequests, "cannot open pull requests: \(error.message)",
        hints: error.hints + ["or only push the branches: git orch run --no-pr"])
    }
    let delivery = try await PullRequestDelivery(
      forge, destination: destination, retryPolicy: lookup.retryPolicy, remote: remote, in: place)
    return (.opened(delivery), pushed)
  }

  private func missingDestination(on remote: String, _ listing: RemoteListing) async -> RunError {
    let fault = "'\(remote)' has no branch '\(destination)' to open pull requests against"
    if let now = await listing.renamedDefault(destination) {
      return RunError(
        .destinationMissing, "\(fault): its default branch is '\(now)' now",
        hints: [
          "take note of it: git remote set-head \(remote) --auto",
          "and name it where '\(destination)' is named: git config orchestrator.git.destinationBranch \(now)",
        ])
    }
    return RunError(
      .destinationMissing, fault,
      hints: [
        "push it: git push \(remote) \(destination)",
        "or name another: git config orchestrator.git.destinationBranch BRANCH",
      ])
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
