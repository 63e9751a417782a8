package import Git
package import Journal
import Remotes
import Settings

/// What a push changes.
extension EffectRecord {
  package static func push(
    of branch: String, to remote: String, from before: ObjectID?, to tip: ObjectID
  ) -> EffectRecord {
    EffectRecord(
      .remoteBranch, "refs/heads/\(branch)", before: before?.description, after: tip.description, place: remote)
  }

  /// What git remembers of the remote's branch.
  package static func tracking(
    _ branch: String, of remote: String, from before: ObjectID?, to tip: ObjectID
  ) -> EffectRecord {
    EffectRecord(
      .reference, "refs/remotes/\(remote)/\(branch)", before: before?.description, after: tip.description)
  }
}

extension RepositoryContext {
  /// The branches that have an upstream, which no push gives another one.
  package var branchesWithUpstream: Set<String> {
    Set(
      settings.listing.entries.lazy.map(\.key).filter { $0.hasPrefix("branch.") && $0.hasSuffix(".remote") }
        .map { String($0.dropFirst("branch.".count).dropLast(".remote".count)) })
  }

  /// Whether `git pull` is to rebase what gets an upstream.
  private var rebasesUpstreams: Bool {
    ["always", "remote"].contains(settings.listing.entries.last { $0.key == "branch.autosetuprebase" }?.value)
  }

  /// Gives the branches that a run pushed their upstreams, as a push by hand would. Done when the run is over: whatever
  /// changes the configuration lets each git of the run, and each look at the repository, read it again.
  package func setUpstreams(of state: RunState, to remote: String) async {
    let pushed = state.tasks.filter { $0.pushedCommit != nil }.map(\.header.branch)
    await git.setUpstreams(of: pushed, to: remote, rebases: rebasesUpstreams)
  }

  /// What a run writes into the configuration for a branch that it pushes.
  package func upstream(of branch: String, at remote: String) -> [EffectRecord] {
    [
      EffectRecord(.configuration, "branch.\(branch).remote", before: nil, after: remote),
      EffectRecord(.configuration, "branch.\(branch).merge", before: nil, after: "refs/heads/\(branch)"),
    ]
      + (rebasesUpstreams
        ? [EffectRecord(.configuration, "branch.\(branch).rebase", before: nil, after: "true")] : [])
  }
}
