import Basics
import Engine
import Git
import Journal
import Merging
import Processes
import SystemPackage

/// Puts the branches of a run that build on what has landed on top of the base, where that has other commits now than
/// those on which they were begun. Their own commits are replayed in memory; a branch moves as a whole or not at all.
struct Restack: Sendable {
  let plan: LandingPlan
  let place: RepositoryContext
  let journal: RunJournal
  let quarantine: MergeQuarantine
  let builder: TrainBuilder

  /// A branch of the run, and what became of it.
  private struct Branch: Sendable {
    let task: String
    let name: String
    let tip: ObjectID
    let start: ObjectID?
    /// Whether the base has what it changes.
    var isLanded: Bool
    /// Whether its task is done, and the branch nobody's to work on.
    let isDone: Bool
    /// Where it is once it is moved.
    var moved: TrainBuilder.Head?
  }

  /// What a branch is to become.
  private struct Move: Sendable {
    let task: String
    let branch: String
    let before: ObjectID
    let after: ObjectID
    /// The worktree that has it checked out.
    var checkout: FilePath?

    var reference: String { "refs/heads/\(branch)" }
  }

  func perform() async throws {
    // Merges have brought the very commits that the others build on.
    guard builder.mode != .merge, let run = plan.run, let state = try? place.store.run(run).state() else { return }
    let landing = await journal.state
    let base = try await baseHead()
    var branches = try await self.branches(of: state, landing)
    guard branches.contains(where: \.isLanded), branches.contains(where: { !$0.isLanded }) else { return }
    var moves: [Move] = []
    for index in branches.indices where !branches[index].isLanded && branches[index].isDone {
      let branch = branches[index]
      // The tests' verdict is about the branch as it is.
      if landing[task: branch.task]?.status == .testsFailed { continue }
      guard let (onto, fork) = try await target(of: branch, branches, base) else { continue }
      let commits = try await commits(of: branch, since: fork)
      switch try await builder.replayed(commits, onto: onto) {
      case .empty: break
      case .coupled(let head), .resolved(let head, _):
        branches[index].moved = head
        moves.append(Move(task: branch.task, branch: branch.name, before: branch.tip, after: head.commit))
      case .conflict(let paths):
        try await tell(
          "'\(branch.name)' builds on what has landed, and stays as it is: its commits conflict with "
            + "'\(plan.base.branch)' in \(paths.prefix(5).joined(separator: ", ")); to put it there by hand: "
            + "git rebase --onto \(plan.base.branch) \(fork.abbreviated) \(branch.name)")
      case .refused(let reason):
        try await tell("'\(branch.name)' builds on what has landed, and stays as it is: \(reason)")
      }
    }
    try await move(moves)
  }

  private func tell(_ message: String) async throws(JournalError) {
    try await journal.append(.warned(message: message))
  }

  // MARK: - Looking

  private func baseHead() async throws -> TrainBuilder.Head {
    let (branch, remote) = (plan.base.branch, plan.remote)
    return try await place.withRepository { repository throws(GitError) in
      var tip = try repository.branch(branch)
      if let remote { tip = try repository.remoteBranch(branch, of: remote) }
      guard let tip else { throw GitError(.notFound, "there is no branch '\(branch)'") }
      return TrainBuilder.Head(commit: tip, tree: try repository.tree(of: tip))
    }
  }

  /// In the order of the plan, in which what is needed comes first.
  private func branches(of run: RunState, _ landing: RunState) async throws -> [Branch] {
    let plan = plan
    return try await place.inRepository { repository in
      try run.tasks.compactMap { task in
        guard let tip = try repository.branch(task.header.branch) else { return nil }
        let id = task.header.id
        return Branch(
          task: id, name: task.header.branch, tip: tip, start: task.startCommit.flatMap(ObjectID.init),
          isLanded: landing[task: id]?.status == .landed || plan.landed[id] != nil, isDone: task.status.isGood)
      }
    }
  }

  /// Onto what a branch is to be put, and the commit on top of which its own begin; nil when it may stay, or has to wait.
  private func target(
    of branch: Branch, _ all: [Branch], _ base: TrainBuilder.Head
  ) async throws -> (onto: TrainBuilder.Head, fork: ObjectID)? {
    let (tip, start) = (branch.tip, branch.start)
    return try await place.inRepository { repository in
      let parents = try all.filter { other in
        try other.tip != tip && repository.isAncestor(other.tip, of: tip)
          && !repository.isAncestor(other.tip, of: base.commit)
      }
      guard parents.contains(where: { $0.isLanded || $0.moved != nil }),
        let fork = try LandingPreparation.fork(of: tip, start: start, parents.map(\.tip), repository)
      else { return nil }
      let open = parents.filter { !$0.isLanded }
      if open.isEmpty { return (base, fork) }
      // On another one that was put there; on several it would have to be merged anew.
      guard open.allSatisfy({ $0.moved != nil }),
        let last = try open.first(where: { one in try open.allSatisfy { try repository.isAncestor($0.tip, of: one.tip) }
        }),
        let head = last.moved
      else { return nil }
      return (head, fork)
    }
  }

  private func commits(of branch: Branch, since fork: ObjectID) async throws -> [BranchCommit] {
    try await place.inRepository { repository in
      try repository.commits(from: branch.tip, excluding: [fork]).reversed().map { commit in
        BranchCommit(
          id: commit.id, parents: try repository.parents(of: commit.id), text: try repository.text(of: commit.id))
      }
    }
  }

  // MARK: - Moving

  private func move(_ all: [Move]) async throws {
    var moves: [Move] = []
    for var move in all {
      move.checkout = try await BaseUpdate.checkout(of: move.branch, in: place)
      if let checkout = move.checkout {
        do {
          try await BaseUpdate.refuseUnclean(checkout, move.branch, in: place)
        } catch let error as LandingError {
          // What builds on it stays with it.
          try await tell("'\(move.branch)' builds on what has landed, and stays as it is: \(error.fault)")
          break
        }
      }
      moves.append(move)
    }
    guard !moves.isEmpty else { return }
    try await quarantine.adopt(moves.map(\.after))
    var effects: [EffectRecord] = []
    for move in moves {
      let (before, after) = (move.before.description, move.after.description)
      effects.append(EffectRecord(.reference, move.reference, before: before, after: after))
      if let checkout = move.checkout {
        effects.append(EffectRecord(.checkout, checkout.string, before: before, after: after, place: move.reference))
      }
    }
    try await journal.append(.effect(task: nil, effects: effects))
    try await place.git.updateReferences(
      moves.filter { $0.checkout == nil }.map { ReferenceUpdate($0.reference, from: $0.before, to: $0.after) },
      message: "orch: put on top of what landed by \(journal.folder.id)")
    for move in moves {
      if let checkout = move.checkout {
        // Refuses where a file with changes would be overwritten.
        try await GitCommand(directory: checkout, environment: place.environment)
          .require(.checkout(hooks: nil), ["reset", "--quiet", "--keep", "\(move.after)"])
      }
      try await tell(
        "'\(move.branch)' builds on what has landed, and is on top of '\(plan.base.branch)' now: it was at "
          + move.before.abbreviated)
    }
    try await push(moves)
  }

  /// What the remote has as it was, follows.
  private func push(_ moves: [Move]) async throws {
    guard let remote = plan.remote else { return }
    let theirs = try await place.git.remoteBranches(
      remote: remote, named: moves.map(\.branch), pushURL: place.remote(remote)?.separatePushURL)
    let pushed = moves.filter { theirs[$0.branch] == $0.before }
    guard !pushed.isEmpty else { return }
    let tracked = try await place.withRepository { repository throws(GitError) in
      var tips: [String: ObjectID] = [:]
      for move in pushed { tips[move.branch] = try repository.remoteBranch(move.branch, of: remote) }
      return tips
    }
    try await journal.append(
      .effect(
        task: nil,
        effects: pushed.flatMap { move -> [EffectRecord] in
          [
            .push(of: move.branch, to: remote, from: move.before, to: move.after),
            .tracking(move.branch, of: remote, from: tracked[move.branch], to: move.after),
          ]
        }))
    let (environment, directory) = (place.environment, place.checkout ?? place.commonDirectory)
    let hooks = try await offPool { () throws(GitError) in
      try Repository.hooks(around: directory, environment: environment)
    }
    let reason = try await place.git.push(
      pushed.map { ReferenceUpdate($0.reference, from: $0.before, to: $0.after) }, to: remote, hooks: hooks)
    if let reason {
      try await tell("'\(remote)' does not take the branches that were put on top of what landed: \(reason)")
    }
  }
}
