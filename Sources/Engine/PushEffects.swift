package import Git
package import Journal
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

  /// What a first push writes into the configuration.
  package func upstream(of branch: String, at remote: String) -> [EffectRecord] {
    let rebases = settings.listing.entries.last { $0.key == "branch.autosetuprebase" }?.value
    return [
      EffectRecord(.configuration, "branch.\(branch).remote", before: nil, after: remote),
      EffectRecord(.configuration, "branch.\(branch).merge", before: nil, after: "refs/heads/\(branch)"),
    ]
      + (["always", "remote"].contains(rebases)
        ? [EffectRecord(.configuration, "branch.\(branch).rebase", before: nil, after: "true")] : [])
  }
}
