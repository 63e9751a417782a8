import Basics
package import Git
package import Journal
import Processes
import Remotes
package import SystemPackage

/// The ledgers of runs on a remote, and their copies in this clone.
package struct RemoteLedgers: Sendable {
  package let remote: String
  private let commonDirectory: FilePath
  private let git: GitCommand

  package init(remote: String, commonDirectory: FilePath, git: GitCommand) {
    self.remote = remote
    self.commonDirectory = commonDirectory
    self.git = git
  }

  /// Fetches them all, by a refspec of its own: what is configured for the remote is neither used nor changed.
  package func fetch() async throws(GitError) {
    guard BranchName.isValid(remote) else { throw GitError(.invalidName, "'\(remote)' is not the name of a remote") }
    // Not while one is being pushed, which moves the same references.
    try await FileLock("ledger", in: commonDirectory).withLock { () async throws(GitError) in
      try await git.fetch(
        remote: remote, folder: LedgerReference.ours, into: LedgerReference.folder(of: remote), timeout: .seconds(120))
    }
  }

  /// The runs as folders with journals, as those of this clone are, so that every command can show them. They follow from
  /// what was fetched, and may be removed at any time.
  /// - Returns: the runs, and what is wrong with the ledgers that cannot be read.
  package func store() async throws -> (store: RunStore, faults: [String]) {
    let store = RunStore(commonDirectory: commonDirectory, remote: remote)
    let prefix = LedgerReference.folder(of: remote)
    let listing = try await git.require(
      .reading, ["for-each-ref", "--format=%(objectname) %(refname)", prefix])
    var tips: [String: ObjectID] = [:]
    for line in listing.text.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 1)
      guard fields.count == 2, let tip = ObjectID(String(fields[0])), fields[1].hasPrefix(prefix) else { continue }
      let id = String(fields[1].dropFirst(prefix.utf8.count))
      if LedgerReference.isRunID(id) { tips[id] = tip }
    }
    let (runs, environment, common) = (tips, git.environment, commonDirectory)
    let faults = try await offPool { () -> [String] in
      for folder in store.folders() where runs[folder.id] == nil { try folder.path.removeTree() }
      let repository = try Repository.open(common, environment: environment)
      var faults: [String] = []
      for (id, tip) in runs.sorted(by: { $0.key < $1.key }) {
        do {
          try Self.copy(tip, of: id, into: store, from: repository)
        } catch {
          faults.append("\(error)")
        }
      }
      return faults
    }
    return (store, faults)
  }

  /// The machine on which a run of ``store()`` was performed, as its ledger says.
  package static func host(of run: RunFolder) -> String? {
    let lines = run.path.appending("ledger").text?.split(separator: "\n") ?? []
    return lines.count > 1 ? String(lines[1]) : nil
  }

  /// Who writes the ledger of a run that was fetched, and since when nothing was heard of them.
  /// - Returns: nil where the remote has no ledger of it, or one that does not say.
  package func standing(of run: String) async throws(GitError) -> LedgerStanding? {
    let (environment, reference) = (git.environment, LedgerReference.run(run, of: remote))
    return try await Repository.withRepository(at: commonDirectory, environment: environment) {
      repository throws(GitError) -> LedgerStanding? in
      guard let tip = try repository.reference(reference),
        let writer = try LedgerReading.writer(of: tip, in: repository)
      else { return nil }
      return LedgerStanding(tip: tip, writer: writer, writtenAt: try repository.time(ofLedger: tip))
    }
  }

  /// Whether the ledger of a run of ``store()`` has any logs.
  package static func hasLogs(_ run: RunFolder) -> Bool { run.path.appending("tasks").isDirectory }

  private static func copy(
    _ tip: ObjectID, of id: String, into store: RunStore, from repository: Repository
  ) throws {
    let folder = RunFolder(id: id, path: store.folder.appending("runs").appending(id))
    let note = folder.path.appending("ledger")
    if note.text?.hasPrefix(tip.description) == true, folder.journal.isRegularFile { return }
    let contents = try LedgerReading.contents(of: tip, run: id, in: repository)
    _ = try store.create(id)
    for log in contents.logs {
      try FileSystem.replace(folder.attempt(log.attempt, of: log.task).log, with: log.text)
    }
    if let plan = contents.plan { try FileSystem.replace(folder.plan, with: plan) }
    try FileSystem.replace(folder.journal, with: contents.journal)
    // The last: what is interrupted is done again.
    try FileSystem.replace(note, with: "\(tip)\n\(sanitized(contents.host))\n")
  }
}
