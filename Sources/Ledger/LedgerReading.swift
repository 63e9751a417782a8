import Basics
import Git
import Journal
import SystemPackage

/// What a ledger says that others wrote.
enum LedgerReading {
  /// Larger segments and files are not read.
  private static let limit = 64 << 20

  /// Who wrote the ledger last; nil where it does not say.
  static func writer(of commit: ObjectID, in repository: Repository) throws(GitError) -> LedgerWriterIdentity? {
    let root = try repository.entries(ofTree: try repository.tree(of: commit))
    return try header(root, repository).flatMap(writer)
  }

  private static func header(
    _ root: [String: (id: ObjectID, isFolder: Bool)], _ repository: Repository
  ) throws(GitError) -> JSON? {
    guard let entry = root["header.json"], !entry.isFolder else { return nil }
    return JSON(parsing: String(decoding: try repository.read(entry.id, .blob).prefix(1 << 20), as: UTF8.self))
  }

  private static func writer(_ header: JSON) -> LedgerWriterIdentity? {
    guard let writer = header["writer"], let clone = writer["clone"]?.string else { return nil }
    return LedgerWriterIdentity(
      host: writer["host"]?.string ?? "", boot: writer["boot"]?.string ?? "", clone: clone)
  }

  /// What is in a ledger, gone over as if it were being written: others may have put anything there.
  struct Contents {
    let header: JSON
    let journal: [UInt8]
    /// By the names of tasks that are names of folders, and the attempts.
    let logs: [(task: String, attempt: Int, text: [UInt8])]
    /// The plan as it was run; nil where the prompts are left out.
    let plan: [UInt8]?

    var host: String { header["writer"]?["host"]?.string ?? "" }
  }

  static func contents(of commit: ObjectID, run: String, in repository: Repository) throws -> Contents {
    func damaged(_ reason: String) -> LedgerError { .damaged(run: run, reason: reason) }
    let root = try repository.entries(ofTree: try repository.tree(of: commit))
    guard let header = try header(root, repository), case .number(let schema)? = header["schema"] else {
      throw damaged("it has no header")
    }
    guard schema <= Double(LedgerSchema.version) else {
      throw LedgerError.newerSchema(run: run, schema: Int(clamping: Int64(min(schema, 1e9))))
    }
    guard let segments = root["journal"], segments.isFolder else { throw damaged("it has no journal") }
    var journal = RedactedJournal(redactor: .ofOthers)
    var bytes: [UInt8] = []
    for (_, entry) in try repository.entries(ofTree: segments.id).sorted(by: { $0.key < $1.key }) where !entry.isFolder
    {
      let segment = try repository.read(entry.id, .blob)
      guard bytes.count + segment.count <= limit else { throw damaged("it is too large") }
      _ = segment.withUnsafeBytes { journal.feed($0) }
      for whole in journal.takeFull() { bytes += whole.bytes }
    }
    bytes += journal.last?.bytes ?? []
    guard let state = journal.state else { throw damaged("its journal has no beginning") }
    guard state.header.id == run else { throw damaged("it is that of run '\(sanitized(state.header.id))'") }
    var plan: [UInt8]?
    if let file = root["plan.yaml"], !file.isFolder { plan = try repository.read(file.id, .blob) }
    return Contents(header: header, journal: bytes, logs: try logs(root, state, repository), plan: plan)
  }

  private static func logs(
    _ root: [String: (id: ObjectID, isFolder: Bool)], _ state: RunState, _ repository: Repository
  ) throws(GitError) -> [(task: String, attempt: Int, text: [UInt8])] {
    guard let folder = root["logs"], folder.isFolder else { return [] }
    var logs: [(task: String, attempt: Int, text: [UInt8])] = []
    let folders = try repository.entries(ofTree: folder.id)
    // A name that had to be changed would be a folder somewhere else.
    for task in state.tasks where LedgerPath.name(task.header.id) == task.header.id {
      guard let folder = folders[task.header.id], folder.isFolder else { continue }
      let files = try repository.entries(ofTree: folder.id)
      for attempt in task.attempts {
        guard let file = files["attempt-\(attempt.number).log"], !file.isFolder else { continue }
        logs.append((task.header.id, attempt.number, try repository.read(file.id, .blob)))
      }
    }
    return logs
  }
}
