import Basics
import Engine
import Git
import Journal
import Processes
import Remotes
import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Looks whether everything is as the run left it, and what it takes to make it as it was. Changes nothing.
struct UndoPlanner {
  let place: RepositoryContext
  let state: RunState
  let effects: RunEffects
  let isLocal: Bool
  let forge: UndoForge

  /// A change that is wanted, and what must be there for it.
  struct Wanted: Sendable {
    let effect: EffectRecord
    let expected: Set<String?>
    var isOpen = false
    var isBeforeKnown = true

    init(_ item: RunEffects.Item) {
      effect = EffectRecord(item.kind, item.name, before: item.after, after: item.before, place: item.place)
      expected = item.expected
      isOpen = item.isOpen
      isBeforeKnown = item.isBeforeKnown
    }

    init(_ effect: EffectRecord) {
      self.effect = effect
      expected = [effect.before]
    }

    var kind: EffectKind { effect.kind }
    var name: String { effect.name }
  }

  func plan() async throws -> UndoPlan {
    let last = effects.undos.last
    let wanted: [Wanted]
    var plan: UndoPlan
    if let last, !last.isComplete {
      plan = UndoPlan(run: state.header.id, isRedo: last.isRedo, isRest: true, number: effects.undos.count)
      wanted = last.effects.map { Wanted($0) }
    } else if let last, !last.isRedo {
      plan = UndoPlan(run: state.header.id, isRedo: true, isRest: false, number: effects.undos.count + 1)
      wanted = last.effects.map { Wanted($0.inverse) }
    } else {
      plan = UndoPlan(run: state.header.id, isRedo: false, isRest: false, number: effects.undos.count + 1)
      wanted = effects.items.map { Wanted($0) }
      tellWhatLasts(&plan)
    }
    await refuseLivingAgents(&plan)
    var remote = UndoRemotePlanner(planner: self, wanted: wanted)
    try await remote.examine(&plan)
    try await examineWorktrees(wanted, &plan)
    try await examineReferences(wanted, except: remote.leftBranches, &plan)
    try await examineConfiguration(wanted, &plan)
    try await examineFiles(wanted, &plan)
    for other in wanted where !Self.kinds.contains(other.kind) {
      plan.refusals.append(
        .init("a newer git-orch changed '\(other.name)' (\(other.kind.rawValue)); update git-orch to take that back"))
    }
    if plan.refusals.isEmpty { try await remote.rehearse(&plan) }
    return plan
  }

  private static let kinds: Set<EffectKind> = [
    .reference, .worktree, .configuration, .remoteBranch, .pullRequest, .pullRequestBase, .file, .checkout,
  ]

  private func tellWhatLasts(_ plan: inout UndoPlan) {
    for url in effects.posted { plan.lasting.append("a review that was posted: \(url)") }
    for merge in effects.merges {
      plan.lasting.append("pull request #\(merge.number), merged\(merge.commit.map { " as \($0.prefix(10))" } ?? "")")
    }
    plan.cost = effects.cost
    for reference in effects.saved { plan.left.append("saved work: \(reference)") }
    if effects.isIncomplete {
      plan.left.append(
        "what the run changed is not fully recorded, since an older version of git-orch did it; this is what is known")
    }
  }

  private func refuseLivingAgents(_ plan: inout UndoPlan) async {
    let living = await ProcessWatch.shared.snapshot().marked(.run(place.store.folder(of: state.header.id).mark))
    guard !living.isEmpty else { return }
    let pids = living.map { "\($0.pid)" }.sorted().joined(separator: " ")
    plan.refusals.append(
      .init("\(living.count) process\(living.count == 1 ? "" : "es") of the run still live", "end them: kill \(pids)"))
  }

  // MARK: - Worktrees

  private func examineWorktrees(_ wanted: [Wanted], _ plan: inout UndoPlan) async throws {
    let worktrees = wanted.filter { $0.kind == .worktree }
    guard !worktrees.isEmpty else { return }
    // Of the whole run: a branch that is where it was is not among what is wanted.
    let branches = Set(effects.items.filter { $0.kind == .reference }.map(\.name))
    let environment = place.environment
    let place = place
    let found = try await place.inRepository { repository in
      let records = try repository.worktrees()
      var (changes, refusals, left, unsaved): ([EffectRecord], [UndoPlan.Refusal], [String], [String]) = (
        [], [], [], []
      )
      for wanted in worktrees {
        guard let path = wanted.effect.before ?? wanted.effect.after else { continue }
        let record = records.first { $0.path.string == path }
        let isVacant = FileSystem.isVacant(FilePath(path))
        if wanted.effect.after != nil {
          // Back to its place.
          let bin = FilePath(wanted.effect.place ?? "")
          if !isVacant, record != nil { continue }
          guard wanted.effect.place != nil, Worktrees.isInTrash(FilePath(path), bin) else {
            left.append("worktree '\(path)' is not in the trash any more; make it: git worktree add '\(path)' BRANCH")
            continue
          }
          if !isVacant || record != nil, !Worktrees.isHalfBack(FilePath(path), named: wanted.name, from: bin) {
            refusals.append(.init("there is something at '\(path)', where a worktree of the run was", "move it away"))
          } else if records.contains(where: { $0.name == wanted.name }) {
            refusals.append(.init("another worktree has the name '\(wanted.name)' now", "remove or move that one"))
          } else {
            changes.append(EffectRecord(.worktree, wanted.name, before: nil, after: path, place: bin.string))
          }
          continue
        }
        if record == nil, isVacant { continue }
        guard let record else {
          if wanted.effect.place != nil, Worktrees.isInTrash(FilePath(path), FilePath(wanted.effect.place ?? "")) {
            // Begun by an earlier process.
            changes.append(wanted.effect)
          } else {
            left.append("'\(path)', which is no longer a worktree of this repository")
          }
          continue
        }
        if let branch = record.branch, !branches.contains("refs/heads/\(branch)") {
          left.append("worktree '\(path)', which is on branch '\(branch)' now")
          continue
        }
        if record.isLocked, !record.isUnfinished {
          refusals.append(.init("worktree '\(path)' is locked", "git worktree unlock '\(path)'"))
          continue
        }
        if !record.isPrunable, !isVacant, !record.isUnfinished,
          try !Repository.open(record.path, environment: environment).status().isClean
        {
          unsaved.append(path)
        }
        // That of an earlier process that did not come to its end may hold the rest.
        let bin = wanted.effect.place ?? Trash.freePlace(place).string
        changes.append(EffectRecord(.worktree, record.name, before: path, after: nil, place: bin))
      }
      return (changes, refusals, left, unsaved)
    }
    plan.changes += found.0
    plan.refusals += found.1
    plan.left += found.2
    plan.unsaved += found.3
  }

  // MARK: - References

  private func examineReferences(
    _ wanted: [Wanted], except leftBranches: Set<String>, _ plan: inout UndoPlan
  ) async throws {
    let references = wanted.filter { $0.kind == .reference }
    let checkouts = wanted.filter { $0.kind == .checkout }
    let going = Set(plan.changes(of: .worktree).compactMap(\.before))
    let (environment, common, run) = (place.environment, place.commonDirectory, plan.run)
    let (isLocal, isRedo) = (isLocal, plan.isRedo)
    let found = try await place.inRepository { repository in
      var checkedOut: [String: String] = [:]
      for worktree in try repository.worktrees() where !going.contains(worktree.path.string) {
        if let branch = worktree.branch { checkedOut["refs/heads/\(branch)"] = worktree.path.string }
      }
      if let main = repository.mainWorkingDirectory,
        case .branch(let name, _) = try Repository.open(main, environment: environment).head()
      {
        checkedOut["refs/heads/\(name)"] = main.string
      }
      var (changes, refusals, left): ([EffectRecord], [UndoPlan.Refusal], [String]) = ([], [], [])
      for wanted in references {
        let isTracking = wanted.name.hasPrefix("refs/remotes/")
        if isTracking, isLocal || leftBranches.contains(where: { wanted.name.hasSuffix("/\($0)") }) { continue }
        let current = try repository.reference(wanted.name)?.description
        var target = wanted.effect.after
        if !wanted.isBeforeKnown, !isTracking {
          switch Self.start(of: wanted.name, in: common) {
          case .known(let before): target = before
          case .unknown: left.append("whether '\(wanted.name)' was there before the run is not recorded")
          }
        }
        if current == target { continue }
        // What git remembers of the remote follows the remote.
        guard isTracking || wanted.isOpen && current != nil || wanted.expected.contains(current) else {
          refusals.append(Self.moved(wanted.name, from: wanted.effect.before, to: current, run: run))
          continue
        }
        if !isTracking, let path = checkedOut[wanted.name],
          checkouts.contains(where: { $0.name == path && $0.effect.place == wanted.name })
        {
          // The run had moved it together with the branch, with the user's leave.
          if let changed = try Repository.open(FilePath(path), environment: environment).entriesBeyondTodoMarks().first
          {
            refusals.append(
              .init(
                "'\(path)' has '\(wanted.name.dropFirst("refs/heads/".count))' checked out, and changes that are not "
                  + "committed: '\(changed.path)'", "commit them, or put them aside: git -C '\(path)' stash"))
            continue
          }
          changes.append(EffectRecord(.checkout, path, before: current, after: target, place: wanted.name))
        } else if !isTracking, let path = checkedOut[wanted.name] {
          refusals.append(
            .init("'\(wanted.name)' is checked out at '\(path)'", "switch that worktree to another branch"))
          continue
        }
        changes.append(EffectRecord(.reference, wanted.name, before: current, after: target))
      }
      return (changes, refusals, left)
    }
    plan.changes += found.0
    plan.refusals += found.1
    if !isRedo { plan.left += found.2 }
  }

  private static func moved(_ name: String, from before: String?, to current: String?, run: String) -> UndoPlan.Refusal
  {
    let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
    guard let current else {
      return .init("'\(branch)' is not there any more", "bring it back: git branch \(branch) \(before ?? "COMMIT")")
    }
    guard let before else {
      return .init(
        "'\(branch)' is there now, at \(current.prefix(10))", "give it another name: git branch -m \(branch) NAME")
    }
    return .init(
      "'\(branch)' has moved since: it is at \(current.prefix(10)), not at \(before.prefix(10))",
      "look at what is new: git log \(before.prefix(10))..\(branch)",
      "to keep it, give it another name, and put the branch back: git branch \(branch)-new \(branch) && git branch -f \(branch) \(before.prefix(10))",
      "or take the run's part back on top: git switch -c undo-\(run) \(branch) && git revert COMMIT...")
  }

  private enum Start { case known(String?), unknown }

  /// Where a branch was before the run, as git's log of it says.
  private static func start(of name: String, in common: FilePath) -> Start {
    guard let text = try? FilePath("\(common)/logs/\(name)").readText(limit: 16 << 20, .repairsText) else {
      return .unknown
    }
    for line in text.split(separator: "\n") where line.contains("\torch: start of ") {
      let before = String(line.prefix { $0 != " " })
      return .known(before.allSatisfy { $0 == "0" } ? nil : before)
    }
    return .unknown
  }

  // MARK: - Configuration and files

  private func examineConfiguration(_ wanted: [Wanted], _ plan: inout UndoPlan) async throws {
    let keys = wanted.filter { $0.kind == .configuration }
    let values = try await place.git.localConfiguration(Set(keys.map(\.name)))
    for key in keys {
      let current = values[key.name]
      if current == key.effect.after { continue }
      if key.expected.contains(current) {
        plan.changes.append(EffectRecord(.configuration, key.name, before: current, after: key.effect.after))
      } else {
        plan.left.append("\(key.name), which has another value now: \(current ?? "none")")
      }
    }
  }

  private func examineFiles(_ wanted: [Wanted], _ plan: inout UndoPlan) async throws {
    for file in wanted where file.kind == .file {
      let path = FilePath(file.name)
      var current: String?
      if !FileSystem.isAbsent(path) {
        guard let bytes = try? path.readBytes(limit: 64 << 20) else {
          plan.left.append("'\(path)', which cannot be read")
          continue
        }
        current = try await place.git.storeBlob(bytes).description
      }
      if current == file.effect.after { continue }
      if file.expected.contains(current) {
        plan.changes.append(EffectRecord(.file, file.name, before: current, after: file.effect.after))
      } else {
        plan.left.append("'\(path)', which was changed since")
      }
    }
  }
}
