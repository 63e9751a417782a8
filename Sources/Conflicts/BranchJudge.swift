import Basics
package import Engine
import Git
package import Journal
package import Merging
import Settings
import SystemPackage

/// What was found, with what it was found of.
package struct FoundConflicts: Sendable, Equatable {
  package let scene: BranchScene
  package let report: ConflictReport
  /// The branches, by name, that were judged with uncommitted work.
  package private(set) var uncommitted: Set<String> = []
  /// What is not judged, a sentence each.
  package private(set) var notes: [String] = []
}

/// Looks at the branches, and what agents have not committed yet, and judges them.
package actor BranchJudge {
  package nonisolated let choice: BranchChoice
  private let place: RepositoryContext
  private let quarantine: MergeQuarantine
  private let matrix: ConflictMatrix
  private let remote: String?
  private var snapshots: [String: Snapshot] = [:]

  private struct Snapshot {
    let tip: ObjectID
    let found: Result<WorkSnapshot?, GitError>
  }

  package init(_ choice: BranchChoice, in place: RepositoryContext) async throws {
    self.choice = choice
    self.place = place
    remote = place.remotes().base?.name
    quarantine = try await MergeQuarantine(commonDirectory: place.commonDirectory, environment: place.environment)
    matrix = ConflictMatrix(quarantine, environment: place.environment)
  }

  /// The branches as they are now.
  /// - Parameter known: of the run, where somebody follows it.
  package func scene(_ known: (header: RunHeader, tasks: [TaskState])? = nil) async throws -> BranchScene {
    switch choice {
    case .run(let folder):
      return try await place.inRepository { repository in
        if let known {
          return try BranchScene(known.header, known.tasks.filter { $0.header.candidateOf == nil }, in: repository)
        }
        let state = try folder.state()
        return try BranchScene(state.header, state.ownTasks, in: repository)
      }
    case .branches(let names):
      let (setting, remote) = (place.settings[.gitBaseBranch], remote)
      return try await place.inRepository { repository in
        try BranchScene(names, setting: setting, remote: remote, in: repository)
      }
    }
  }

  package func look() async throws -> FoundConflicts { try await judge(try await scene()) }

  /// - Parameter isDue: whether a worktree is looked into again; one that was never is in any case.
  package func judge(
    _ scene: BranchScene, isDue: @Sendable (String) -> Bool = { _ in true }
  ) async throws -> FoundConflicts {
    try await lookIntoWorktrees(scene, isDue)
    var judged: [JudgedBranch] = []
    var (uncommitted, notes): (Set<String>, [String]) = ([], [])
    for branch in scene.branches {
      var tip = branch.tip
      if let worktree = branch.worktree, let known = snapshots[worktree] {
        switch known.found {
        case .success(let snapshot?) where snapshot.head == branch.tip:
          tip = snapshot.commit
          uncommitted.insert(branch.name)
          if snapshot.isPartial { notes.append("not all of the uncommitted work on '\(branch.name)' is judged") }
        // Of another branch, or of the one that was here a moment ago.
        case .success: break
        case .failure(let error): notes.append("the uncommitted work on '\(branch.name)' is not judged: \(error)")
        }
      }
      judged.append(JudgedBranch(name: branch.name, tip: tip))
    }
    let report = try await matrix.judge(base: scene.baseCommit, judged)
    if !scene.missing.isEmpty {
      notes.append("no branch yet: \(scene.missing.joined(separator: ", "))")
    }
    return FoundConflicts(
      scene: scene, report: report, uncommitted: uncommitted,
      notes: notes + report.notes.map { "not judged: \($0)" })
  }

  private func lookIntoWorktrees(_ scene: BranchScene, _ isDue: (String) -> Bool) async throws {
    let worktrees = scene.branches.compactMap { branch in branch.worktree.map { ($0, branch.tip) } }
    let known = Set(worktrees.map(\.0))
    snapshots = snapshots.filter { known.contains($0.key) }
    for (worktree, tip) in worktrees {
      if let snapshot = snapshots[worktree], snapshot.tip == tip, !isDue(worktree) { continue }
      let found: Result<WorkSnapshot?, GitError>
      do throws(GitError) {
        // A worktree may go while it is looked at: then its work is saved or committed.
        found =
          FilePath(worktree).isDirectory
          ? .success(try await quarantine.snapshot(of: FilePath(worktree))) : .success(nil)
      } catch {
        if error.code == .cancelled { throw error }
        found = .failure(error)
      }
      snapshots[worktree] = Snapshot(tip: tip, found: found)
    }
  }
}
