import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Settings
import Trains

/// What builds on what lands.
extension ForgeLanding {
  enum Restacked: Sendable {
    case moved(ObjectID)
    case not(Outcome)
  }

  /// Puts the branch on top of the base, whose files it must come to with its own commits, and pushes it.
  func restacked(
    _ item: TrainItem, onto head: TrainBuilder.Head, expecting tree: ObjectID
  ) async throws -> Restacked {
    let remote = side.branchRemote
    switch try await builder.replayed(item.commits, onto: head) {
    case .empty: return .not(.not(.failed, "it has nothing that '\(plan.base.branch)' lacks", advice: []))
    case .refused(let reason): return .not(.not(.failed, reason, advice: []))
    case .conflict(let paths):
      return .not(
        .not(
          .conflict,
          "it builds on what has landed, and its own commits conflict with '\(plan.base.branch)', in "
            + paths.prefix(5).joined(separator: ", "),
          advice: ["once that is resolved and pushed: git orch land --forge \(shellQuoted(item.branch))"]))
    case .coupled(let made), .resolved(let made, _):
      guard made.tree == tree else {
        return .not(.not(.failed, "its commits one by one come to other files than those that were tested", advice: []))
      }
      let move = BranchMove(task: item.id, branch: item.branch, before: item.tip, after: made.commit)
      guard try await !mover.move([move]).isEmpty else {
        return .not(
          .not(
            .failed, "it has to be put on top of what landed, and its worktree has changes that are not committed",
            advice: ["commit them, then: \(LandingRun.continuation)"]))
      }
      guard try await context.stack.tip(of: item.branch) == made.commit else {
        return .not(
          .not(
            .failed, "'\(remote)' does not have '\(item.branch)' as it was put on top of what landed",
            advice: [
              "push it: git push --force-with-lease \(remote) \(shellQuoted(item.branch))",
              "then: \(LandingRun.continuation)",
            ]))
      }
      return .moved(made.commit)
    }
  }

  /// Gives the pull requests that are based on this one's branch its base; returns those that the forge shows so. The
  /// others are in a stack that the forge itself keeps, and follow once this one is merged.
  func retargetChildren(of parent: PullRequest, for task: String) async throws -> [Int] {
    guard !parent.isFromFork else { return [] }
    var moved: [Int] = []
    for child in try await context.children(of: parent.head.branch, except: parent.number) {
      try await journal.append(
        .effect(
          task: task,
          effects: [EffectRecord(.pullRequestBase, "\(child.number)", before: child.base, after: plan.base.branch)]))
      let seen = try await side.forge.retarget(child.number, to: plan.base.branch)
      if seen.base == plan.base.branch { moved.append(child.number) }
    }
    return moved
  }

  /// Undoes that where nothing was merged.
  func giveBack(_ children: [Int], to branch: String, for task: String) async throws {
    for child in children {
      try await journal.append(
        .effect(
          task: task,
          effects: [EffectRecord(.pullRequestBase, "\(child)", before: plan.base.branch, after: branch)]))
      _ = try await side.forge.retarget(child, to: branch)
    }
  }

  /// Deletes the branches of all that this landing has had merged, where the setting wants that.
  func deleteBranches() async throws {
    guard place.settings[.landDeleteBranch] else { return }
    for task in await journal.state.tasks {
      guard task.status == .landed, let record = task.pullRequest, let tip = ObjectID(record.commit) else { continue }
      do {
        let seen = try await side.forge.pullRequest(record.number)
        if seen.state == .merged { try await context.deleteBranch(of: seen, at: tip, for: task.header.id) }
      } catch let error as ForgeError where error.code != .cancelled {
        try await journal.tell("branch '\(record.branch)' is not deleted: \(context.secrets.masking(error.message))")
      }
    }
  }

  /// What a process that was killed had asked the forge for, and that the forge did.
  func findMerged() async throws {
    for task in await journal.state.tasks {
      guard plan.landed[task.header.id] != nil, task.isMergeUnknown, let record = task.pullRequest else { continue }
      let seen = try await side.forge.pullRequest(record.number)
      guard seen.state == .merged else { continue }
      let item = TrainItem(
        header: task.header, tip: plan.baseCommit, commits: [], fork: nil, needs: [])
      let base = TrainBuilder.Head(commit: plan.baseCommit, tree: plan.baseTree)
      let expected = task.mergingTree.flatMap(ObjectID.init)
      switch try await conclude(item, seen, onto: base, expecting: expected) {
      case .differs(_, let reason): try await journal.append(.warned(message: reason))
      default: break
      }
    }
  }
}
