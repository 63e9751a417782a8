import Basics
import Git
import Remotes
import SystemPackage

/// Brings a ledger to the remote, by compare and swap: each ledger has one writer, who notices here that another clone has
/// taken the run over.
actor LedgerPush {
  private let run: String
  private let remote: String
  private let git: GitCommand
  private let commonDirectory: FilePath
  private let identity: LedgerWriterIdentity
  /// Why it is not pushed any more.
  private var isOver = false
  private var lastFailure: String?
  private var notes: [String] = []
  /// The newest commit that is to be pushed: it has those before it.
  private var latest: ObjectID?
  /// The commit of this clone that the remote has had last, as far as is known.
  private var pushed: ObjectID?
  /// The clone that has taken the run over from this one; nil while none has.
  private(set) var successor: LedgerWriterIdentity?

  init(
    run: String, remote: String, git: GitCommand, commonDirectory: FilePath, identity: LedgerWriterIdentity
  ) {
    self.run = run
    self.remote = remote
    self.git = git
    self.commonDirectory = commonDirectory
    self.identity = identity
  }

  /// Where the remote's reference was when it was last pushed or fetched.
  nonisolated var tracking: String { LedgerReference.run(run, of: remote) }

  func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  /// Why the remote does not have it, where trying again may help.
  var left: String? {
    lastFailure.map {
      """
      the ledger of this run is not complete on '\(remote)': \($0)
      hint: git push \(shellQuoted(remote)) \(LedgerReference.run(run))
      """
    }
  }

  func push(_ commit: ObjectID) async {
    guard !isOver else { return }
    latest = commit
    do {
      // What others fetch meanwhile into the same reference is not to be taken for what this one has pushed.
      try await FileLock("ledger", in: commonDirectory).withLock { () async throws(GitError) in
        try await self.bring(commit)
      }
    } catch {
      lastFailure = "\(error)"
    }
  }

  private func bring(_ commit: ObjectID) async throws(GitError) {
    guard !isOver else { return }
    let commit = latest ?? commit
    guard try await attempt(commit) else { return }
    // The remote was not where it was expected.
    guard try await isOurs() else { return }
    if try await attempt(commit) { lastFailure = "somebody else changes it all the time" }
  }

  /// Asks the remote whether the ledger is still this clone's; one that does not answer says nothing.
  func verify() async {
    guard !isOver, pushed != nil else { return }
    _ = try? await FileLock("ledger", in: commonDirectory).withLock { () async throws(GitError) in
      _ = try await self.isOurs()
    }
  }

  /// - Returns: whether the remote's ledger is another one than expected.
  private func attempt(_ commit: ObjectID) async throws(GitError) -> Bool {
    let expected = try read(tracking)
    guard expected != commit else {
      (lastFailure, pushed) = (nil, commit)
      return false
    }
    // Whoever looks at the ledgers of a remote has fetched them: that is no leave to overwrite somebody's.
    if let expected, try writer(of: expected)?.clone != identity.clone { return true }
    pushed = expected ?? pushed
    let update = ReferenceUpdate(LedgerReference.run(run), from: expected, to: commit)
    guard let refusal = try await git.push([update], to: remote, timeout: .seconds(60)) else {
      (lastFailure, pushed) = (nil, commit)
      try note(commit, expecting: expected)
      return false
    }
    let isElsewhere = ["stale info", "fetch first", "non-fast-forward", "reference already exists", "cannot lock ref"]
      .contains { refusal.contains($0) }
    if isElsewhere { return true }
    guard refusal.contains("[remote rejected]") else {
      lastFailure = refusal
      return false
    }
    end("'\(remote)' does not take the ledger of this run, which stays local: \(refusal.firstLine)")
    return false
  }

  /// Whether the ledger on the remote is this clone's, as after a push whose answer did not come; otherwise this one is
  /// not pushed any more.
  private func isOurs() async throws(GitError) -> Bool {
    do throws(GitError) {
      try await git.fetch(remote: remote, reference: LedgerReference.run(run), into: tracking, timeout: .seconds(60))
    } catch  where error.code == .notFound {
      // It was removed there: the next push makes it again.
      if let old = try read(tracking) {
        try await git.updateReferences([ReferenceUpdate(tracking, from: old, to: nil)], message: "git-orch: ledger")
      }
      return true
    }
    let theirs = try read(tracking)
    let writer = try theirs.flatMap { commit throws(GitError) in try self.writer(of: commit) }
    if let writer, writer.clone == identity.clone { return true }
    if let writer, let theirs, let pushed, try isAncestor(pushed, of: theirs) {
      // It goes on where this one was.
      successor = writer
      end(nil)
      return false
    }
    let who = writer.map { "the clone on '\(sanitized($0.host))'" } ?? "somebody else"
    end("the ledger of this run on '\(remote)' is now written by \(who); this one stays local")
    return false
  }

  private func end(_ note: String?) {
    isOver = true
    lastFailure = nil
    notes += [note].compactMap(\.self)
  }

  private func writer(of commit: ObjectID) throws(GitError) -> LedgerWriterIdentity? {
    try LedgerReading.writer(of: commit, in: Repository.open(commonDirectory, environment: git.environment))
  }

  private func isAncestor(_ commit: ObjectID, of other: ObjectID) throws(GitError) -> Bool {
    try Repository.open(commonDirectory, environment: git.environment).isAncestor(commit, of: other)
  }

  private func read(_ reference: String) throws(GitError) -> ObjectID? {
    try Repository.open(commonDirectory, environment: git.environment).reference(reference)
  }

  private func note(_ commit: ObjectID, expecting old: ObjectID?) throws(GitError) {
    try Repository.open(commonDirectory, environment: git.environment)
      .updateReference(tracking, to: commit, expecting: old, message: "git-orch: ledger")
  }
}

extension String {
  fileprivate var firstLine: String { String(prefix { !$0.isNewline }) }
}
