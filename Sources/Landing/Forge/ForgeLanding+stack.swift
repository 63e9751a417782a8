import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Restacking
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
      return try await move(item, to: made.commit, because: .landed)
    }
  }

  /// Brings a branch up to date with the base, whose rules want that: by a merge of the base, as the forge itself would,
  /// or, where its commits are to become the base's one by one, by putting them on top.
  func updated(
    _ item: TrainItem, onto head: TrainBuilder.Head, expecting tree: ObjectID
  ) async throws -> Restacked {
    if side.method == .rebase { return try await restacked(item, onto: head, expecting: tree) }
    let text = CommitText(
      author: builder.committer, committer: builder.committer,
      message: "Merge branch '\(plan.base.branch)' into \(item.branch)\n")
    let merged = try await quarantine.commit(tree: tree, parents: [present(item), head.commit], text: text)
    return try await move(item, to: merged, because: .rules)
  }

  private func move(
    _ item: TrainItem, to commit: ObjectID, because reason: BranchMover.Reason
  ) async throws -> Restacked {
    let (before, remote) = (present(item), side.branchRemote)
    guard before != commit else { return .moved(commit) }
    var mover = mover
    mover.reason = reason
    let move = BranchMove(task: item.id, branch: item.branch, before: before, after: commit)
    let why = reason == .landed ? "put on top of what landed" : "brought up to date with '\(plan.base.branch)'"
    guard try await !mover.move([move]).isEmpty else {
      return .not(
        .not(
          .failed, "it has to be \(why), and its worktree has changes that are not committed",
          advice: ["commit them, then: \(LandingRun.continuation)"]))
    }
    tips[item.id] = commit
    guard try await context.stack.tip(of: item.branch) == commit else {
      return .not(
        .not(
          .failed, "'\(remote)' does not have '\(item.branch)' as it was \(why)",
          advice: [
            "push it: git push --force-with-lease \(remote) \(shellQuoted(item.branch))",
            "then: \(LandingRun.continuation)",
          ]))
    }
    return .moved(commit)
  }

  /// Where its branch is: this landing may have moved it.
  func present(_ item: TrainItem) -> ObjectID { tips[item.id] ?? item.tip }

  /// Gives the pull requests that are based on this one's branch its base. Those in a stack that the forge itself keeps
  /// follow once this one is merged.
  func retargetChildren(of parent: PullRequest, for task: String) async throws {
    guard !parent.isFromFork else { return }
    for child in try await context.children(of: parent.head.branch, except: parent.number) {
      try await journal.append(
        .effect(
          task: task,
          effects: [EffectRecord(.pullRequestBase, "\(child.number)", before: child.base, after: plan.base.branch)]))
      _ = try await side.forge.retarget(child.number, to: plan.base.branch)
    }
  }

  /// Undoes that where the task's own was not merged, also what an earlier process of this landing has done.
  func giveBackChildren(of task: String) async throws {
    for (number, branch) in try await retargeted()[task, default: [:]].sorted(by: { $0.key < $1.key }) {
      let seen = try await side.forge.pullRequest(number)
      guard seen.state == .open, seen.base == plan.base.branch else { continue }
      try await journal.append(
        .effect(
          task: task,
          effects: [EffectRecord(.pullRequestBase, "\(number)", before: plan.base.branch, after: branch)]))
      _ = try await side.forge.retarget(number, to: branch)
    }
  }

  /// The same of all that did not land, at the end of the landing: a process may have been killed before it could.
  func giveBackChildren() async throws {
    for (task, _) in try await retargeted().sorted(by: { $0.key < $1.key }) {
      let state = await journal.state[task: task]
      guard let state, state.status.isFinal, ![.landed, .queued].contains(state.status), !state.isMergeUnknown else {
        continue
      }
      do {
        if let number = state.pullRequest?.number, try await side.forge.pullRequest(number).state == .merged {
          continue
        }
        try await giveBackChildren(of: task)
      } catch let error as ForgeError where error.code != .cancelled {
        try await journal.tell(
          "what builds on '\(state.header.branch)', which is not merged, has '\(plan.base.branch)' as its base: "
            + context.secrets.masking(error.message))
      }
    }
  }

  /// The pull requests that this landing has given the base, with the branches that they were based on, by the tasks for
  /// which that was done.
  private func retargeted() async throws -> [String: [Int: String]] {
    let (folder, base) = (journal.folder, plan.base.branch)
    let own = side.requests.mapValues(\.number)
    return try await offPool { () throws(JournalError) in
      var found: [String: [Int: String]] = [:]
      try folder.readEntries { entry in
        guard case .effect(let task?, let effects) = entry.event else { return }
        for effect in effects where effect.kind == .pullRequestBase {
          // One that gives a base back may not have been done: the forge is asked where it is.
          guard let number = Int(effect.name), number != own[task], effect.after == base else { continue }
          found[task, default: [:]][number] = effect.before
        }
      }
      return found
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
