import Basics
package import Git
package import Journal
import Processes
import Remotes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Who writes a ledger, and when they did last.
package struct LedgerStanding: Sendable, Equatable {
  /// Its commit, as it was read.
  package let tip: ObjectID
  package let writer: LedgerWriterIdentity
  /// By the writer's clock.
  package let writtenAt: Date

  /// Whether its writer may be at work: it writes at every change, and now and then besides.
  package func mayBeAlive(_ state: RunState, now: Date) -> Bool {
    state.phase != .ended && now.timeIntervalSince(lastSign(state)) < LedgerWriter.timeToLive / .seconds(1)
  }

  package func lastSign(_ state: RunState) -> Date { max(writtenAt, state.updatedAt.date) }
}

/// A clone's wish to continue a run that another one has performed: a commit of the run's ledger by a new writer. The
/// remote takes it only if nobody has written since the ledger was read, so that of several clones one gets the run.
package struct LedgerClaim: Sendable {
  private let run: String
  private let remote: String
  private let commonDirectory: FilePath
  private let git: GitCommand
  package let identity: LedgerWriterIdentity
  private let redactor: Redactor

  package init(
    run: String, remote: String, commonDirectory: FilePath, git: GitCommand, identity: LedgerWriterIdentity,
    redactor: Redactor
  ) {
    self.run = run
    self.remote = remote
    self.commonDirectory = commonDirectory
    self.git = git
    self.identity = identity
    self.redactor = redactor
  }

  package enum Outcome: Sendable, Equatable {
    case ours
    /// Somebody was faster; nil where they do not say who they are.
    case lost(to: LedgerWriterIdentity?)
    /// The remote does not take it, in its words.
    case refused(String)
  }

  /// - Parameters:
  ///   - tip: the ledger as it was read.
  ///   - journal: what it is to say: what it has said, and that it is taken over.
  ///   - copy: of the run as it was fetched, whose logs stay in it.
  package func push(after tip: ObjectID, journal: [UInt8], copy: RunFolder) async throws(GitError) -> Outcome {
    let claim = try await Repository.withRepository(at: commonDirectory, environment: git.environment) {
      repository throws(GitError) in try commit(after: tip, journal: journal, copy: copy, to: repository)
    }
    return try await FileLock("ledger", in: commonDirectory).withLock { () async throws(GitError) in
      try await bring(claim, after: tip)
    }
  }

  private func commit(
    after tip: ObjectID, journal: [UInt8], copy: RunFolder, to repository: Repository
  ) throws(GitError) -> ObjectID {
    var redacted = RedactedJournal(redactor: redactor)
    _ = journal.withUnsafeBytes { redacted.feed($0) }
    var contents = LedgerContents(folder: copy, redactor: redactor)
    try contents.keep(of: tip, repository)
    let tree = try contents.write(&redacted, by: identity, to: repository)
    return try repository.writeLedger(tree, after: tip, of: redacted, at: Date())
  }

  private func bring(_ claim: ObjectID, after tip: ObjectID) async throws(GitError) -> Outcome {
    let reference = LedgerReference.run(run)
    let tracking = LedgerReference.run(run, of: remote)
    let update = ReferenceUpdate(reference, from: tip, to: claim)
    let refusal = try await git.push([update], to: remote, timeout: .seconds(60))
    // Whatever it answered, it has the last word: the answer of a push that arrived may have been lost.
    if refusal != nil {
      do throws(GitError) {
        try await git.fetch(remote: remote, reference: reference, into: tracking, timeout: .seconds(60))
      } catch  where error.code == .notFound {
        return .lost(to: nil)
      }
    }
    return try await Repository.withRepository(at: commonDirectory, environment: git.environment) {
      repository throws(GitError) -> Outcome in
      let theirs = refusal == nil ? claim : try repository.reference(tracking)
      guard theirs == claim else {
        if let refusal, theirs == tip {
          // What is hidden from pushes looks as if it had moved.
          return .refused(
            refusal.contains("stale info")
              ? "it takes no pushes to '\(reference)'" : String(refusal.prefix { $0 != "\n" }))
        }
        return .lost(
          to: try theirs.flatMap { commit throws(GitError) in
            try LedgerReading.writer(of: commit, in: repository)
          })
      }
      for name in [reference, tracking] {
        let now = try repository.reference(name)
        if now != claim {
          try repository.updateReference(name, to: claim, expecting: now, message: "git-orch: ledger")
        }
      }
      return .ours
    }
  }
}
