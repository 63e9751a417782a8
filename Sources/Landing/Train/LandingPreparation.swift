import Basics
import Engine
import Git
import Journal
import Processes
import Remotes
import Restacking
import Settings
import SystemPackage
import Trains

/// Looks at what is to land, and whether it may.
struct LandingPreparation: Sendable {
  let request: LandingRequest
  let place: RepositoryContext
  /// The landing that is continued.
  var earlier: RunState?
  /// Whether nothing is going to be changed, so that what would be in the way is only told.
  var isRehearsal = false

  /// Of a branch, more commits than these are not looked at one by one.
  private static let mostCommits = 2_000

  func plan() async throws -> LandingPlan {
    let selection = try await self.selection()
    let remote = try requestedRemote()
    let branch = try await baseBranch(selection.base)
    let tip = try await baseTip(branch, remote)
    var notes = place.settings.warnings
    if remote == nil {
      do {
        if let checkout = try await BranchCheckout.find(of: branch, in: place) {
          guard request.updatesCheckout else { throw BaseUpdate.isCheckedOut(branch, at: checkout) }
          try await BranchCheckout.refuseUnclean(checkout, branch, in: place)
        }
      } catch let error as LandingError {
        guard isRehearsal else { throw error }
        notes.append(error.description)
      }
    }
    if remote == nil, let note = try await noteOnRemote(branch, tip) { notes.append(note) }
    let command = try testCommand()
    _ = try await place.requireIdentity()
    let setup = try await WorktreeSetup(place)
    let folder = try place.worktreeFolder(plan: nil)
    if command != nil, let fault = FileSystem.whyNotWritable(folder) {
      throw LandingError(
        "cannot make the tests' worktree in '\(folder)': \(fault)",
        hints: ["choose another folder: git config orchestrator.worktreeDir DIR"])
    }
    let known =
      selection.isExplicit || request.fixRounds > 0 ? [:] : try await setAsideBefore(selection, branch, command)
    let committer = try await place.git.identities().committer
    let mode = request.mode
    let found = try await place.inRepository { repository in
      try Self.look(selection, at: tip, mode, except: known, repository)
    }
    var leftOut = selection.leftOut.merging(known) { first, _ in first }
    for id in found.landed.keys { leftOut[id] = nil }
    var items = TrainOrder.sorted(found.items)
    // What is needed comes first in it.
    for item in items {
      guard let missing = item.needs.first(where: { leftOut[$0] != nil }) else { continue }
      leftOut[item.id] = .init(
        status: .blocked, reason: "it builds on '\(missing)', which does not land", advice: [])
    }
    items.removeAll { leftOut[$0.id] != nil }
    let tree = try await place.withRepository { repository throws(GitError) in try repository.tree(of: tip) }
    return LandingPlan(
      request: request, base: BaseRecord(branch: branch, commit: tip.description), baseCommit: tip, baseTree: tree,
      remote: remote, testCommand: command, tasks: selection.tasks, tips: selection.tips, run: selection.run,
      runs: selection.runs, unfixed: selection.returned.unfixed, fixes: selection.returned.fixes,
      items: items, landed: found.landed, leftOut: leftOut, notes: notes, folder: folder,
      setup: setup, committer: committer)
  }

  private func selection() async throws -> LandingSelection {
    guard let earlier, let header = earlier.header.landing else {
      return try await LandingSelection.find(request.names, in: place)
    }
    // Where its branches are now counts. What was judged stays so, and is what others may need.
    let tasks = earlier.tasks.filter { $0.status != .landed }
    let names = Set(tasks.compactMap { $0.returns.last?.run } + [header.run].compactMap(\.self))
    let store = place.store
    let runs = try await offPool { () throws(JournalError) in
      try store.runs().filter { names.contains($0.id) }.compactMap { try? $0.state() }
    }
    let owners = LandingContinuation(landing: earlier, header: header, runs: runs)
    return try await place.inRepository { try owners.selection(of: tasks, in: $0) }
  }

  // MARK: - The base

  private func requestedRemote() throws -> String? {
    guard request.pushes || request.usesForge else { return nil }
    let remotes = place.remotes()
    guard let remote = remotes.base else {
      throw LandingError(
        "there is no remote '\(remotes.name)' to push to",
        hints: ["name another: git config orchestrator.git.remote NAME", "or land here only: git orch land"])
    }
    return remote.name
  }

  func baseBranch(_ known: String?) async throws -> String {
    if let onto = request.onto { return onto }
    // As it was begun.
    if earlier != nil, let known { return known }
    if let destination = place.settings[.gitDestinationBranch], destination != "auto" { return destination }
    if let known { return known }
    let (setting, remote) = (place.settings[.gitBaseBranch], place.remotes().base?.name)
    return try await place.inRepository {
      try Base.branchName(plan: nil, setting: setting, remote: remote, in: $0)
    }
  }

  private func baseTip(_ branch: String, _ remote: String?) async throws -> ObjectID {
    if let remote {
      do {
        try await place.git.fetch(remote: remote, branch: branch)
      } catch {
        if error.code == .cancelled { throw CancellationError() }
        throw LandingError("cannot fetch '\(branch)' from '\(remote)': \(Secrets.withoutPasswords("\(error)"))")
      }
    }
    let tip = try await place.withRepository { repository throws(GitError) in
      if let remote { return try repository.remoteBranch(branch, of: remote) }
      return try repository.branch(branch)
    }
    guard let tip else {
      throw LandingError(
        "there is no branch '\(branch)' to land on",
        hints: [
          "name another: git config orchestrator.git.destinationBranch BRANCH",
          "or land on the remote's: git orch land --push",
        ])
    }
    return tip
  }

  /// What the remote has, as far as it is known here, and the base does not.
  private func noteOnRemote(_ branch: String, _ tip: ObjectID) async throws -> String? {
    guard let remote = place.remotes().base?.name else { return nil }
    let isBehind = try await place.withRepository { repository throws(GitError) in
      guard let theirs = try repository.remoteBranch(branch, of: remote) else { return false }
      return try !repository.isAncestor(theirs, of: tip)
    }
    return isBehind
      ? "'\(remote)/\(branch)' has commits that your '\(branch)' lacks; to land on those: git orch land --push" : nil
  }

  func testCommand() throws -> String? {
    if let header = earlier?.header.landing { return header.testCommand }
    guard request.tests else { return nil }
    if let command = place.settings[.projectTestCommand], !command.isEmpty { return command }
    throw LandingError(
      "there are no tests that could prove what lands: orchestrator.project.testCommand is not set",
      hints: [
        "set it: git config orchestrator.project.testCommand COMMAND", "or land without: git orch land --no-test",
      ])
  }

  // MARK: - The branches

  /// Those that the newest landings on this base have set aside, and that are where they were then.
  private func setAsideBefore(
    _ selection: LandingSelection, _ branch: String, _ command: String?
  ) async throws -> [String: LandingPlan.LeftOut] {
    guard let command else { return [:] }
    let store = place.store
    return try await offPool { () throws(JournalError) in
      var found: [String: LandingPlan.LeftOut] = [:]
      var judged: Set<String> = []
      for folder in try store.runs().reversed().prefix(20) {
        guard let state = try? folder.state(), let landing = state.header.landing, state.undo == nil,
          state.header.base.branch == branch, landing.testCommand == command
        else { continue }
        for task in state.tasks {
          guard let header = selection.tasks.first(where: { $0.branch == task.header.branch }),
            landing.tips[task.header.id] == selection.tips[header.id]?.description,
            task.status == .testsFailed || task.status == .landed, judged.insert(header.id).inserted,
            task.status == .testsFailed
          else { continue }
          let earlier = task.message?.hasPrefix("set aside before") == true
          found[header.id] = .init(
            status: .testsFailed,
            reason: earlier
              ? task.message ?? ""
              : "set aside before, by \(state.header.id), and not changed since: \(task.message ?? "")",
            advice: ["to try it again all the same: git orch land \(header.branch)"])
        }
      }
      return found
    }
  }

  /// What has landed, and what each of the others brings.
  private static func look(
    _ selection: LandingSelection, at base: ObjectID, _ mode: LandingMode,
    except known: [String: LandingPlan.LeftOut], _ repository: Repository
  ) throws -> (items: [TrainItem], landed: [String: Git.Landing]) {
    var landed: [String: Git.Landing] = [:]
    for (id, tip) in selection.tips { landed[id] = try repository.landing(of: tip, in: base) }
    var items: [TrainItem] = []
    for header in selection.tasks {
      guard landed[header.id] == nil, selection.leftOut[header.id] == nil, known[header.id] == nil,
        let tip = selection.tips[header.id]
      else { continue }
      // Another branch whose commits it has, or those that it had before it was given back to its agent.
      var parents: [(id: String, tip: ObjectID)] = []
      for other in selection.tasks where other.id != header.id && landed[other.id] != .commits {
        let tips =
          [selection.tips[other.id]].compactMap(\.self)
          + (selection.returned.formerTips[other.id] ?? []).reversed()
        guard let otherTip = try tips.first(where: { try $0 != tip && repository.isAncestor($0, of: tip) }) else {
          continue
        }
        parents.append((other.id, otherTip))
      }
      let before = try (selection.needed[header.id] ?? []).compactMap {
        try landedParent($0, of: tip, base: base, repository)
      }
      let start = selection.starts[header.id]
      // Its agent has brought the base into it since: git finds by itself what is its own.
      let hasBase =
        try selection.returned.formerTips[header.id] != nil && parents.allSatisfy { landed[$0.id] != nil }
        && start.map { try repository.isAncestor($0, of: tip) && repository.isAncestor($0, of: base) } ?? false
      let fork = hasBase ? nil : try Restack.fork(of: tip, start: start, parents.map(\.tip) + before, repository)
      let own = try repository.commits(
        from: tip, excluding: [base] + parents.map(\.tip) + before + [fork].compactMap(\.self), limit: mostCommits)
      let commits = try own.reversed().map { commit in
        BranchCommit(
          id: commit.id, parents: try repository.parents(of: commit.id), text: try repository.text(of: commit.id))
      }
      let needs = Set(header.needs.filter { id in selection.tasks.contains { $0.id == id } && landed[id] == nil })
        .union(parents.map(\.id).filter { landed[$0] == nil })
      items.append(TrainItem(header: header, tip: tip, commits: commits, fork: fork, needs: needs.sorted()))
    }
    return (items, landed)
  }

  /// The commits of one that has landed by others, as far as the branch has them; nil where it needs none of that.
  private static func landedParent(
    _ needed: LandingSelection.Needed, of tip: ObjectID, base: ObjectID, _ repository: Repository
  ) throws -> ObjectID? {
    let known = try (needed.tips + needed.earlier).filter { try repository.commit(at: $0.description) != nil }
    guard
      let parent = try known.first(where: {
        try $0 != tip && repository.isAncestor($0, of: tip) && !repository.isAncestor($0, of: base)
      })
    else { return nil }
    let hasLanded = try needed.tips.contains { try known.contains($0) && repository.landing(of: $0, in: base) != nil }
    return hasLanded ? parent : nil
  }
}
