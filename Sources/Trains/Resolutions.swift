import Basics
package import Engine
package import Git
import Journal
package import Merging

/// Resolves conflicts as they were resolved before.
package protocol ConflictReplay: Sendable {
  /// nil unless all conflicts of the two are known.
  func replay(_ ours: ObjectID, _ theirs: ObjectID) async throws -> ReplayedMerge?
}

/// By what work that landed has shown.
package struct KnownResolutions: ConflictReplay {
  package let quarantine: MergeQuarantine
  package let store: ResolutionStore

  package init(quarantine: MergeQuarantine, store: ResolutionStore) {
    self.quarantine = quarantine
    self.store = store
  }

  package func replay(_ ours: ObjectID, _ theirs: ObjectID) async throws -> ReplayedMerge? {
    try await quarantine.replay(ours, theirs, from: store)
  }
}

/// Learns from branches that have landed how conflicts are resolved.
package struct ResolutionLearning: Sendable {
  package let place: RepositoryContext
  package let quarantine: MergeQuarantine
  package let store: ResolutionStore

  package init(place: RepositoryContext, quarantine: MergeQuarantine, store: ResolutionStore) {
    self.place = place
    self.quarantine = quarantine
    self.store = store
  }

  /// More merges and landings than these are not looked at.
  private static let mostMerges = 50
  private static let mostLandings = 20

  /// Nothing of a landing depends on it: what cannot be learned is resolved by hand again.
  package func learn(from items: [TrainItem], base: String, except landing: String) async {
    for item in items {
      // The base, or a neighbor, was merged into the branch.
      for commit in item.commits.suffix(Self.mostMerges) where commit.parents.count == 2 {
        await learn(commit.parents[0], commit.parents[1], resolvedIn: commit.id)
      }
    }
    await learnFromEarlier(items, base: base, except: landing)
    store.sweep()
  }

  private func learn(_ ours: ObjectID, _ theirs: ObjectID, resolvedIn commit: ObjectID) async {
    guard let tree = try? await quarantine.tree(of: commit) else { return }
    _ = try? await quarantine.learn(ours, theirs, resolvedIn: tree, for: store)
  }

  /// What conflicted in an earlier landing, and was then put on top of the base that it had conflicted with.
  private func learnFromEarlier(_ items: [TrainItem], base: String, except landing: String) async {
    let folders = (try? place.store.runs().reversed().prefix(Self.mostLandings).map(\.self)) ?? []
    var left = items
    for folder in folders where folder.id != landing && !left.isEmpty {
      guard let state = try? await offPool({ try folder.state() }), let header = state.header.landing,
        state.header.base.branch == base, let tip = ObjectID(state.header.base.commit)
      else { continue }
      for task in state.tasks where task.status == .conflict {
        guard let item = left.first(where: { $0.branch == task.header.branch }),
          let old = header.tips[task.header.id].flatMap(ObjectID.init), old != item.tip
        else { continue }
        left.removeAll { $0.branch == item.branch }
        let isOnTop = try? await place.withRepository { repository throws(GitError) in
          try repository.isAncestor(tip, of: item.tip)
        }
        if isOnTop ?? false { await learn(tip, old, resolvedIn: item.tip) }
      }
    }
  }
}
