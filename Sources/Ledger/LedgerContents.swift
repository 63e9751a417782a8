import Basics
import Git
import Journal
import Settings
import SystemPackage

/// The files of a ledger as they are written, each only when it changes.
struct LedgerContents {
  private let folder: RunFolder
  private let redactor: Redactor
  private var tree = LedgerTree()
  /// The segments that are full and not written yet, and the number of the next.
  private var full: [Redacted] = []
  private var nextSegment = 1
  private var tasks: [TaskState] = []
  /// Attempts whose files were written.
  private var attempts: Set<String> = []

  /// How much of a log or a prompt is in it at most: its end.
  static let fileLimit = 1 << 20

  init(folder: RunFolder, redactor: Redactor) {
    self.folder = folder
    self.redactor = redactor
  }

  /// Writes what changed, and returns the id of the whole.
  mutating func write(
    _ journal: inout RedactedJournal, by writer: LedgerWriterIdentity, to repository: Repository
  ) throws(GitError) -> ObjectID {
    full += journal.takeFull()
    while let segment = full.first {
      try put(segment, .segment(nextSegment), repository)
      nextSegment += 1
      full.removeFirst()
    }
    if let last = journal.last { try put(last, .segment(nextSegment), repository) }
    try put(journal.header(by: writer), .header, repository)
    try put(journal.stateDocument, .state, repository)
    let now = journal.state?.tasks ?? []
    if now.count != tasks.count { try put(journal.plan, .plan, repository) }
    for (position, task) in now.enumerated() {
      let id = journal.id(of: task)
      try putFiles(of: task, id, repository)
      if tasks.indices.contains(position), tasks[position] == task { continue }
      try put(journal.document(of: position), .task(id), repository)
    }
    tasks = now
    return try tree.write(to: repository)
  }

  /// Keeps what a ledger has besides that does not follow from its journal: whoever takes a run over may have left it out
  /// of their own.
  mutating func keep(of commit: ObjectID, _ repository: Repository) throws(GitError) {
    tree.kept = try repository.entries(ofTree: try repository.tree(of: commit))
      .filter { ["plan.yaml", "logs", "prompts"].contains($0.key) }
  }

  private mutating func put(_ file: Redacted?, _ path: LedgerPath, _ repository: Repository) throws(GitError) {
    guard let file else { return }
    // The last look: whatever went wrong before, what is known to be secret stays here.
    guard !redactor.holdsKnown(file.bytes) else { return tree[path] = nil }
    tree[path] = try repository.write(file.bytes, as: .blob)
  }

  /// The files of its attempts, once they are complete.
  private mutating func putFiles(of task: TaskState, _ id: Redacted, _ repository: Repository) throws(GitError) {
    let (hasLogs, hasPrompts) = (redactor.includes.contains(.logs), redactor.includes.contains(.prompts))
    guard hasLogs || hasPrompts else { return }
    if hasPrompts, tree[.planText] == nil { try put(text(of: folder.plan), .planText, repository) }
    // An id that was masked is the name of no folder.
    for attempt in task.attempts where attempt.result != nil {
      guard attempts.insert("\(task.header.id)\n\(attempt.number)").inserted else { continue }
      let paths = folder.attempt(attempt.number, of: task.header.id)
      if hasLogs { try put(text(of: paths.log), .log(id, attempt: attempt.number), repository) }
      if hasPrompts { try put(text(of: paths.prompt), .prompt(id, attempt: attempt.number), repository) }
    }
  }

  private func text(of path: FilePath) -> Redacted? {
    let text = path.readTail(limit: Self.fileLimit)
    return text.isEmpty ? nil : Redacted(text, by: redactor)
  }
}
