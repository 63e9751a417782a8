import Basics
import Engine
import Git
import Journal
import SystemPackage
import Worktrees

/// What belongs to no run that is known, or was being made or removed when its process was killed.
extension LeftoverSurvey {
  func addStrays(to collected: inout Collected) throws {
    let recorded = Set(collected.findings.runs.flatMap(\.worktrees).map { $0.inRealFolder })
    var folders = Set(recorded.map { $0.removingLastComponent() })
    if let folder = try? place.worktreeFolder(plan: nil) { folders.insert(folder.realPath ?? folder) }
    var strays: [Leftover] = []
    let unfinished = Set(
      selection.includesUnfinished
        ? [] : collected.findings.runs.filter(\.isUnfinished).flatMap(\.worktrees).map { $0.inRealFolder })
    strays += goneWorktrees(recorded, folders, &collected).filter { leftover in
      // `git orch run --continue` makes it again.
      !collected.known.worktrees.contains { $0.name == leftover.record && unfinished.contains($0.path.inRealFolder) }
    }
    for record in collected.known.stray {
      let leftover = stray(.record, record.path, "a record of a worktree that was never finished")
      if record.isBarelyBegun {
        strays.append(leftover)
      } else if selection.isOld(record.path, selection.ageOfStrays) {
        collected.keep(
          leftover, "git does not take it for a worktree's record, and there is more in it than git begins with")
      }
    }
    strays += collected.known.removed.map { stray(.record, $0, "the record of a worktree that was being removed") }
    strays += collected.known.saving.map { stray(.temporary, $0, "left when the saving of work was cut short") }
    strays += temporaryFiles()
    for folder in foldersWithoutRecord(in: folders, recorded, collected) {
      if let path = folder.path, unfinished.contains(path) {
        collected.keep(folder, "a run that can still be continued has a task there")
      } else {
        strays.append(folder)
      }
    }
    strays = strays.filter { $0.path.map { selection.isOld($0, selection.ageOfStrays) } ?? false }
    strays += testPlaces(in: folders, collected).filter { leftover in
      leftover.path.map { selection.isOld($0, selection.ageOfWork) } ?? false
    }
    guard let holder = collected.holder, !strays.isEmpty else {
      for leftover in strays { collected.add(leftover) }
      return
    }
    // It makes and removes such things all the time.
    for leftover in strays { collected.keep(leftover, "run \(holder) is in progress") }
  }

  private func stray(_ kind: Leftover.Kind, _ path: FilePath, _ reason: String) -> Leftover {
    var leftover = Leftover(kind, path.string, reason: reason)
    leftover.path = path
    return leftover
  }

  /// Where landings have tested that were killed. The next one removes them as well.
  private func testPlaces(in folders: Set<FilePath>, _ collected: Collected) -> [Leftover] {
    collected.known.worktrees.filter { worktree in
      worktree.name.hasPrefix("landing-tests-") && !worktree.isPrunable
        && folders.contains(worktree.path.inRealFolder.removingLastComponent())
    }.map { worktree in
      var leftover = stray(.worktree, worktree.path, "a landing that is over tested there")
      leftover.record = worktree.name
      leftover.isUntouched = worktree.isUnfinished
      leftover.isTestPlace = true
      return leftover
    }
  }

  /// The branches with which those were made: nobody has ever committed to them.
  func addTestBranches(to collected: inout Collected) {
    guard collected.holder == nil, selection.runs == nil else { return }
    for reference in collected.references where reference.name.hasPrefix("refs/heads/orch/landing/tests-") {
      var leftover = Leftover(
        .reviewReference, reference.name, reason: "a landing that is over tested there")
      leftover.reference = reference.name
      leftover.commit = reference.commit
      collected.add(leftover)
    }
  }

  /// Worktrees of ours whose folders are gone, though git has them on record.
  private func goneWorktrees(
    _ recorded: Set<FilePath>, _ folders: Set<FilePath>, _ collected: inout Collected
  ) -> [Leftover] {
    let worktrees = collected.known.worktrees
    return worktrees.compactMap { worktree in
      let path = worktree.path.inRealFolder
      guard worktree.isPrunable, recorded.contains(path) || folders.contains(path.removingLastComponent()),
        // Whatever its folder holds, it is no worktree any more.
        !path.exists || (path.entries ?? []).allSatisfy({ $0 == ".git" })
      else { return nil }
      var leftover = stray(
        .record, place.commonDirectory.appending("worktrees").appending(worktree.name),
        "its worktree '\(worktree.path)' is gone")
      leftover.record = worktree.name
      leftover.isUntouched = worktree.isUnfinished
      if worktree.isLocked, !worktree.isUnfinished {
        collected.keep(leftover, "it is locked\(worktree.lockReason.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? "")")
        return nil
      }
      guard path.removingLastComponent().exists else {
        collected.keep(leftover, "'\(path.removingLastComponent())' is gone, too: a disk may not be mounted")
        return nil
      }
      return leftover
    }
  }

  /// Folders that say they are worktrees of this repository, or were, and are not on record.
  private func foldersWithoutRecord(
    in folders: Set<FilePath>, _ recorded: Set<FilePath>, _ collected: Collected
  ) -> [Leftover] {
    let known = Set(collected.known.worktrees.filter { !$0.isPrunable }.map { $0.path.inRealFolder })
    let records = place.commonDirectory.appending("worktrees")
    let places = [records, records.realPath ?? records]
    return folders.sorted { $0.string < $1.string }.flatMap { folder -> [Leftover] in
      (folder.entries ?? []).sorted().compactMap { name in
        let path = folder.appending(name)
        guard name != TrashFolder.besideWorktrees, path.isDirectory, !known.contains(path) else { return nil }
        let entry = path.appending(".git")
        guard entry.exists else {
          let isOurs = recorded.contains(path) && !FileSystem.isVacant(path)
          return isOurs ? stray(.folder, path, "a worktree's folder that has lost its '.git'") : nil
        }
        // One that is half made may have an empty file.
        guard entry.isRegularFile else { return nil }
        if FileSystem.isEmpty(entry) {
          return recorded.contains(path) ? stray(.folder, path, "a worktree's folder that was never finished") : nil
        }
        guard let link = entry.text, link.hasPrefix("gitdir: ") else { return nil }
        let record = path.pushing(FilePath(String(link.dropFirst("gitdir: ".count)))).normalized
        let parent = record.removingLastComponent()
        guard places.contains(parent) || places.contains(parent.realPath ?? parent), !record.appending("gitdir").exists
        else { return nil }
        return stray(.folder, path, "a worktree's folder without a record")
      }
    }
  }

  /// What an atomic write leaves when it is killed, and comparisons.
  private func temporaryFiles() -> [Leftover] {
    let folder = place.commonDirectory.appending("orchestrator")
    return (folder.entries ?? []).sorted()
      .filter { $0.hasPrefix(".dat.nosync") || $0.hasPrefix("index.compare.") }
      .map { stray(.temporary, folder.appending($0), "left when a file was being written") }
  }
}
