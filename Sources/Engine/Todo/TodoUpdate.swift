import Basics
import Git
package import Journal
import Remotes
import Settings
import SystemPackage
import TodoLists

/// Puts links and ticks on the to-do list that a plan was made from. What cannot be done is told; nothing fails of it.
package struct TodoUpdate: Sendable {
  private let place: RepositoryContext
  private let log: TodoLog
  /// Hears what the file is about to be, by its path in the user's checkout: whoever watches that is not to wonder.
  private let announce: @Sendable (_ path: String, _ bytes: [UInt8]) async -> Void

  package init(
    place: RepositoryContext, journal: RunJournal,
    announce: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) async -> Void = { _, _ in }
  ) {
    self.init(place: place, log: TodoLog(journal), announce: announce)
  }

  private init(
    place: RepositoryContext, log: TodoLog,
    announce: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) async -> Void = { _, _ in }
  ) {
    self.place = place
    self.log = log
    self.announce = announce
  }

  private var ticks: Bool { place.settings[.todoUpdate] == .ticks }

  /// Does what is due for this journal.
  package func perform() async throws(JournalError) {
    guard place.settings[.todoUpdate] != .off else { return }
    let (store, ticks) = (place.store, ticks)
    let state = await log.state
    guard state.todo != nil || !state.header.isRun else { return }
    let wasPending = TodoPending(store).ids.contains(state.header.id)
    guard await offPool({ !TodoDue.all(for: state, in: store, ticks: ticks).isEmpty }) else {
      if wasPending { TodoPending(store).remove(state.header.id) }
      return
    }
    guard let lock = try? await FileLock(store.folder.appending("todo.lock")).wait() else { return }
    defer { lock.release() }
    // Others may have been at it meanwhile.
    let now = await log.state
    var isDone = true
    for due in await offPool({ TodoDue.all(for: now, in: store, ticks: ticks) }) {
      if try await !perform(due) { isDone = false }
    }
    if isDone { TodoPending(store).remove(state.header.id) } else { TodoPending(store).add(state.header.id) }
  }

  /// The same, and what earlier runs had to leave.
  package func finish() async throws(JournalError) {
    try await perform()
    guard place.settings[.todoUpdate] != .off else { return }
    let own = await log.state.header.id
    for id in TodoPending(place.store).ids where id != own {
      guard let folder = try? place.store.run(id), folder.id == id, let log = TodoLog(folder) else {
        TodoPending(place.store).remove(id)
        continue
      }
      try? await TodoUpdate(place: place, log: log).perform()
      await log.close()
    }
  }

  // MARK: - One list

  /// - Returns: false when it is to be tried again.
  private func perform(_ due: TodoDue) async throws(JournalError) -> Bool {
    let name = FilePath(due.record.file).name
    do {
      try await mark(due)
      return true
    } catch let error as JournalError {
      throw error
    } catch TodoObstacle.lasting(let reason) {
      try await tell("'\(name)' gets no links and ticks: \(reason)")
      try await end(due)
      return true
    } catch TodoObstacle.passing(let reason) {
      try await tell("'\(name)' is to get links or ticks, but \(reason), the next command adds them")
      return false
    } catch {
      try await tell("'\(name)' could not be marked: \(FileSystem.reason(error))")
      return false
    }
  }

  private func mark(_ due: TodoDue) async throws {
    guard try await TodoFile.isOurs(FilePath(due.record.file), in: place) else {
      throw TodoObstacle.lasting(
        FilePath(due.record.file).realPath == nil ? "it is gone" : "it is not in this repository")
    }
    guard !due.record.items.isEmpty else {
      throw TodoObstacle.lasting("which task comes from which item with a box is not known")
    }
    let (place, record) = (place, due.record)
    // Written meanwhile, it is read again.
    for _ in 0..<5 {
      let (file, old) = try await offPool {
        let file = try TodoFile(record, in: place)
        let bytes = try file.read()
        guard file.isSettled(bytes, record, environment: place.environment) else {
          throw TodoObstacle.passing(
            "it has changes that are not committed; once they are (git commit \(shellQuoted(file.name)))")
        }
        return (file, bytes)
      }
      guard let anchors = TodoAnchors(old) else { throw TodoObstacle.lasting("it is not a text file") }
      let (marks, notes) = Self.marks(due, anchors, file.name)
      let new = anchors.marked(marks)
      var isThere = new == old
      if !isThere { isThere = try await write(new, over: old, file, record) }
      if isThere {
        for note in notes { try await tell(note) }
        return try await end(due)
      }
    }
    throw TodoObstacle.passing("it keeps changing; once it does not")
  }

  private func write(_ new: [UInt8], over old: [UInt8], _ file: TodoFile, _ record: TodoRecord) async throws -> Bool {
    let git = place.git
    let (before, after) = (try await git.storeBlob(old), try await git.storeBlob(new))
    let folder = "refs/orchestrator/saved/\(await log.state.header.id)/@todo"
    let kept = Set([before, after] + [record.blob.flatMap(ObjectID.init)].compactMap(\.self))
    let updates = try await place.withRepository { repository throws(GitError) in
      var updates: [ReferenceUpdate] = []
      for id in kept {
        let name = "\(folder)/\(id.abbreviated)"
        guard try repository.reference(name) == nil, (try? repository.read(id, .blob)) != nil else { continue }
        updates.append(ReferenceUpdate(name, from: nil, to: id))
      }
      return updates
    }
    try await git.updateReferences(updates, message: "orch: the to-do list")
    try await log.append([
      .effect(
        task: nil,
        effects: [EffectRecord(.file, file.path.string, before: before.description, after: after.description)])
    ])
    if let top = place.checkout?.realPath, file.path.lies(in: top) {
      await announce(String(file.path.string.dropFirst(top.string.count + 1)), new)
    }
    return try await offPool { try file.replace(old, with: new) }
  }

  /// What goes where, and what cannot, in words.
  private static func marks(
    _ due: TodoDue, _ anchors: TodoAnchors, _ name: String
  ) -> (marks: [Int: TodoMarking], notes: [String]) {
    var (marks, notes): ([Int: TodoMarking], [String]) = ([:], [])
    var unknown = Set(due.names.keys)
    let texts = due.record.items.map(\.text)
    for item in due.record.items where item.tasks.contains(where: { due.names[$0] != nil }) {
      unknown.subtract(item.tasks)
      // One link would say that this is all.
      let link = item.tasks.count == 1 ? due.links[item.tasks[0]] : nil
      let isTicked = due.landed.isSuperset(of: item.tasks)
      guard link != nil || isTicked else { continue }
      let anchor = TodoAnchor(line: item.line, text: item.text, before: item.before, after: item.after)
      switch anchors.find(anchor, claimed: Set(texts.filter { $0 != item.text })) {
      case .line(let line): marks[line] = TodoMarking(link: link, isTicked: isTicked)
      case .ambiguous:
        notes.append("\(name): which of several items is '\(item.text)' cannot be told: none of them is marked")
      case .gone: notes.append("\(name): the item '\(item.text)' is not there any more: nothing is marked for it")
      }
    }
    if !unknown.isEmpty {
      let tasks = unknown.sorted().prefix(5).map { "'\($0)'" }.joined(separator: ", ")
      notes.append(
        "\(name): \(tasks)\(unknown.count > 5 ? " and \(unknown.count - 5) more" : "") "
          + "\(unknown.count == 1 ? "comes" : "come") from no item with a box, so nothing is marked")
    }
    return (marks, notes)
  }

  /// Says it once a run.
  private func tell(_ message: String) async throws(JournalError) {
    let message = plainText(message, limit: 500)
    guard await !log.state.warnings.contains(message) else { return }
    try await log.append([.warned(message: message)])
  }

  private func end(_ due: TodoDue) async throws(JournalError) {
    let linked = due.links.keys.compactMap { due.names[$0] }.sorted()
    let ticked = due.landed.compactMap { due.names[$0] }.sorted()
    try await log.append(
      [(linked, false), (ticked, true)].filter { !$0.0.isEmpty }.map { .todoMarked(tasks: $0.0, isTick: $0.1) })
  }
}

/// The journal that an update is recorded in: one that is open, or one that is opened once there is something to write.
private actor TodoLog {
  private enum Source {
    case open(RunJournal)
    case closed(RunState)
  }

  private let folder: RunFolder
  private var source: Source
  /// Whether it is ours to close.
  private var isOpened = false

  init(_ journal: RunJournal) {
    folder = journal.folder
    source = .open(journal)
  }

  /// nil for one that cannot be read.
  init?(_ folder: RunFolder) {
    guard let state = try? folder.state() else { return nil }
    self.folder = folder
    source = .closed(state)
  }

  var state: RunState {
    get async {
      switch source {
      case .open(let journal): await journal.state
      case .closed(let state): state
      }
    }
  }

  func append(_ events: [JournalEvent]) async throws(JournalError) {
    guard let first = events.first else { return }
    if case .open(let journal) = source { return try await journal.append(events) }
    let journal = try await RunJournal(continuing: folder, with: first) { _, _ in }
    source = .open(journal)
    isOpened = true
    try await journal.append(Array(events.dropFirst()))
  }

  func close() async {
    guard isOpened, case .open(let journal) = source else { return }
    try? await journal.close()
    folder.writeSummary(of: await journal.state)
  }
}

/// The runs whose lists could not be marked yet, by their ids, a line each.
struct TodoPending {
  private static let most = 50
  private let file: FilePath

  init(_ store: RunStore) { file = store.folder.appending("todo-pending") }

  var ids: [String] {
    ((try? file.readText(limit: 1 << 16, .plainFile)) ?? "").split(separator: "\n").map(String.init)
  }

  func add(_ id: String) { write(ids.filter { $0 != id } + [id]) }

  func remove(_ id: String) {
    let all = ids
    if all.contains(id) { write(all.filter { $0 != id }) }
  }

  /// What cannot be noted is done when the run is continued, or never.
  private func write(_ ids: [String]) {
    if ids.isEmpty {
      try? FileSystem.remove(file)
    } else {
      try? FileSystem.replace(file, with: ids.suffix(Self.most).map { $0 + "\n" }.joined())
    }
  }
}
