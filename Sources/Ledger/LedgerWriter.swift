import Basics
package import Git
package import Journal
import Processes
import Remotes
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Writes the ledger of a run: what its journal says, redacted, as commits of `refs/orchestrator/runs/<id>`.
///
/// It reads the journal's file as it grows, beside the run and not within it. What it has not written follows from the
/// journal and is written by the next writer, so that nothing is lost with it.
package actor LedgerWriter {
  private let executor = BlockingExecutor()
  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let folder: RunFolder
  private let commonDirectory: FilePath
  private let git: GitCommand
  private let identity: LedgerWriterIdentity
  private let redactor: Redactor
  private let interval: Duration
  private let clock: any Clock<Duration>
  private let wakeup = AsyncSignal()
  private var follower: FileFollower?

  private var journal: RedactedJournal
  private var contents: LedgerContents
  private let push: LedgerPush
  /// What the reference is at, as far as this has written it.
  private var tip: ObjectID?
  /// Whether a change was read that is not written.
  private var isDue = false
  private var failure: String?

  /// How often the ledger of a run in progress is written although nothing has changed, and how old one is that nobody
  /// writes any more. Others take over only from the dead.
  package static let heartbeat = Duration.seconds(300)
  package static let timeToLive = Duration.seconds(900)

  /// - Parameters:
  ///   - git: in the repository.
  ///   - remote: where it is pushed to.
  ///   - interval: the least time between two commits; the last one does not wait.
  package init(
    of folder: RunFolder, commonDirectory: FilePath, git: GitCommand, identity: LedgerWriterIdentity, remote: String,
    redactor: Redactor, interval: Duration = .seconds(2), clock: any Clock<Duration> = SuspendingClock()
  ) {
    self.folder = folder
    self.commonDirectory = commonDirectory
    self.git = git
    self.identity = identity
    self.redactor = redactor
    self.interval = interval
    self.clock = clock
    journal = RedactedJournal(redactor: redactor)
    contents = LedgerContents(folder: folder, redactor: redactor)
    push = LedgerPush(run: folder.id, remote: remote, git: git, commonDirectory: commonDirectory, identity: identity)
  }

  /// Writes the ledger whenever a task's state changes, and now and then, until the task is canceled or another clone has
  /// taken the run over.
  /// - Parameter note: gets what the user should hear.
  package func follow(_ note: @Sendable (String) async -> Void) async {
    var sinceBeat = Stopwatch(clock)
    while !Task.isCancelled {
      let stopwatch = Stopwatch(clock)
      let isBeat = sinceBeat.elapsed >= Self.heartbeat
      if isBeat { sinceBeat = Stopwatch(clock) }
      await update(always: isBeat, beats: isBeat)
      for text in await push.takeNotes() { await note(text) }
      if await push.successor != nil { return }
      // What comes meanwhile is written together.
      do { try await clock.sleep(for: max(interval, stopwatch.elapsed * 10)) } catch { return }
      await wakeup.wait(until: Self.heartbeat, on: sinceBeat)
    }
  }

  /// Brings the ledger to the remote now, with all that is in the journal, before anything is done that counts on it.
  /// - Returns: the clone that has taken the run over; nil while none has, as far as the remote answers.
  package func successor() async -> LedgerWriterIdentity? {
    let before = tip
    await update(always: true)
    // Without a push nobody was asked.
    if tip == before { await push.verify() }
    let successor = await push.successor
    // The ledger is not followed any longer.
    if successor != nil { wakeup.send() }
    return successor
  }

  /// Writes what is left, once the journal is complete; returns what the user should hear.
  package func finish() async -> [String] {
    await update(always: true)
    var notes = await push.takeNotes()
    if let failure {
      notes.append("the ledger of this run cannot be written: \(failure)")
    } else if let left = await push.left {
      notes.append(left)
    }
    return notes
  }

  private func update(always: Bool, beats: Bool = false) async {
    do {
      isDue = try readJournal() || isDue
      guard isDue || always, journal.hasBegun else { return }
      let commit = try commit(beats: beats)
      (isDue, failure) = (false, nil)
      await push.push(commit)
    } catch {
      failure = "\(error)"
    }
  }

  /// - Returns: whether the state of the run or of a task has changed.
  private func readJournal() throws -> Bool {
    if follower == nil { follower = try FileFollower(path: folder.journal, wakeup: wakeup) }
    var isChange = false
    _ = follower?.readAvailable { isChange = journal.feed($0) || isChange }
    return isChange
  }

  /// The first of them that this clone wrote. Somebody may have made anything else of the references, such as a commit
  /// that is nobody else's business.
  private func earlier(_ commits: [ObjectID?], in repository: Repository) throws -> ObjectID? {
    for case let commit? in commits
    where try LedgerReading.writer(of: commit, in: repository)?.clone == identity.clone { return commit }
    return nil
  }

  /// - Parameter beats: whether there is to be a new one although nothing has changed.
  private func commit(beats: Bool) throws -> ObjectID {
    let repository = try Repository.open(commonDirectory, environment: git.environment)
    let reference = LedgerReference.run(folder.id)
    let now = try repository.reference(reference)
    var parent = tip
    if parent == nil { parent = try earlier([now, repository.reference(push.tracking)], in: repository) }
    let tree = try contents.write(&journal, by: identity, to: repository)
    if let parent, !beats, try repository.tree(of: parent) == tree, now == parent {
      tip = parent
      return parent
    }
    guard let time = journal.state?.updatedAt.date else { throw GitError(.other, "the journal has no beginning") }
    let commit = try repository.writeLedger(
      tree, after: parent, of: journal, at: beats ? max(time, Date()) : time)
    try repository.updateReference(reference, to: commit, expecting: now, message: "git-orch: ledger")
    tip = commit
    return commit
  }
}

extension Repository {
  /// Writes a commit of a ledger. Nothing refers to it yet.
  func writeLedger(
    _ tree: ObjectID, after parent: ObjectID?, of journal: RedactedJournal, at time: Date
  ) throws(GitError) -> ObjectID {
    guard let message = journal.message else { throw GitError(.other, "the journal has no beginning") }
    let who = "git-orch <git-orch@localhost> \(Int(time.timeIntervalSince1970)) +0000"
    return try writeCommit(
      tree: tree, parents: [parent].compactMap(\.self),
      CommitText(author: who, committer: who, message: message.bytes))
  }

  /// When a commit of a ledger was written, as its writer's clock had it.
  func time(ofLedger commit: ObjectID) throws(GitError) -> Date {
    let fields = try text(of: commit).committer.split(separator: " ")
    guard fields.count > 1, let seconds = Double(fields[fields.count - 2]) else { return .distantPast }
    return Date(timeIntervalSince1970: seconds)
  }
}
