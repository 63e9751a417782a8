import Basics
package import Engine
package import Git
import Journal
package import Plans
import Preflight
package import SystemPackage

/// A task with the place where it will be worked on.
package struct WorktreePlan: Sendable {
  package let task: AgentTask
  package let worktree: FilePath
  /// The name under `.git/worktrees`: the task's id, unless another worktree has it.
  package let worktreeName: String
  /// The commit at which the branch stands already; nil when it is to be created.
  package let existingTip: ObjectID?
  /// What of its branch the remote has; nil when it was not asked for.
  package var remoteBefore: RemoteBefore?
  /// Why it cannot be worked on; nil when it can.
  package var fault: RunError?

  /// The remote's branch before the run.
  package struct RemoteBefore {
    /// nil when the remote has no such branch.
    package let tip: ObjectID?
    /// Where it was when it was last seen from here.
    package let tracked: ObjectID?

    package init(tip: ObjectID?, tracked: ObjectID?) {
      self.tip = tip
      self.tracked = tracked
    }
  }
}

/// Finds each task its place, and refuses the plan while something of the user's is in the way.
struct WorktreePlanner {
  let repository: Repository
  let base: Base
  let folder: FilePath
  /// The remote's branches of those names, as it said just now.
  let remoteBranches: [String: ObjectID]
  let remote: String?
  let pushes: Bool
  let externalDependencies: [String: [ExternalDependencyRecord]]
  /// Where the work is meant to arrive, by somebody's decision and not by a task's push.
  let destination: String
  let environment: [String: String]

  func places(for tasks: [AgentTask]) throws -> [WorktreePlan] {
    try checkWritable()
    let linked = try repository.worktrees()
    let checkedOut = try branchesCheckedOut(linked)
    let branches = repository.branches().keys.sorted()
    var names = Set(linked.map(\.name))
    return try tasks.map { task in
      if [base.branch, destination].contains(task.branch) {
        throw RunError(
          .branchIsBase,
          "task '\(task.id)' is to work on branch '\(task.branch)', which is "
            + (task.branch == base.branch ? "what the run is based on" : "where its work is to be merged"),
          hints: ["give the task a branch of its own in the plan"])
      }
      let theirs = pushes && task.candidateOf == nil ? remote.map { ($0, remoteBranches) } : nil
      if let fault = BranchNames.fault(task.branch, of: task.id, local: branches, remote: theirs) { throw fault }
      let path = folder.appending(task.id)
      try refuseUnfinished(at: path, task: task, linked: linked)
      let tip = try vacantTip(of: task, checkedOut: checkedOut)
      try checkVacant(path, task: task, linked: linked)
      return WorktreePlan(
        task: task, worktree: path, worktreeName: takeName(task.id, from: &names), existingTip: tip,
        remoteBefore: try remoteBefore(of: task))
    }
  }

  private func branchesCheckedOut(_ linked: [LinkedWorktree]) throws -> [String: FilePath] {
    var branches: [String: FilePath] = [:]
    for worktree in linked {
      if let branch = worktree.branch { branches[branch] = worktree.path }
    }
    if let main = repository.mainWorkingDirectory,
      case .branch(let name, _) = try Repository.open(main, environment: environment).head()
    {
      branches[name] = main
    }
    return branches
  }

  /// The branch's commit when it exists and holds nothing of its own; nil when it does not exist.
  private func vacantTip(of task: AgentTask, checkedOut: [String: FilePath]) throws -> ObjectID? {
    let tip = try repository.branch(task.branch)
    // What it builds on is not its own.
    let starts = [base.commit] + (externalDependencies[task.id] ?? []).compactMap { ObjectID($0.tip) }
    if let tip, try !starts.contains(where: { try repository.isAncestor(tip, of: $0) }) {
      let own = try repository.commits(from: tip, excluding: starts, limit: 100).count
      throw RunError(
        .branchHasWork,
        "branch '\(task.branch)' of task '\(task.id)' already exists and has \(own) commit\(own == 1 ? "" : "s") "
          + "that '\(base.branch)' lacks",
        hints: [
          "to keep them, give the task another branch in the plan",
          "to start from scratch, move them away: git branch -m \(task.branch) \(task.branch)-old",
        ])
    }
    if tip != nil, let path = checkedOut[task.branch] {
      throw RunError(
        .branchCheckedOut, "branch '\(task.branch)' of task '\(task.id)' is checked out at '\(path)'",
        hints: [
          path == folder.appending(task.id)
            ? "look at it, then remove it: git worktree remove '\(path)'"
            : "switch that worktree to another branch, or give the task another branch in the plan"
        ])
    }
    // That of a candidate is not pushed: what has its name over there is nothing to it.
    if task.candidateOf == nil, let remote, let theirs = remoteBranches[task.branch] {
      // A commit that is not here cannot be part of the base.
      let known = try repository.commit(at: theirs.description) != nil
      guard known, try starts.contains(where: { try repository.isAncestor(theirs, of: $0) }) else {
        throw RunError(
          .remoteBranchHasWork,
          "branch '\(task.branch)' of task '\(task.id)' already exists on '\(remote)' and has work that "
            + "'\(base.branch)' lacks",
          hints: [
            "give the task another branch in the plan",
            "or look at it first: git fetch \(remote) \(task.branch)",
          ])
      }
    }
    return tip
  }

  private func remoteBefore(of task: AgentTask) throws(GitError) -> WorktreePlan.RemoteBefore? {
    guard let remote, task.candidateOf == nil else { return nil }
    return WorktreePlan.RemoteBefore(
      tip: remoteBranches[task.branch], tracked: try repository.remoteBranch(task.branch, of: remote))
  }

  /// What a run leaves behind that was killed while it made a worktree. The lock on runs is ours, so nobody makes it
  /// now; but git may, who knows, and so it is the user who removes it.
  private func refuseUnfinished(at path: FilePath, task: AgentTask, linked: [LinkedWorktree]) throws {
    guard linked.contains(where: { $0.path == path && $0.isUnfinished }) else { return }
    throw RunError(
      .worktreeInTheWay,
      "the worktree at '\(path)', where task '\(task.id)' would go, was left unfinished while git created it",
      hints: ["nobody has worked in it; remove it: git worktree remove -f -f '\(path)'"])
  }

  private func checkVacant(_ path: FilePath, task: AgentTask, linked: [LinkedWorktree]) throws {
    if let other = linked.first(where: { $0.path == path }) {
      throw RunError(
        .worktreeInTheWay, "there is a worktree at '\(path)' already, where task '\(task.id)' would go",
        hints: [
          other.isPrunable
            ? "its folder is gone: git worktree prune"
            : "look at it, then remove it: git worktree remove '\(path)'"
        ])
    }
    guard FileSystem.isVacant(path) else {
      throw RunError(
        .worktreeInTheWay, "'\(path)' already exists and is not empty, and task '\(task.id)' would go there",
        hints: ["move it away, or choose another folder: git config orchestrator.worktreeDir DIR"])
    }
  }

  private func checkWritable() throws {
    guard let fault = FileSystem.whyNotWritable(folder) else { return }
    throw RunError(
      .worktreeFolderUnwritable, "cannot create worktrees in '\(folder)': \(fault)",
      hints: ["choose another folder: git config orchestrator.worktreeDir DIR"])
  }

  private func takeName(_ id: String, from taken: inout Set<String>) -> String {
    var name = id
    var number = 2
    while !taken.insert(name).inserted {
      name = "\(id)-\(number)"
      number += 1
    }
    return name
  }
}
