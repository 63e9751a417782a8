import Basics
package import Git
import Processes
package import SystemPackage

/// Makes and removes the linked worktrees of one repository.
///
/// What changes git's records of worktrees is done one at a time per repository, among the tasks of this process and
/// among processes (`<common git directory>/orchestrator/worktrees.lock`): git fails when a record comes or goes while
/// it reads them. Filling new worktrees with files runs side by side.
package actor Worktrees {
  let repository: FilePath
  let environment: [String: String]
  /// How long git may take to fill a new one: with filters, submodules and the user's hook.
  private let checkoutLimit: Duration?
  private let clock: any Clock<Duration>
  /// Looked up once.
  private var commonDirectory: FilePath?
  /// What was not as it should be about worktrees that were made all the same, a sentence each, once each.
  private var notes: [String] = []
  private var toldNotes: Set<String> = []

  /// For the repository of a working tree or git directory. New worktrees take over its sparse checkout and its worktree
  /// configuration, as with `git worktree add`.
  package init(
    repository: FilePath, environment: [String: String], checkoutLimit: Duration? = nil,
    clock: any Clock<Duration> = SuspendingClock()
  ) {
    self.repository = repository
    self.environment = environment
    self.checkoutLimit = checkoutLimit
    self.clock = clock
  }

  /// Makes a worktree at `path` with `branch` checked out, as `git worktree add` would: content filters, sparse
  /// checkout, initialised submodules and the post-checkout hook included. Sets no upstream.
  ///
  /// When anything fails, or the task is cancelled, all that was made is removed again, and nothing else.
  /// - Parameters:
  ///   - name: What git's record of it is to be called; a number is added when that is taken.
  ///   - path: Absolute; nothing or an empty folder. Missing folders on the way are made.
  ///   - branch: An existing branch that no worktree has checked out.
  /// - Throws: `.exists` (the path), `.notFound` (the branch), `.checkedOut`, `.invalidName`, `.permissionDenied`,
  ///   `.diskFull`, `.timedOut`, or `.commandFailed` with the words of a filter, a submodule's clone or the hook.
  package func add(name: String, path: FilePath, branch: String) async throws(GitError) {
    let registration = try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        try WorktreeRegistration.make(
          name: name, path: path, branch: branch, from: Repository.open(repository, environment: environment))
      }
    }
    do throws(GitError) {
      try await fill(registration)
      registration.unlock()
    } catch {
      // In a task of its own: this one may be cancelled, and must clean up all the same.
      let rollback = Task {
        try await self.changingRecords { () async throws(GitError) in
          try await offPool { () throws(GitError) in try registration.undo() }
        }
      }
      if case .failure(let leftover) = await rollback.result {
        throw GitError(error.code, "\(error.message)\n(and what was created could not be removed: \(leftover))")
      }
      throw error
    }
  }

  /// What the user should know of worktrees that were made since it was last asked.
  package func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  func note(_ sentences: [String]) {
    for sentence in sentences where toldNotes.insert(sentence).inserted { notes.append(sentence) }
  }

  private func fill(_ registration: WorktreeRegistration) async throws(GitError) {
    let checkout = WorktreeCheckout(registration: registration, environment: environment)
    guard let checkoutLimit else { return note(try await checkout.run()) }
    do {
      note(try await withTimeLimit(checkoutLimit, clock: clock) { try await checkout.run() })
    } catch let error as GitError {
      throw error
    } catch is TimeLimitReached {
      throw GitError(
        .timedOut,
        "git did not fill the worktree '\(registration.path)' within \(checkoutLimit.components.seconds) s, with its "
          + "filters, submodules and post-checkout hook (orchestrator.worktree.setupTimeout)")
    } catch {
      throw GitError(.cancelled, "creating the worktree '\(registration.path)' was canceled")
    }
  }

  /// Removes a worktree, if that loses nothing; its branch stays.
  ///
  /// A worktree whose folder is gone already is struck off the records.
  /// - Parameters:
  ///   - name: As it was given when it was made. The worktree is known by its path.
  ///   - path: Its folder.
  ///   - saved: A commit by ``saveWork(_:)``. When it holds all that only the worktree does, the worktree may go although
  ///     it is not clean.
  ///   - traces: Changes that nobody misses, as long as they are all that is uncommitted.
  /// - Throws: `.dirty` when there is uncommitted work, an unpushed commit in a submodule, or a commit that only the
  ///   worktree's own records lead to; `.locked`; `.notFound` when `path` is no linked worktree of this repository.
  package func remove(
    name: String, path: FilePath, saved: ObjectID? = nil, traces: WorktreeTraces = WorktreeTraces()
  ) async throws(GitError) {
    let found = try await offPool { [repository, environment] () throws(GitError) in
      try Repository.open(repository, environment: environment).worktree(at: path)
    }
    guard let found else {
      throw GitError(.notFound, "'\(path)' (\(name)) is not a linked worktree of this repository")
    }
    // One that says that it is being made was left by a kill: whoever removes it has made it.
    if found.isLocked, !found.isUnfinished {
      throw GitError(.locked, "the worktree '\(path)' is locked; see 'git worktree unlock'")
    }
    if !found.isPrunable { try await refuseToLoseWork(in: path, saved: saved, traces: traces) }
    let removed = try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        try Repository.open(repository, environment: environment).takeOut(found, at: path)
      }
    }
    try await offPool { () throws(GitError) in try removed.finish() }
  }

  /// Removes what was to be removed when its process was killed. For whoever holds the lock on runs: nobody else is at it.
  /// - Parameter worktrees: the paths of worktrees, gone or not.
  package func finishRemovals(of worktrees: [FilePath]) async throws(GitError) {
    let left = WorktreeRemoval.left(of: worktrees, commonDirectory: try await findCommonDirectory())
    guard !left.isEmpty else { return }
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        let repository = try Repository.open(repository, environment: environment)
        for removal in left { try removal.takeOutRecords(in: repository) }
      }
    }
    try await offPool { () throws(GitError) in for removal in left { try removal.finish() } }
  }

  /// Strikes worktrees off the records whose folders are gone, unless they are locked.
  /// - Returns: Their names.
  @discardableResult
  package func prune() async throws(GitError) -> [String] {
    try await changingRecords { [repository, environment] () async throws(GitError) in
      try await offPool { () throws(GitError) in
        let repository = try Repository.open(repository, environment: environment)
        let gone = try repository.worktrees().filter { $0.isPrunable && !$0.isLocked }
        for worktree in gone { try repository.takeOutRecord(worktree.name).removeAll() }
        return gone.map(\.name)
      }
    }
  }

  /// - Parameters:
  ///   - keepsLog: whether what only the worktree's log leads to is kept in another way.
  ///   - status: the worktree's, where somebody has just looked.
  func refuseToLoseWork(
    in path: FilePath, saved: ObjectID?, keepsLog: Bool = false, traces: WorktreeTraces = WorktreeTraces(),
    status: WorkingTreeStatus? = nil
  ) async throws(GitError) {
    try await offPool { [environment] () throws(GitError) in
      if let mount = MountPoints.present().first(in: path) {
        throw GitError(.dirty, "the worktree '\(path)' has something mounted in it, at '\(mount)'")
      }
      let worktree = try Repository.open(path, environment: environment)
      if case .detached(let tip) = try worktree.head(), try !worktree.isReachableFromOtherRefs(tip, except: []) {
        throw GitError(
          .dirty,
          "the worktree '\(path)' is at \(tip.abbreviated), a commit that is on no branch; "
            + "keep it with 'git branch <name> \(tip.abbreviated)'")
      }
      guard saved == nil else { return }
      let known = if let status { status } else { try worktree.status() }
      let left = traces.unexplained(known, in: path)
      guard let first = left.entries.first else {
        if keepsLog { return }
        let commits = try worktree.unkeptCommits(branch: nil, since: nil).commits
        guard let first = commits.first else { return }
        let more = commits.count > 1 ? " and \(commits.count - 1) more" : ""
        throw GitError(
          .dirty,
          "only the log of the worktree '\(path)' leads to the commit \(first.abbreviated)\(more); "
            + "keep it with 'git branch <name> \(first.abbreviated)'")
      }
      let more = left.entries.count > 1 ? " and \(left.entries.count - 1) more" : ""
      throw GitError(.dirty, "the worktree '\(path)' has uncommitted work: '\(first.path)'\(more)")
    }
    if let saved {
      try await refuseUnlessSaved(saved, in: path)
    } else {
      try await refuseUnpushedSubmodules(in: path)
    }
  }

  /// A linked worktree's submodules have repositories of their own, which go with it.
  private func refuseUnpushedSubmodules(in path: FilePath) async throws(GitError) {
    guard path.appending(".gitmodules").exists else { return }
    let script = """
      test -z "$(git status --porcelain)" && test -z "$(git rev-list -n 1 HEAD --branches --glob=refs/stash --not --remotes)" \
      || echo "$displaypath"
      """
    let configuration = try await offPool { [environment] () throws(GitError) in
      try Repository.open(path, environment: environment).withoutNestedFilters()
    }
    let output = try await GitCommand(directory: path, environment: environment)
      .require(
        .reading, ["submodule", "--quiet", "foreach", "--quiet", "--recursive", script], configuration: configuration)
    if let first = output.text.split(separator: "\n").first {
      throw GitError(.dirty, "the submodule '\(first)' of the worktree '\(path)' has work that is on no remote")
    }
  }

  func changingRecords<Value: Sendable>(
    _ body: @Sendable () async throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    try await FileLock("worktrees", in: findCommonDirectory()).withLock(body)
  }

  private func findCommonDirectory() async throws(GitError) -> FilePath {
    if let commonDirectory { return commonDirectory }
    let found = try await offPool { [repository, environment] () throws(GitError) in
      try Repository.open(repository, environment: environment).commonDirectory
    }
    commonDirectory = found
    return found
  }
}

extension Repository {
  func worktree(at path: FilePath) throws(GitError) -> LinkedWorktree? {
    // Records hold paths without symbolic links; the caller's may have some.
    let records = try worktreeRecords()
    let wanted = path.string
    if let record = records.first(where: { $0.path == wanted }) { return linkedWorktree(record) }
    let resolved = (path.removingLastComponent().realPath ?? path).string + "/" + (path.lastComponent?.string ?? "")
    return records.first { $0.path == resolved }.map(linkedWorktree)
  }

  /// Moves a worktree's record out of git's sight in one step, so that nobody reads half of it, and returns where it
  /// lies now.
  /// - Parameter keeping: whether it stays there; else it is to be removed.
  func takeOutRecord(_ name: String, keeping: Bool = false) throws(GitError) -> FilePath {
    let trash = keeping ? "\(commonFolder)/orchestrator/removed-worktrees" : WorktreeRemoval.folder(in: commonFolder)
    try createDirectories(trash)
    let place = FilePath("\(trash)/\(name).\(UInt64.random(in: 0 ... .max))")
    try FilePath("\(worktreesFolder)/\(name)").move(to: place)
    return place
  }
}
