package import Git
import Journal
package import Merging

/// Merges and commits that change nothing which anybody sees.
package protocol TrainMerges: Sendable {
  /// Merges two commits.
  func merge(_ ours: ObjectID, _ theirs: ObjectID) async throws -> MergeResult
  /// Makes a commit that may refer to what was merged.
  func commit(tree: ObjectID, parents: [ObjectID], text: CommitText) async throws -> ObjectID
}

extension MergeQuarantine: TrainMerges {
  package func merge(_ ours: ObjectID, _ theirs: ObjectID) async throws -> MergeResult {
    try await merge(ours, theirs, in: .here)
  }

  package func commit(tree: ObjectID, parents: [ObjectID], text: CommitText) async throws -> ObjectID {
    try await commit(tree: tree, parents: parents, text)
  }
}

/// Puts branches on top of each other, in memory.
package struct TrainBuilder: Sendable {
  package let mode: LandingMode
  package let merges: any TrainMerges
  /// Who lands them, as git writes it into commits.
  package let committer: String
  /// nil where conflicts are not resolved.
  package var replay: (any ConflictReplay)?

  package init(mode: LandingMode, merges: any TrainMerges, committer: String) {
    self.mode = mode
    self.merges = merges
    self.committer = committer
  }

  /// The end of the train so far.
  package struct Head: Sendable, Equatable {
    package let commit: ObjectID
    package let tree: ObjectID

    package init(commit: ObjectID, tree: ObjectID) {
      self.commit = commit
      self.tree = tree
    }
  }

  package enum Coupling: Sendable, Equatable {
    case coupled(Head)
    /// The same, with conflicts that were resolved as they were before: whether that is right here, the tests must say.
    case resolved(Head, ReplayedMerge)
    /// There is nothing in it that is not there.
    case empty
    case conflict(paths: [String])
    /// It cannot land in this way, for a reason given as a clause.
    case refused(String)
  }

  /// The same, but conflicts are not resolved.
  package var plain: TrainBuilder { TrainBuilder(mode: mode, merges: merges, committer: committer) }

  /// Puts a branch on top of what is there.
  package func couple(_ item: TrainItem, onto head: Head) async throws -> Coupling {
    switch mode {
    case .squash:
      let text = CommitText(
        author: item.commits.last?.text.author ?? committer, committer: committer,
        message: LandingMessage.squash(title: item.header.title, branch: item.branch, commits: item.commits))
      return try await joined(item, onto: head, parents: [head.commit], text)
    case .merge:
      let text = CommitText(
        author: committer, committer: committer,
        message: LandingMessage.merge(title: item.header.title, branch: item.branch, commits: item.commits))
      return try await joined(item, onto: head, parents: [head.commit, item.tip], text)
    case .rebase: return try await replayed(item.commits, onto: head)
    }
  }

  private func joined(
    _ item: TrainItem, onto head: Head, parents: [ObjectID], _ text: CommitText
  ) async throws -> Coupling {
    var ours = head.commit
    // Merge commits keep what it builds on: git finds the fork by itself.
    if let fork = item.fork, mode != .merge { ours = try await standIn(for: head, on: fork) }
    switch try await merges.merge(ours, item.tip) {
    case .conflict(let paths):
      guard let known = try await replay?.replay(ours, item.tip) else { return .conflict(paths: paths) }
      if known.tree == head.tree { return .empty }
      let text = LandingMessage.noting(known.paths, in: text)
      let commit = try await merges.commit(tree: known.tree, parents: parents, text: text)
      return .resolved(Head(commit: commit, tree: known.tree), known)
    case .unrelated: return .refused("it has no history in common with the base")
    case .clean(head.tree): return .empty
    case .clean(let tree):
      return .coupled(Head(commit: try await merges.commit(tree: tree, parents: parents, text: text), tree: tree))
    }
  }

  /// The commits one by one on top of another; those that become empty are dropped.
  package func replayed(_ commits: [BranchCommit], onto head: Head) async throws -> Coupling {
    var end = head
    var resolved: [ReplayedMerge] = []
    for commit in commits {
      guard commit.parents.count == 1, let parent = commit.parents.first else {
        return .refused(
          "\(commit.id.abbreviated) is a merge, and cannot be put on top of another commit; use --mode squash or merge")
      }
      let ours = try await standIn(for: end, on: parent)
      var text = commit.text
      text.committer = committer
      switch try await merges.merge(ours, commit.id) {
      case .conflict(let paths):
        guard let known = try await replay?.replay(ours, commit.id) else { return .conflict(paths: paths) }
        resolved.append(known)
        if known.tree == end.tree { continue }
        text = LandingMessage.noting(known.paths, in: text)
        end = Head(
          commit: try await merges.commit(tree: known.tree, parents: [end.commit], text: text), tree: known.tree)
      case .unrelated: return .refused("it has no history in common with the base")
      case .clean(end.tree): continue
      case .clean(let tree):
        end = Head(commit: try await merges.commit(tree: tree, parents: [end.commit], text: text), tree: tree)
      }
    }
    if end == head { return .empty }
    guard let last = resolved.last else { return .coupled(end) }
    return .resolved(
      end,
      ReplayedMerge(
        tree: last.tree, paths: Set(resolved.flatMap(\.paths)).sorted(),
        conflicts: Set(resolved.flatMap(\.conflicts)).sorted()))
  }

  /// A commit with the files of the head and another parent, so that changes are seen against that one.
  private func standIn(for head: Head, on parent: ObjectID) async throws -> ObjectID {
    try await merges.commit(
      tree: head.tree, parents: [parent],
      text: CommitText(author: committer, committer: committer, message: "stands for \(head.commit)\n"))
  }
}
