import Basics
import Engine
import Git
import Journal
import Processes
import Restacking
import Settings
import SystemPackage
import Worktrees

/// The worktrees in which a landing's trees are tested: each is made once, and then switched from tree to tree, which
/// writes only what differs and leaves ignored files, such as what a build has made, as they are.
struct TestPlaces: Sendable {
  let place: RepositoryContext
  let folder: FilePath
  let setup: WorktreeSetup
  let journal: RunJournal
  let stop: StopRequest
  let worktrees: Worktrees

  init(_ place: RepositoryContext, folder: FilePath, setup: WorktreeSetup, journal: RunJournal, stop: StopRequest) {
    self.place = place
    self.folder = folder
    self.setup = setup
    self.journal = journal
    self.stop = stop
    worktrees = Worktrees(
      repository: place.checkout ?? place.commonDirectory, environment: place.environment,
      checkoutLimit: place.settings[.worktreeSetupTimeout])
  }

  /// The names are the same for each landing: there is one at a time, and it removes what an earlier one has left.
  func name(_ number: Int) -> String { "landing-tests-\(number)" }
  func branch(_ number: Int) -> String { "orch/landing/tests-\(number)" }
  func path(_ number: Int) -> FilePath { folder.appending(name(number)) }

  /// The folder of a worktree at the commit, with its files and nothing else but ignored ones.
  /// - Parameters:
  ///   - number: counts from 1; used by one test at a time.
  ///   - isNew: whether it is to be made first.
  func prepare(_ number: Int, at commit: ObjectID, isNew: Bool) async throws -> FilePath {
    let path = path(number)
    if isNew { try await make(number, at: commit) }
    let git = GitCommand(directory: path, environment: place.environment)
    try await git.require(.checkout(hooks: nil), ["checkout", "--quiet", "--force", "--detach", "\(commit)"])
    if path.appending(".gitmodules").exists {
      try await git.require(
        .checkout(hooks: nil), ["submodule", "--quiet", "update", "--init", "--recursive", "--force"])
    }
    try await git.require(.recording, ["clean", "--quiet", "-d", "--force", "--force"])
    return path
  }

  private func make(_ number: Int, at commit: ObjectID) async throws {
    try await remove(number)
    let (name, branch, path) = (name(number), branch(number), path(number))
    try await journal.append(
      .effect(
        task: nil,
        effects: [
          EffectRecord(.reference, "refs/heads/\(branch)", before: nil, after: commit.description),
          EffectRecord(.worktree, name, before: nil, after: path.string),
        ]))
    try await place.withRepository { repository throws(GitError) in
      try repository.createBranch(branch, at: commit)
    }
    try await stop.cancelling(at: .graceful) { try await worktrees.add(name: name, path: path, branch: branch) }
    for note in await worktrees.takeNotes() { try await journal.append(.warned(message: note)) }
    for note in try setup.copyIgnoredFiles(to: path) {
      try await journal.append(.warned(message: "the tests' worktree: \(note)"))
    }
    guard setup.command != nil else { return }
    let log = FileSystem.firstFree(journal.folder.path.appending("setup"), "log")
    let sandbox = try await SandboxPolicy(place).sandbox(
      for: .setup(branch: branch), worktree: path, environment: setup.environment, scratch: journal.folder.path)
    let mark = RunMark(run: journal.folder.mark, task: name, attempt: 0)
    try await stop.cancelling(at: .graceful) { [setup] in
      try await setup.run(in: path, log: log, mark: mark, sandbox: sandbox)
    }
  }

  /// Removes what a landing has left that was killed.
  func sweep() async throws {
    let (folder, records) = (folder, place.commonDirectory.appending("worktrees"))
    let prefix = "orch/landing/tests-"
    let numbers = try await place.withRepository { repository throws(GitError) in
      // Also those that are half made.
      let names = ((folder.entries ?? []) + (records.entries ?? [])).filter { $0.hasPrefix("landing-tests-") }
        .map { $0.dropFirst("landing-tests-".count) }
      let branches = repository.branches().keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
      return Set((names + branches).compactMap { Int($0) })
    }
    for number in numbers.sorted() {
      try await save(path(number))
      try await remove(number)
    }
  }

  /// Since the kill somebody may have looked there for what fails, and changed something.
  private func save(_ path: FilePath) async throws {
    guard path.appending(".git").exists else { return }
    let name = "refs/orchestrator/saved/\(journal.folder.id)/\(path.name)/1"
    let result = try await worktrees.saveWork(
      SavingRequest(path: path, reference: name, subject: "orch: what was in '\(path)'"))
    if let complaint = result.complaints.first {
      throw LandingError(
        "'\(path)', where the tests are to run, has something that cannot be saved: \(complaint)",
        hints: ["move it away, then: git worktree remove --force \(shellQuoted(path.string))"])
    }
    guard let reference = result.reference else { return }
    try await journal.append(
      .warned(message: "what an earlier landing's tests, or somebody, left in '\(path)' is saved: \(reference)"))
  }

  /// Removes the worktree and its branch, with whatever tests have left there; nobody works in it.
  func remove(_ number: Int) async throws {
    let (name, branch, path) = (name(number), branch(number), path(number))
    let record = place.commonDirectory.appending("worktrees").appending(name)
    if !FileSystem.isVacant(path) || record.isDirectory { try await removeWorktree(name, path, branch) }
    let tip = try await place.withRepository { repository throws(GitError) in try repository.branch(branch) }
    guard let tip else { return }
    let reference = "refs/heads/\(branch)"
    try await journal.append(
      .effect(task: nil, effects: [EffectRecord(.reference, reference, before: tip.description, after: nil)]))
    try await place.git.require(.recording, ["update-ref", "-d", reference, "\(tip)"])
  }

  private func removeWorktree(_ name: String, _ path: FilePath, _ branch: String) async throws {
    let found = try await place.withRepository { repository throws(GitError) in
      try repository.worktrees().first { $0.path.isSamePlace(as: path) }
    }
    if let other = found?.branch, other != branch {
      throw LandingError(
        "'\(path)', where the tests are to run, is on branch '\(other)'",
        hints: ["remove it: git worktree remove \(shellQuoted(path.string))"])
    }
    try await journal.append(
      .effect(task: nil, effects: [EffectRecord(.worktree, name, before: path.string, after: nil)]))
    switch try await worktrees.takeUp(name: name, path: path, branch: branch, wasUsed: false) {
    case .sound, .reconnected, .unfinished:
      try await place.git.require(.recording, ["worktree", "remove", "--force", "--force", path.string])
    case .gone(let aside):
      // Half of a worktree, in which nobody has been.
      try aside?.removeTree()
    }
  }
}
