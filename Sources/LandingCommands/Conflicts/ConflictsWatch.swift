import Basics
import CommandSupport
import Conflicts
import Engine
import Git
import Journal
import Merging
import Processes
import RunViews
import SystemPackage
import TerminalUI

/// Shows the conflicts again whenever they change: wakes when a branch moves, the run continues, or an agent does something.
///
/// Not Sendable: one task follows.
final class ConflictsWatch {
  /// A worktree is looked into again at most this often while its agent works on.
  private static let snapshotPause = Duration.seconds(30)
  /// What moves a branch comes in bursts.
  private static let settling = Duration.milliseconds(100)

  private let judge: BranchJudge
  private let place: RepositoryContext
  private let json: Bool
  private let context: CommandContext
  private let wakeup = AsyncSignal()
  private let stopwatch = Stopwatch()
  private var folders: [String: FileChanges.Watch] = [:]
  private var streams: [String: Stream] = [:]
  private var region: LiveRegion
  private var shown: FoundConflicts?

  /// What the agent in a worktree has printed, as of the last look into the worktree.
  private struct Stream {
    let path: FilePath
    let watch: FileChanges.Watch
    var size: Int64 = -1
    var lookedAt: Duration?
  }

  init(_ judge: BranchJudge, in place: RepositoryContext, json: Bool, context: CommandContext) {
    self.judge = judge
    self.place = place
    self.json = json
    self.context = context
    region = LiveRegion(isSynchronized: context.console.output.isSynchronized)
  }

  func follow(stop: StopRequest) async throws -> ExitStatus {
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    var follower: RunFollower?
    if case .run(let folder) = judge.choice {
      follower = try RunFollower(folder, in: place.store, wakeup: wakeup)
    }
    while true {
      let view = try follower?.view()
      let scene = try await judge.scene(view.map { ($0.header, $0.rows.map(\.task)) })
      watchBranches(of: scene)
      watchStreams(of: scene, view)
      let due = dueWorktrees()
      if scene != shown?.scene || !due.isEmpty {
        let found = try await judge.judge(scene) { due.contains($0) }
        if found != shown { show(found) }
        shown = found
      }
      let hasEnded = view.map { $0.phase == .ended || $0.phase == .died } ?? false
      if hasEnded || stop.level > .none { return shown?.report.isClean ?? true ? .done : .no }
      // Of a run that dies nobody writes so.
      if follower == nil, streams.isEmpty {
        await wakeup.wait()
      } else {
        await wakeup.wait(for: RunFollower.longestWait)
      }
      if stop.level == .none { try? await Task.sleep(for: Self.settling) }
    }
  }

  private func show(_ found: FoundConflicts) {
    let output = context.console.output
    if json {
      context.console.answer(verbatim: ConflictsDocument.json(found).text)
    } else if output.isInteractive {
      output.write(region.draw(ConflictsText.lines(found, terminal: output), size: output.size()))
    } else {
      if shown != nil { context.console.answer("") }
      for line in ConflictsText.lines(found, terminal: output) { context.console.answer(line) }
    }
  }

  /// References are replaced by renaming, in the folder that their name says, or all of them in one file.
  private func watchBranches(of scene: BranchScene) {
    var wanted: Set<String> = [place.commonDirectory.string]
    for name in scene.branches.map(\.branch) + [scene.base] {
      wanted.insert(FileSystem.folder(of: "\(place.commonDirectory)/refs/heads/\(name)"))
    }
    if let remotes = place.remotes().base?.name {
      wanted.insert(FileSystem.folder(of: "\(place.commonDirectory)/refs/remotes/\(remotes)/\(scene.base)"))
    }
    folders = folders.filter { wanted.contains($0.key) }
    for folder in wanted where folders[folder] == nil && FilePath(folder).isDirectory {
      folders[folder] = FileChanges.shared.watch(folder: FilePath(folder), wakeup)
    }
  }

  private func watchStreams(of scene: BranchScene, _ view: RunView?) {
    guard let view, case .run(let run) = judge.choice else { return }
    var wanted: [String: FilePath] = [:]
    for branch in scene.branches {
      guard let worktree = branch.worktree, let task = branch.task,
        let attempt = view.rows.first(where: { $0.task.header.id == task })?.task.attempts.last
      else { continue }
      wanted[worktree] = run.attempt(attempt.number, of: task).stream
    }
    streams = streams.filter { wanted[$0.key] == $0.value.path }
    for (worktree, path) in wanted where streams[worktree] == nil && path.exists {
      streams[worktree] = Stream(path: path, watch: FileChanges.shared.watch(path, wakeup))
    }
  }

  /// Those whose agents have done something since they were looked into, a while ago.
  private func dueWorktrees() -> Set<String> {
    let now = stopwatch.elapsed
    var due: Set<String> = []
    for (worktree, stream) in streams {
      let size = FileStamp(stream.path)?.size ?? 0
      guard size != stream.size, stream.lookedAt.map({ now - $0 >= Self.snapshotPause }) ?? true else { continue }
      streams[worktree]?.size = size
      streams[worktree]?.lookedAt = now
      due.insert(worktree)
    }
    return due
  }
}
