import Basics
package import Journal
import Platform
package import SystemPackage

/// Notices what changes in a repository while agents and tests run in it that is none of theirs.
///
/// One look serves all who ask meanwhile, as with `ProcessWatch`: fifty agents that end together cost two looks. Between
/// two looks everything that ran may have done it; each change is reported to all of them, and goes to the journal once.
package actor RepositoryWatch {
  private let commonDirectory: FilePath
  private let checkout: FilePath?
  private let environment: [String: String]
  private let journal: RunJournal
  private let secrets: Secrets

  private var last: RepositoryFingerprint?
  private var properties: [Int: (property: TaskProperty, until: Int?)] = [:]
  private var windows: [Int: Window] = [:]
  private var left: [String: Left] = [:]
  /// What was seen since the oldest window was opened, oldest first. Kept once for all windows: each having its own would
  /// take memory by the square of their number.
  private var seen: [SeenChange] = []
  /// The property that was released since the oldest window was opened.
  private var former: [(property: TaskProperty, released: Int)] = []
  private var unwritten: [JournalEvent] = []
  /// Files of the checkout that this program itself has changed, by their paths in it: their newest bytes.
  private var written: [String: [UInt8]] = [:]
  private var nextKey = 0
  /// How many looks were begun.
  private(set) var looks = 0
  private var running: Task<Void, Never>?
  private var queued: Task<Void, Never>?

  /// The time in which somebody's work may change something.
  private struct Window {
    let task: String
    /// The look from which on it counts; nil before that was begun.
    var opened: Int?
    /// When that was, by the system's clock.
    let since: timespec
  }

  private struct SeenChange {
    let look: Int
    let change: RepositoryChange
    /// The tasks whose it is; none may make a change that is nobody's.
    let owners: Set<String>
  }

  /// A worktree between two attempts, and whose work ran since.
  private struct Left {
    let state: WorkingTreeState
    var tasks: Set<String>
  }

  /// What was seen in a window, netted: what was put back is not among it.
  package struct Sighting: Sendable {
    /// Nobody's task may make these; they are in the journal.
    package let changes: [RepositoryChange]
    /// Of other tasks' branches and worktrees: theirs to make, unless something shows that another made them.
    package let others: [RepositoryChange]
    package let neighbors: Neighbors

    package var isEmpty: Bool { changes.isEmpty && others.isEmpty }
  }

  package struct WindowID: Sendable {
    fileprivate let key: Int
  }

  /// - Parameters:
  ///   - commonDirectory: the repository's.
  ///   - checkout: the worktree that the user is in; nil in a bare repository.
  package init(
    commonDirectory: FilePath, checkout: FilePath?, environment: [String: String], journal: RunJournal
  ) {
    self.commonDirectory = commonDirectory
    self.checkout = checkout
    self.environment = environment
    self.journal = journal
    secrets = Secrets(environment: environment)
  }

  // MARK: - Whose is what

  /// Runs `body`, during which that is the task's own.
  package nonisolated func owning<Result: Sendable>(
    _ property: TaskProperty, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    let key = await own(property)
    do {
      let result = try await body()
      await release(key)
      return result
    } catch {
      await release(key)
      throw error
    }
  }

  private func own(_ property: TaskProperty) -> Int {
    nextKey += 1
    properties[nextKey] = (property, nil)
    return nextKey
  }

  /// Makes a worktree the task's own for as long as others of its are.
  package func grant(_ worktree: FilePath, to task: String) {
    for (key, held) in properties where held.property.task == task && held.until == nil {
      properties[key]?.property.worktrees.insert(lexicallyNormalized(worktree.string))
    }
  }

  /// What was done before this may show only in the next look.
  private func release(_ key: Int) { properties[key]?.until = looks + 1 }

  /// A file of the checkout is about to be written by this program itself.
  package func expect(_ path: String, _ bytes: [UInt8]) { written[path] = bytes }

  // MARK: - Windows

  /// Looks, and counts from there what changes while the task's agent or tests run.
  package func begin(_ task: String) async throws -> WindowID {
    nextKey += 1
    let key = nextKey
    windows[key] = Window(task: task, since: FileStamp.now())
    await compareWithLeft(task)
    await look()
    try await write()
    return WindowID(key: key)
  }

  /// Looks again, and returns what changed since.
  package func end(_ id: WindowID) async throws -> Sighting {
    await look()
    guard let window = windows.removeValue(forKey: id.key) else {
      return Sighting(changes: [], others: [], neighbors: Neighbors(worktrees: [], since: FileStamp.now()))
    }
    let during = seen.filter { change in window.opened.map { $0 < change.look } ?? false }
    let neighbors = neighbors(of: window.task, since: id.key)
    forget()
    try await write()
    return Sighting(
      changes: Self.net(during.filter(\.owners.isEmpty).map(\.change)),
      others: Self.net(
        during.filter { !$0.owners.isEmpty && !$0.owners.contains(window.task) }.map(\.change)),
      neighbors: Neighbors(worktrees: neighbors, since: window.since))
  }

  /// The worktrees that were other tasks' at any time since that key was given.
  private func neighbors(of task: String, since key: Int) -> Set<String> {
    let all = properties.values.map(\.property) + former.filter { $0.released >= key }.map(\.property)
    return Set(all.filter { $0.task != task }.flatMap(\.worktrees))
  }

  /// Lets go of what no window asks for any more.
  private func forget() {
    let oldestLook = windows.values.compactMap(\.opened).min() ?? looks
    seen.removeAll { $0.look <= oldestLook }
    let oldestKey = windows.keys.min() ?? .max
    former.removeAll { $0.released < oldestKey }
  }

  // MARK: - Between two attempts

  /// The task's worktree is left alone until the task's next window: what changes in it until then is told on those whose
  /// work runs meanwhile.
  package func leave(_ worktree: FilePath, of task: String) async {
    let environment = environment
    let state = await offPool { WorkingTreeState.read(inWorktree: worktree, environment: environment) }
    left[task] = state.map { Left(state: $0, tasks: Set(windows.values.map(\.task))) }
  }

  private func compareWithLeft(_ task: String) async {
    for other in left.keys where other != task { left[other]?.tasks.insert(task) }
    guard let left = left.removeValue(forKey: task), !left.tasks.subtracting([task]).isEmpty else { return }
    let environment = environment
    let changes = await offPool { () -> [RepositoryChange] in
      let now = WorkingTreeState.read(inWorktree: left.state.folder, environment: environment)
      return now?.changes(since: left.state, kind: .neighbor) ?? []
    }
    report(changes, on: left.tasks.subtracting([task]))
  }

  private func write() async throws {
    while !unwritten.isEmpty {
      let event = unwritten.removeFirst()
      try await journal.append(event)
    }
  }

  private static func net(_ changes: [RepositoryChange]) -> [RepositoryChange] {
    var result: [RepositoryChange] = []
    for change in changes {
      if let index = result.firstIndex(where: { $0.kind == change.kind && $0.name == change.name }) {
        result[index] = change.following(result[index])
      } else {
        result.append(change)
      }
    }
    return result.filter { $0.old != $0.new }
  }

  // MARK: - Looking

  /// Returns after a look that was begun after this call.
  private func look() async {
    if let queued { return await queued.value }
    let before = running
    // Owned by `queued` and `running`, awaited by everyone who asked.
    let next = Task {
      await before?.value
      running = queued
      queued = nil
      await lookOnce()
      if queued == nil { running = nil }
    }
    queued = next
    await next.value
  }

  private func lookOnce() async {
    looks += 1
    let number = looks
    for (key, window) in windows where window.opened == nil { windows[key]?.opened = number }
    let (previous, common, checkout, environment) = (last, commonDirectory, checkout, environment)
    let ignored = properties.values.flatMap { $0.property.worktrees }
    let folder = journal.folder.path.appending("repository")
    let (now, changes) = await offPool { () -> (RepositoryFingerprint, [RepositoryChange]) in
      let places =
        previous?.places
        ?? .init(
          commonDirectory: common, checkout: checkout, environment: environment)
      let now = RepositoryFingerprint.take(of: places, previous: previous, ignoring: ignored)
      let changes = previous.map { old in
        now.changes(since: old) { name, contents in Self.keep(contents, as: name, in: folder) }
      }
      return (now, changes ?? [])
    }
    last = now
    note(changes, number)
    for (key, held) in properties {
      guard let until = held.until, until <= number else { continue }
      properties[key] = nil
      if !windows.isEmpty { former.append((held.property, nextKey)) }
    }
  }

  private func note(_ changes: [RepositoryChange], _ number: Int) {
    let open = windows.filter { $0.value.opened.map { $0 < number } ?? false }
    guard !changes.isEmpty, !open.isEmpty else { return }
    var reported: [RepositoryChange] = []
    for change in changes where !isOurs(change) {
      let owners = Set(
        properties.values.filter { $0.property.holds(change) }.map(\.property.task))
      if owners.isEmpty { reported.append(change) }
      seen.append(SeenChange(look: number, change: change, owners: owners))
    }
    report(reported, on: Set(open.values.map(\.task)))
  }

  private func report(_ changes: [RepositoryChange], on tasks: Set<String>) {
    guard !changes.isEmpty else { return }
    unwritten.append(
      .repositoryChanged(
        tasks: tasks.sorted(), changes: changes.prefix(1000).map { RepositoryChangeRecord($0, hiding: secrets) }))
  }

  /// What this program does to the repository itself, whichever task it is for.
  private func isOurs(_ change: RepositoryChange) -> Bool {
    if change.kind == .checkout, let bytes = written[change.name], let checkout {
      return (try? checkout.appending(change.name).readBytes(limit: bytes.count + 1)) == bytes
    }
    guard change.kind == .reference else { return false }
    let run = journal.folder.id
    let ours = ["refs/orchestrator/review/\(run)/", "refs/heads/orch/review/\(run)/"]
    if ours.contains(where: change.name.hasPrefix) { return true }
    // What an earlier review left is removed by the one that continues it.
    let earlier = ["refs/orchestrator/review/", "refs/heads/orch/review/"]
    if change.new == nil, earlier.contains(where: change.name.hasPrefix) { return true }
    // What is on its way to other hosts, or back.
    if change.name.hasPrefix("refs/orchestrator/away/\(run)/") { return true }
    // The run's ledger, which is written anew from its journal whatever becomes of it.
    if change.name == "refs/orchestrator/runs/\(run)" { return true }
    if change.name.hasPrefix("refs/orchestrator/remotes/") { return true }
    // What `git orch cleanup` keeps for a while.
    if change.name.hasPrefix("refs/orchestrator/trash/") { return true }
    // Saved work is only ever added.
    return change.name.hasPrefix("refs/orchestrator/saved/\(run)/") && change.old == nil
  }

  private nonisolated static func keep(_ contents: [UInt8], as name: String, in folder: FilePath) -> FilePath? {
    let path = FileSystem.firstFree(folder.appending(name), "old")
    do {
      try FileSystem.create(path, containing: contents)
      return path
    } catch {
      return nil
    }
  }
}

extension RepositoryChangeRecord {
  init(_ change: RepositoryChange, hiding secrets: Secrets) {
    func shortened(_ text: String?) -> String? {
      text.map { plainText(secrets.masking($0), limit: 2000, keepsLines: true) }
    }
    // One that is cut or masked would put back something else.
    let restore = change.restore.flatMap { $0.utf8.count <= 8000 && secrets.masking($0) == $0 ? $0 : nil }
    self.init(
      kind: change.kind.rawValue, name: plainText(change.name, limit: 1000), old: shortened(change.old),
      new: shortened(change.new), restore: restore)
  }
}
