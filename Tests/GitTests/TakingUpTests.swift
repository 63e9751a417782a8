import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Git
@testable import Worktrees

/// What a kill, or somebody's `rm`, leaves of a worktree, and what becomes of it.
@Suite(.timeLimit(.minutes(5))) struct TakingUpTests {
  let repository: TemporaryRepository
  let worktrees: Worktrees
  let path: FilePath
  let record: FilePath

  init() async throws {
    repository = try await TemporaryRepository.withCommit()
    worktrees = Worktrees(repository: repository.path, environment: repository.hermetic.variables)
    path = repository.scratch.path.appending("work/a")
    record = repository.path.appending(".git/worktrees/a")
    try await repository.git("branch", "feature/a")
    try await worktrees.add(name: "a", path: path, branch: "feature/a")
  }

  private func takeUp(wasUsed: Bool) async throws -> WorktreeTakeUp {
    try await worktrees.takeUp(name: "a", path: path, branch: "feature/a", wasUsed: wasUsed)
  }

  private func isSound() -> Bool { Worktrees.isSound(path, commonDirectory: repository.path.appending(".git")) }

  private func remove(_ path: FilePath) throws { try FileManager.default.removeItem(atPath: path.string) }

  @Test(arguments: [true, false]) func `one that is as it was stays so`(wasUsed: Bool) async throws {
    #expect(isSound())
    #expect(try await takeUp(wasUsed: wasUsed) == .sound)
  }

  @Test func `one that is being made is reported`() async throws {
    try repository.write("locked", "initializing", in: record)
    #expect(try await takeUp(wasUsed: false) == .unfinished)
  }

  /// What is left of record and folder when git is killed while it makes them.
  @Test(arguments: [
    ["locked"], ["locked", "gitdir"], ["locked", "commondir"], ["locked", "HEAD.lock"],
    ["locked", "gitdir", "commondir"],
    [],
  ])
  func `one that was half made is cleared away`(left: [String]) async throws {
    try remove(record)
    for name in left {
      let contents = ["gitdir": "\(path)/.git\n", "commondir": "../..\n"][name] ?? ""
      try repository.write(name, contents, in: record)
    }
    try remove(path)
    try repository.write(".git", "", in: path)
    #expect(!isSound())
    #expect(try await takeUp(wasUsed: false) == .gone(aside: nil))
    #expect(!FileManager.default.fileExists(atPath: path.string))
    #expect(!FileManager.default.fileExists(atPath: record.string))
    try await worktrees.add(name: "a", path: path, branch: "feature/a")
    #expect(isSound())
  }

  @Test func `files in one that was half made are set aside`() async throws {
    try remove(record.appending("HEAD"))
    try repository.write("mine.txt", "by hand\n", in: path)
    let aside = FilePath("\(path.string).old")
    #expect(try await takeUp(wasUsed: false) == .gone(aside: aside))
    #expect(try repository.read("mine.txt", in: aside) == "by hand\n")
  }

  @Test func `a lost .git is written again, and all work is as it was`() async throws {
    try repository.write("new.txt", "new\n", in: path)
    try repository.write("staged.txt", "staged\n", in: path)
    try await repository.git("add", "staged.txt", in: path)
    let before = try await repository.git("status", "--porcelain", in: path)
    try remove(path.appending(".git"))
    #expect(!isSound())
    #expect(try await takeUp(wasUsed: true) == .reconnected)
    #expect(isSound())
    #expect(try await repository.git("status", "--porcelain", in: path) == before)
    #expect(try await repository.git("rev-parse", "--abbrev-ref", "HEAD", in: path) == "feature/a")
  }

  @Test func `a lost record is written again, and all work is as it was`() async throws {
    try await repository.commit("done.txt", "done\n", message: "feat: done", in: path)
    try repository.write("new.txt", "new\n", in: path)
    try remove(record)
    #expect(try await takeUp(wasUsed: true) == .reconnected)
    #expect(try await repository.git("status", "--porcelain", in: path) == "?? new.txt")
    #expect(try await repository.git("log", "-1", "--format=%s", in: path) == "feat: done")
    #expect(try await repository.git("fsck", "--no-dangling") == "")
  }

  @Test func `one whose folder is gone makes room`() async throws {
    try remove(path)
    #expect(try await takeUp(wasUsed: true) == .gone(aside: nil))
    #expect(!FileManager.default.fileExists(atPath: record.string))
  }

  @Test func `one that somebody locked is left to him`() async throws {
    try await repository.git("worktree", "lock", "--reason", "on a stick", path.string)
    try remove(path)
    await #expect {
      try await takeUp(wasUsed: true)
    } throws: { error in
      (error as? GitError)?.code == .locked && "\(error)".contains("on a stick")
    }
    #expect(FileManager.default.fileExists(atPath: record.appending("gitdir").string))
  }

  @Test(arguments: [true, false]) func `what somebody put in its place is not touched`(wasUsed: Bool) async throws {
    try remove(path)
    try await repository.git("worktree", "prune")
    try repository.write("mine.txt", "by hand\n", in: path)
    await #expect { try await takeUp(wasUsed: wasUsed) } throws: { ($0 as? GitError)?.code == .exists }
    try await repository.git("init", "--quiet", in: path)
    await #expect { try await takeUp(wasUsed: wasUsed) } throws: { ($0 as? GitError)?.code == .exists }
    #expect(try repository.read("mine.txt", in: path) == "by hand\n")
  }

  @Test func `the worktree of another repository is not taken for ours`() async throws {
    let other = try await TemporaryRepository.withCommit()
    try remove(path)
    try await other.git("worktree", "add", "--quiet", path.string)
    #expect(!isSound())
    await #expect { try await takeUp(wasUsed: true) } throws: { ($0 as? GitError)?.code == .exists }
  }

  // MARK: - Locks

  private func locks(secondsFromNow seconds: Int) -> [LockFile] {
    var moment = FileStamp.now()
    moment.tv_sec += seconds
    return StaleLocks.clear(
      worktree: path, branch: "feature/a", commonDirectory: repository.path.appending(".git"), at: moment)
  }

  @Test func `a lock of a git that died is moved aside, and one that is held is not`() async throws {
    let common = repository.path.appending(".git")
    let places = [record, record, common.appending("refs/heads/feature")]
    let names = ["index.lock", "HEAD.lock", "a.lock"]
    for (place, name) in zip(places, names) { try repository.write(name, "", in: place) }
    try repository.write("main.lock", "", in: common.appending("refs/heads"))
    let stale = zip(places, names).map { $0.appending($1) }
    func aside(_ lock: FilePath) -> FilePath {
      common.appending("orchestrator/stale-locks/\(lock.lastComponent?.string ?? "").stale")
    }
    // git closes a lock a moment before it renames it.
    #expect(Set(locks(secondsFromNow: 0)) == Set(stale.map { LockFile(path: $0, movedTo: nil) }))
    #expect(
      Set(locks(secondsFromNow: 100))
        == Set(stale.map { LockFile(path: $0, movedTo: aside($0)) }))
    #expect(FileManager.default.fileExists(atPath: common.appending("refs/heads/main.lock").string))
    try await repository.commit("x.txt", "x\n", message: "feat: x", in: path)

    try repository.write("index.lock", "", in: record)
    let holder = try FileDescriptor.open(stale[0], .readOnly, options: .closeOnExec)
    #if os(Linux)
      #expect(locks(secondsFromNow: 100) == [LockFile(path: stale[0], movedTo: nil)])
    #endif
    try holder.close()
    // A process that another test starts has a copy for a moment.
    let moved = LockFile(path: stale[0], movedTo: FilePath("\(common)/orchestrator/stale-locks/index.lock-2.stale"))
    try await waitUntil("nobody has it open") { locks(secondsFromNow: 100) == [moved] }
  }
}
