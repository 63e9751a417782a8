import Basics
package import Engine
package import Git
package import Journal
package import Merging
import Processes
import SystemPackage
package import Trains

/// Puts the branches of a run that build on what has landed on top of the base, where that has other commits now than
/// those on which they were begun. Their own commits are replayed in memory; a branch moves as a whole or not at all.
package struct Restack: Sendable {
  let plan: RestackPlan
  let place: RepositoryContext
  let journal: RunJournal
  /// nil after a merge by somebody else: then there is no landing in whose journal a branch could be set aside.
  let aside: SetAside?
  let quarantine: MergeQuarantine
  let builder: TrainBuilder

  /// A branch of the run, and what became of it.
  private struct Branch: Sendable {
    let task: String
    let name: String
    let tip: ObjectID
    let start: ObjectID?
    /// The tasks whose work it was begun with.
    let needs: Set<String>
    /// Whether the base has what it changes.
    var isLanded: Bool
    /// Whether its task is done, and the branch nobody's to work on.
    let isDone: Bool
    /// Where it is once it is moved.
    var moved: TrainBuilder.Head?
  }

  package init(
    plan: RestackPlan, place: RepositoryContext, journal: RunJournal, aside: SetAside?, quarantine: MergeQuarantine,
    builder: TrainBuilder
  ) {
    self.plan = plan
    self.place = place
    self.journal = journal
    self.aside = aside
    self.quarantine = quarantine
    self.builder = builder
  }

  /// - Returns: What was moved.
  @discardableResult
  package func perform() async throws -> [BranchMove] {
    let state = plan.run
    let mover = BranchMover(
      place: place, journal: journal, quarantine: quarantine, base: plan.base.branch, remote: plan.branchRemote)
    let done = state.ownTasks.filter(\.status.isGood).map { ($0.header.branch, $0.header.id) }
    let resumed = try await mover.resume(Dictionary(done, uniquingKeysWith: { first, _ in first }))
    let landing = await journal.state
    let base = try await TrainBuilder.Head(of: plan.base.branch, remote: plan.remote, in: place)
    var branches = try await self.branches(of: state, landing)
    guard !plan.landed.isEmpty || branches.contains(where: \.isLanded), branches.contains(where: { !$0.isLanded })
    else { return resumed }
    var moves: [BranchMove] = []
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
        moves.append(BranchMove(task: branch.task, branch: branch.name, before: branch.tip, after: head.commit))
      case .conflict(let paths):
        try await setAside(branch, state, fork, paths)
      case .refused(let reason):
        try await tell("'\(branch.name)' builds on what has landed, and stays as it is: \(reason)")
      }
    }
    return resumed + (try await mover.move(moves))
  }

  private func tell(_ message: String) async throws(JournalError) {
    try await journal.tell(message)
  }

  /// Its own commits conflict: it stays as it is, and that is what it ends as, unless the train has set it aside itself.
  private func setAside(_ branch: Branch, _ run: RunState, _ fork: ObjectID, _ paths: [String]) async throws {
    let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
    let files = paths.prefix(5).joined(separator: ", ") + more
    let rebase =
      "git rebase --onto \(shellQuoted(plan.baseName)) \(fork.abbreviated) \(shellQuoted(branch.name))"
    guard let aside else {
      return try await tell(
        "'\(branch.name)' builds on what has landed, and stays as it is: its commits conflict with "
          + "'\(plan.baseName)' in \(files); to put it there by hand: \(rebase)")
    }
    let state = await journal.state[task: branch.task]
    aside.note(branch.task) {
      $0.fork = fork
      if $0.paths.isEmpty { $0.paths = paths }
    }
    if state?.status == .conflict { return }
    if state == nil, let header = run[task: branch.task]?.header {
      try await journal.append(
        .taskAdded(
          header: TaskHeader(id: header.id, title: header.title, branch: header.branch, needs: header.needs)))
    }
    try await journal.append(
      .taskEnded(
        task: branch.task, status: .restackConflict,
        message: "it builds on what has landed, and its own commits conflict with '\(plan.baseName)', in \(files)",
        advice: [
          "put it there by hand: \(rebase)",
          "or let its agent do it: \(await journal.state.header.landCommand) --fix \(shellQuoted(branch.name))",
        ]))
  }

  // MARK: - Looking

  /// In the order of the plan, in which what is needed comes first.
  private func branches(of run: RunState, _ landing: RunState) async throws -> [Branch] {
    let plan = plan
    return try await place.inRepository { repository in
      try run.ownTasks.compactMap { task in
        guard let tip = try repository.branch(task.header.branch) else { return nil }
        let id = task.header.id
        return Branch(
          task: id, name: task.header.branch, tip: tip, start: task.startCommit.flatMap(ObjectID.init),
          needs: Set(task.header.needs),
          isLanded: landing[task: id]?.status == .landed || plan.landed.contains(id),
          isDone: task.status.isGood && !(task.attached?.process.isAlive ?? false))
      }
    }
  }

  /// Onto what a branch is to be put, and the commit on top of which its own begin; nil when it may stay, or has to wait.
  private func target(
    of branch: Branch, _ all: [Branch], _ base: TrainBuilder.Head
  ) async throws -> (onto: TrainBuilder.Head, fork: ObjectID)? {
    let (tip, landed) = (branch.tip, plan.landed)
    return try await place.inRepository { repository in
      var parents = try all.filter { other in
        try other.tip != tip && repository.isAncestor(other.tip, of: tip)
          && !repository.isAncestor(other.tip, of: base.commit)
      }
      var start = branch.start
      if let begun = start, try !repository.isAncestor(begun, of: tip) { start = nil }
      if let begun = start, try !repository.isAncestor(begun, of: base.commit) {
        // What it needs may have been changed since, and has other commits now than those it was begun on.
        parents += all.filter { other in
          branch.needs.contains(other.task) && !parents.contains { $0.task == other.task }
        }
      }
      // Of one that has landed the branch may be gone.
      let gone = branch.needs.subtracting(all.map(\.task)).intersection(landed)
      guard !gone.isEmpty || parents.contains(where: { $0.isLanded || $0.moved != nil }) else { return nil }
      let known = try parents.map(\.tip).filter { try repository.isAncestor($0, of: tip) }
      var fork = start
      if !known.isEmpty { fork = try Self.fork(of: tip, start: start, known, repository) }
      guard let fork, try !repository.isAncestor(fork, of: base.commit) else { return nil }
      let open = parents.filter { !$0.isLanded }
      if open.isEmpty { return (base, fork) }
      // On another one that was put there; on several it would have to be merged from scratch.
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

  /// The commit on top of which are only the branch's own changes, where it builds on others.
  package static func fork(
    of tip: ObjectID, start: ObjectID?, _ parents: [ObjectID], _ repository: Repository
  ) throws -> ObjectID? {
    guard !parents.isEmpty else { return nil }
    if let start, try repository.isAncestor(start, of: tip),
      try parents.allSatisfy({ try repository.isAncestor($0, of: start) })
    {
      return start
    }
    // The one that has all others; where there is none, git's own merge base has to do.
    return try parents.first { parent in try parents.allSatisfy { try repository.isAncestor($0, of: parent) } }
  }
}

/// Which branches are to be on top of what.
package struct RestackPlan: Sendable {
  let base: BaseRecord
  /// The remote whose base is meant; nil for the local one.
  let remote: String?
  /// The remote that has the branches; nil where they are only here.
  let branchRemote: String?
  /// Whose branches they are.
  let run: RunState
  /// The tasks whose work the base is known to have, however it came there.
  let landed: Set<String>

  package init(base: BaseRecord, remote: String?, branchRemote: String?, run: RunState, landed: Set<String>) {
    self.base = base
    self.remote = remote
    self.branchRemote = branchRemote
    self.run = run
    self.landed = landed
  }

  /// How the base is called, where it is the remote's.
  var baseName: String { remote.map { "\($0)/\(base.branch)" } ?? base.branch }
}
