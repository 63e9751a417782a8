import Agents
package import Engine
package import Forges
package import HTTP
package import Processes

/// The pull requests that could be reviewed.
package enum OpenPullRequests {
  /// All that are open on the forge of the repository, the newest first.
  /// - Parameter note: shows the user what is waited for.
  /// - Throws: `RunError`, `GitError`, each telling what to do.
  package static func list(
    in place: RepositoryContext, stop: StopRequest, send: @escaping HTTPSend, note: @escaping @Sendable (String) -> Void
  ) async throws -> [PullRequest] {
    try await stop.cancelling(at: .graceful) {
      try await ReviewPreparation.translatingForgeErrors {
        let forge = try await ForgeSource.lookup(send).forge(
          in: place, retryPolicy: ForgeRetryNotices(stop: stop, note: note).retryPolicy)
        _ = try await forge.access()
        return try await forge.openPullRequests()
      }
    }
  }
}
