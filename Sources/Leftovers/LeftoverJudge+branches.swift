import Basics
import Engine
import Git
import Journal
import Settings
import SystemPackage

/// When a task's branch may go.
extension LeftoverJudge {
  func judgeBranch(_ leftover: Leftover, after going: [Leftover]) async throws -> Verdict {
    guard let run = runs.first(where: { $0.id == leftover.run }) else { return .gone }
    let branch = leftover.name
    guard let tip = try await tip(of: branch) else { return .gone }
    guard tip.description == leftover.commit else { return .stay(reason: "it has moved meanwhile") }
    if try await startingPoints().contains(branch) { return .stay(reason: "tasks start from it") }
    if let path = try await checkout(of: branch, after: going) {
      return .stay(reason: "it is checked out at '\(path)'")
    }
    if let dependent = dependent(on: branch) { return .stay(reason: dependent) }
    let bases = try await bases(of: run)
    if let choice = choice(for: leftover, in: run), choice.candidate != leftover.task {
      return try await judgeCandidate(after: choice, bases)
    }
    if let pullRequest = try await pullRequest(basedOn: branch, bases) { return .stay(reason: pullRequest) }
    for base in bases {
      let landing = try await place.withRepository { repository throws(GitError) in
        try repository.landing(of: tip, in: base.commit)
      }
      switch landing {
      case .commits: return .go(reason: "it is part of '\(base.name)'")
      case .content: return .go(reason: "'\(base.name)' has all that it changes")
      case .patch: return .go(reason: "'\(base.name)' has the same change")
      case nil: continue
      }
    }
    return .stay(reason: try await lack(of: tip, branch, bases, remote: remoteName(of: run)))
  }

  /// What was chosen for the task that it is a candidate's branch of.
  private func choice(for leftover: Leftover, in run: LeftoverSurvey.RunRecord) -> ChoiceRecord? {
    guard let task = leftover.task, let owner = run.state[task: task]?.header.candidateOf else { return nil }
    return run.state[task: owner]?.choice
  }

  /// Nobody brings home the work that was not chosen: it may go once that is home which was.
  private func judgeCandidate(
    after choice: ChoiceRecord, _ bases: [(name: String, commit: ObjectID)]
  ) async throws -> Verdict {
    let home = try await place.withRepository { repository throws(GitError) -> String? in
      guard let tip = ObjectID(choice.tip), try repository.commit(at: choice.tip) != nil else { return nil }
      for base in bases where try repository.landing(of: tip, in: base.commit) != nil { return base.name }
      return nil
    }
    guard let home else { return .stay(reason: "'\(choice.candidate)', which was chosen instead, has not landed") }
    return .go(reason: "'\(home)' has the work of '\(choice.candidate)', which was chosen instead")
  }

  private func tip(of branch: String) async throws -> ObjectID? {
    try await place.withRepository { repository throws(GitError) in try repository.branch(branch) }
  }

  private func remoteName(of run: LeftoverSurvey.RunRecord) -> String {
    run.state.header.remote ?? place.remotes().push?.name ?? place.settings[.gitRemote]
  }

  /// The branches that nobody means to lose, whatever has landed.
  private func startingPoints() async throws -> Set<String> {
    let settings = place.settings
    var names = Set(runs.map(\.state.header.base.branch))
    names.formUnion(runs.compactMap(\.state.header.forge?.destination))
    names.formUnion([settings[.gitBaseBranch], settings[.gitDestinationBranch]].compactMap(\.self))
    let remote = place.remotes().base?.name ?? settings[.gitRemote]
    let other = try await place.withRepository { repository throws(GitError) in
      try repository.defaultBranch(of: remote)
    }
    if let other { names.insert(other) }
    return names
  }

  /// Where a branch is checked out, or is being rebased; nil when it is nowhere, or only where something goes.
  func checkout(of branch: String, after going: [Leftover]) async throws -> FilePath? {
    let leaving = going.filter { $0.kind == .worktree || $0.kind == .record }.compactMap(\.record)
    return try await place.withRepository { repository throws(GitError) -> FilePath? in
      if let main = repository.mainWorkingDirectory {
        switch try Repository.open(main, environment: place.environment).head() {
        case .branch(branch, _), .unborn(branch): return main
        default: break
        }
        if Self.isRebased(branch, in: repository.commonDirectory) { return main }
      }
      let records = repository.commonDirectory.appending("worktrees")
      return try repository.worktrees().first { worktree in
        !leaving.contains(worktree.name)
          && (worktree.branch == branch || Self.isRebased(branch, in: records.appending(worktree.name)))
      }?.path
    }
  }

  /// In the midst of a rebase `HEAD` is detached.
  private static func isRebased(_ branch: String, in gitDirectory: FilePath) -> Bool {
    ["rebase-merge/head-name", "rebase-apply/head-name"].contains {
      gitDirectory.pushing(FilePath($0)).text == "refs/heads/\(branch)"
    }
  }

  private func dependent(on branch: String) -> String? {
    for run in runs where run.isUnfinished || run.isInProgress {
      for task in run.state.tasks where !task.status.isGood {
        let own = run.state.tasks.filter { task.header.needs.contains($0.header.id) }.map(\.header.branch)
        let others = (task.header.externalDependencies ?? []).map(\.branch)
        if (own + others).contains(branch) { return "task '\(task.header.id)' of run \(run.id) builds on it" }
      }
    }
    return nil
  }

  /// Another task's pull request that is meant for the branch, and whose work has not landed.
  private func pullRequest(
    basedOn branch: String, _ bases: [(name: String, commit: ObjectID)]
  ) async throws -> String? {
    for task in runs.flatMap(\.state.tasks) {
      guard let request = task.pullRequest, request.base == branch, request.branch != branch, task.mergeCommit == nil
      else { continue }
      let tip = try await tip(of: request.branch) ?? ObjectID(request.commit)
      let isLanded = try await place.withRepository { repository throws(GitError) -> Bool in
        guard let tip, try repository.commit(at: tip.description) != nil else { return false }
        for base in bases where try repository.landing(of: tip, in: base.commit) != nil { return true }
        return false
      }
      if !isLanded { return "it is the base of pull request #\(request.number), as far as is known here" }
    }
    return nil
  }

  /// The branches on which a run's work is home, as they are now.
  private func bases(of run: LeftoverSurvey.RunRecord) async throws -> [(name: String, commit: ObjectID)] {
    let header = run.state.header
    let names =
      [header.base.branch] + [header.forge?.destination].compactMap(\.self).filter { $0 != header.base.branch }
    // A fork's copy of the base may lag behind the one that pull requests are merged into.
    let remotes = [remoteName(of: run), place.remotes().base?.name].compactMap(\.self)
    return try await place.withRepository { repository throws(GitError) -> [(name: String, commit: ObjectID)] in
      var found: [(name: String, commit: ObjectID)] = []
      for name in names {
        if let local = try repository.reference("refs/heads/\(name)") { found.append((name, local)) }
        for remote in remotes {
          let theirs = try repository.reference("refs/remotes/\(remote)/\(name)")
          if let theirs, !found.contains(where: { $0.1 == theirs }) { found.append(("\(remote)/\(name)", theirs)) }
        }
      }
      return found
    }
  }

  private func lack(
    of tip: ObjectID, _ branch: String, _ bases: [(name: String, commit: ObjectID)], remote: String
  ) async throws -> String {
    guard let base = bases.first else { return "there is no base any more to compare it with" }
    let (count, isPushed) = try await place.withRepository { repository throws(GitError) in
      (
        try repository.commits(from: tip, excluding: bases.map(\.commit), limit: 1000).count,
        try repository.remoteBranch(branch, of: remote) == tip
      )
    }
    let commits = count == 1 ? "1 commit that is" : "\(count) commits that are"
    return "it has \(commits) not in '\(base.name)'" + (isPushed ? ", but on '\(remote)'" : "")
  }
}
