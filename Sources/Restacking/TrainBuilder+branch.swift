package import Engine
import Git
package import Trains

extension TrainBuilder.Head {
  /// Where a branch is now, or the remote's as it is known here.
  package init(of branch: String, remote: String?, in place: RepositoryContext) async throws {
    self = try await place.withRepository { repository throws(GitError) in
      var tip = try repository.branch(branch)
      if let remote { tip = try repository.remoteBranch(branch, of: remote) }
      guard let tip else { throw GitError(.notFound, "there is no branch '\(branch)'") }
      return TrainBuilder.Head(commit: tip, tree: try repository.tree(of: tip))
    }
  }
}
