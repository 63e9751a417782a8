import Agents
package import Engine
package import Forges
package import HTTP
package import Processes

/// The pull requests that could be reviewed.
package struct OpenPullRequests: Sendable {
  /// The newest first.
  package var all: [PullRequest]
  /// What of the forge is the user's own.
  package let own: OwnRepositories
  private let forge: any Forge

  /// What the checks of each come to, by number; those that the forge does not tell are missing.
  package func checkStates(of shown: [PullRequest]) async -> [Int: CheckSummary.State] {
    // The table is as good without.
    (try? await forge.checkStates(of: shown)) ?? [:]
  }

  /// All that are open on the forge of the repository, the newest first.
  /// - Parameter note: shows the user what is waited for.
  /// - Throws: `RunError`, `GitError`, each telling what to do.
  package static func list(
    in place: RepositoryContext, stop: StopRequest, send: @escaping HTTPSend, note: @escaping @Sendable (String) -> Void
  ) async throws -> OpenPullRequests {
    try await stop.cancelling(at: .graceful) {
      try await ReviewPreparation.translatingForgeErrors {
        let forge = try await ForgeSource.lookup(send).forge(
          in: place, retryPolicy: ForgeRetryNotices(stop: stop, note: note).retryPolicy)
        let access = try await forge.access()
        return OpenPullRequests(
          all: try await forge.openPullRequests(), own: OwnRepositories(forge, access), forge: forge)
      }
    }
  }
}
