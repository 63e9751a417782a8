import Attempts
import Engine
import Git
import Journal
import Plans
import Preparing
import Remotes
import Settings
import SystemPackage

/// What a task is about to change, for whoever takes its run back.
extension TaskRunner {
  func effectOfStart(at start: ObjectID) -> JournalEvent {
    .effect(
      task: task.id,
      effects: [
        EffectRecord(
          .reference, "refs/heads/\(task.branch)", before: place.existingTip?.description, after: start.description),
        EffectRecord(.worktree, place.worktreeName, before: nil, after: place.worktree.string),
      ])
  }

  /// Of a worktree that is made once more, and of the branch when that is gone as well.
  func effectOfRestart(branchAt start: ObjectID?) -> JournalEvent {
    let branch = start.map {
      EffectRecord(.reference, "refs/heads/\(task.branch)", before: nil, after: $0.description)
    }
    let worktree = EffectRecord(.worktree, place.worktreeName, before: nil, after: place.worktree.string)
    return .effect(task: task.id, effects: [branch, worktree].compactMap(\.self))
  }

  /// Of the removal of the worktree, and of the branch when that is to go as well.
  func effectOfRemoval(branchAt start: String? = nil) -> JournalEvent {
    var effects = [EffectRecord(.worktree, place.worktreeName, before: place.worktree.string, after: nil)]
    if let start { effects.append(EffectRecord(.reference, "refs/heads/\(task.branch)", before: start, after: nil)) }
    return .effect(task: task.id, effects: effects)
  }
}

extension TaskDelivery {
  func effectOfPush(to remote: String) async -> JournalEvent {
    let branch = task.branch
    let before: WorktreePlan.RemoteBefore
    if let known = place.remoteBefore {
      before = known
    } else {
      // An earlier process of the run asked, and may have pushed.
      before = WorktreePlan.RemoteBefore(
        tip: try? await context.place.git.remoteTip(
          remote: remote, branch: branch, pushURL: delivery.route.pushURL),
        tracked: try? await context.place.withRepository { repository throws(GitError) in
          try repository.remoteBranch(branch, of: remote)
        })
    }
    return .effect(
      task: task.id,
      effects: [
        .push(of: branch, to: remote, from: before.tip, to: proof.tip),
        .tracking(branch, of: remote, from: before.tracked, to: proof.tip),
      ] + (delivery.upstreams.contains(branch) ? [] : context.place.upstream(of: branch, at: remote)))
  }

  func effectOfOpening(against base: String) -> JournalEvent {
    // Its number is not known before it is open.
    .effect(
      task: task.id, effects: [EffectRecord(.pullRequest, task.branch, before: nil, after: "open", place: base)])
  }
}
