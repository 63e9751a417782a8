import Basics
import Journal
import SystemPackage

/// What a run changed outside of its folder, each thing once: the fold over the effects in its journal.
struct RunEffects {
  /// A thing that the run changed, maybe several times.
  struct Item {
    let kind: EffectKind
    let name: String
    let place: String?
    /// As it was before the run.
    var before: String?
    /// Whether the journal says how it was; those of older versions do not.
    var isBeforeKnown = true
    /// As the newest effect leaves it.
    var after: String?
    /// As it was before the newest effect, which may not have been made.
    var previous: String?
    /// Whether an agent may have moved it since it was last looked at.
    var isOpen = false

    /// What it may be now if nobody else touched it.
    var expected: Set<String?> { [after, previous] }
  }

  /// One taking back, or bringing back, with all processes that were at it.
  struct Undo {
    let isRedo: Bool
    var effects: [EffectRecord]
    var isComplete = false
  }

  private(set) var items: [Item] = []
  /// The tasks' branches whose pull requests were to be opened, and of which nothing is known since.
  private(set) var openings: [String: EffectRecord] = [:]
  private(set) var undos: [Undo] = []
  /// What was merged on the forge, oldest first: pull request, commit.
  private(set) var merges: [(number: Int, base: String, commit: String?)] = []
  /// Reviews that were posted, by their addresses.
  private(set) var posted: [String] = []
  private(set) var saved: [String] = []
  private(set) var cost = 0.0
  /// Whether a part of it was done by a version that recorded no effects.
  private(set) var isIncomplete = false

  private let header: RunHeader
  private var positions: [Key: Int] = [:]
  /// The tasks of whose last attempt no process is recorded: one of another clone, or one that was killed at its start.
  private var unlaunched: Set<String> = []
  private var branches: [String: String] = [:]
  private var requests: [String: PullRequestRecord] = [:]
  /// Of tasks whose effects are not recorded.
  private var worktrees: [String: WorktreeRecord] = [:]

  private struct Key: Hashable {
    let kind: EffectKind
    let name: String
    let place: String?
  }

  init(_ folder: RunFolder) throws(JournalError) {
    var entries: [JournalEvent] = []
    var recorded: Set<String> = []
    var header: RunHeader?
    try folder.readEntries { entry in
      switch entry.event {
      case .runStarted(let started): header = header ?? started
      case .effect(let task, _):
        if let task { recorded.insert(task) }
        entries.append(entry.event)
      case .taskStarting, .worktreeRemoved, .attemptStarting, .attemptLaunched, .attemptJob, .attemptEnded, .proven,
        .leftUnproven, .pushStarting,
        .pullRequestOpened, .pullRequestSeen, .reviewPosted, .merged, .taskEnded, .workSaved, .undoStarting,
        .undoEnded:
        entries.append(entry.event)
      default: break
      }
    }
    guard let header else { throw .noHeader(path: folder.journal.string) }
    self.header = header
    for event in entries { apply(event, recorded) }
  }

  private mutating func apply(_ event: JournalEvent, _ recorded: Set<String>) {
    switch event {
    case .effect(let task, let effects):
      for effect in effects { note(effect, of: task) }
    case .attemptStarting(let task, _, _, _, _, _):
      unlaunched.insert(task)
      changeBranch(of: task) { $0.isOpen = true }
    case .attemptLaunched(let task, _, _), .attemptJob(let task, _, _):
      unlaunched.remove(task)
    case .attemptEnded(_, _, let result):
      cost += max(0, result.cost)
    case .proven(let task, _, _) where unlaunched.contains(task),
      .leftUnproven(let task, _) where unlaunched.contains(task),
      .taskEnded(let task, _, _, _) where unlaunched.contains(task):
      // Of another clone that had taken the run over: its branch is not the one here.
      break
    case .proven(let task, let tip, _):
      moveBranch(of: task, to: tip)
    case .leftUnproven(let task, let commits):
      if let tip = commits.first?.id { moveBranch(of: task, to: tip) }
    case .taskEnded(let task, _, _, _):
      changeBranch(of: task) { $0.isOpen = false }
    case .pullRequestOpened(let task, let request, let adopted):
      openings[task] = nil
      // One that was found open may have been opened by an earlier process of this run.
      let branch = items.first { $0.kind == .remoteBranch && $0.name == "refs/heads/\(request.branch)" }
      guard !adopted || branch.map({ $0.isBeforeKnown && $0.before == nil }) ?? false else { return }
      add(EffectRecord(.pullRequest, "\(request.number)", before: nil, after: "open", place: request.url))
    case .pullRequestSeen(let task, let request):
      requests[task] = request
    case .reviewPosted(_, let review):
      posted.append(review.url ?? "a review")
    case .merged(let task, let commit):
      if let request = requests[task] { merges.append((request.number, request.base, commit)) }
    case .workSaved(_, _, let reference, _, _):
      saved.append(reference)
    case .undoStarting(_, _, let isRedo, let effects):
      if let last = undos.last, !last.isComplete {
        let known = Set(last.effects.map(Self.key))
        undos[undos.count - 1].effects += effects.filter { !known.contains(Self.key($0)) }
      } else {
        undos.append(Undo(isRedo: isRedo, effects: effects))
      }
      for effect in effects { add(effect) }
    case .undoEnded:
      if !undos.isEmpty { undos[undos.count - 1].isComplete = true }
    case .taskStarting(let task, let start, let worktree) where !recorded.contains(task):
      noteStart(of: task, at: start, worktree)
    case .worktreeRemoved(let task) where !recorded.contains(task):
      guard let worktree = worktrees[task] else { return }
      add(EffectRecord(.worktree, worktree.name, before: worktree.path, after: nil))
    case .pushStarting(let task, let remote, let commit) where !recorded.contains(task):
      notePush(of: task, to: remote, commit)
    default: break
    }
  }

  private mutating func note(_ effect: EffectRecord, of task: String?) {
    if effect.kind == .pullRequest, let task {
      openings[task] = effect
      return
    }
    if effect.kind == .reference, effect.name.hasPrefix("refs/heads/"), effect.after != nil, let task {
      branches[task] = effect.name
    }
    add(effect)
  }

  // MARK: - What older versions wrote

  private mutating func noteStart(of task: String, at start: String, _ worktree: WorktreeRecord) {
    isIncomplete = true
    let isReview = header.review != nil
    let branch =
      isReview
      ? "orch/review/\(header.id)/\(worktree.name)" : header.tasks.first { $0.id == task }?.branch ?? task
    branches[task] = "refs/heads/\(branch)"
    add(EffectRecord(.reference, "refs/heads/\(branch)", before: nil, after: start), isBeforeKnown: isReview)
    worktrees[task] = worktree
    add(EffectRecord(.worktree, worktree.name, before: nil, after: worktree.path))
  }

  private mutating func notePush(of task: String, to remote: String, _ commit: String) {
    isIncomplete = true
    if header.review != nil {
      guard let request = requests[task] else { return }
      add(
        EffectRecord(
          .remoteBranch, "refs/heads/\(request.branch)", before: request.commit, after: commit, place: remote))
      return
    }
    let branch = header.tasks.first { $0.id == task }?.branch ?? task
    let name = "refs/heads/\(branch)"
    add(EffectRecord(.remoteBranch, name, before: nil, after: commit, place: remote), isBeforeKnown: false)
    add(EffectRecord(.reference, "refs/remotes/\(remote)/\(branch)", before: nil, after: commit), isBeforeKnown: false)
    for (key, value) in [("remote", remote), ("merge", name)] {
      add(EffectRecord(.configuration, "branch.\(branch).\(key)", before: nil, after: value), isBeforeKnown: false)
    }
  }

  // MARK: - Folding

  private static func key(_ effect: EffectRecord) -> Key {
    switch effect.kind {
    // Known by their paths: a name is given again.
    case .worktree: Key(kind: effect.kind, name: effect.before ?? effect.after ?? effect.name, place: nil)
    case .remoteBranch: Key(kind: effect.kind, name: effect.name, place: effect.place)
    default: Key(kind: effect.kind, name: effect.name, place: nil)
    }
  }

  private mutating func add(_ effect: EffectRecord, isBeforeKnown: Bool = true) {
    let key = Self.key(effect)
    if let index = positions[key] {
      // Between the two, somebody else changed the file: that is not the run's to take back.
      if effect.kind == .file, !items[index].expected.contains(effect.before) { items[index].before = effect.before }
      items[index].previous = effect.before
      items[index].after = effect.after
      items[index].isOpen = false
    } else {
      positions[key] = items.count
      items.append(
        Item(
          kind: effect.kind, name: effect.name, place: effect.place, before: effect.before,
          isBeforeKnown: isBeforeKnown, after: effect.after, previous: effect.before))
    }
  }

  private mutating func moveBranch(of task: String, to tip: String) {
    changeBranch(of: task) {
      $0.after = tip
      $0.previous = tip
      $0.isOpen = false
    }
  }

  private mutating func changeBranch(of task: String, _ body: (inout Item) -> Void) {
    guard let name = branches[task], let index = positions[Key(kind: .reference, name: name, place: nil)] else {
      return
    }
    body(&items[index])
  }
}
