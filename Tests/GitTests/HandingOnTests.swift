import Basics
import Foundation
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

/// A worktree that one branch does not need any more, given to another.
@Suite(.timeLimit(.minutes(5))) struct `Handing a worktree on` {
  /// A repository with the worktree `a`, in which something was committed, and the branch `b`, of other files.
  private func withWorktree() async throws -> (made: TemporaryRepository, a: FilePath, b: FilePath) {
    let made = try await TemporaryRepository.withCommit()
    try made.write(".gitignore", "*.o\n.env\n")
    try made.write("same", "same\n")
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "files")
    try await made.git("branch", "b")
    try await made.git("checkout", "-q", "b")
    try await made.commit("new/b", "b\n", message: "b")
    try await made.git("checkout", "-q", "main")
    let a = try await made.addWorktree("a")
    try await made.commit("only/a", "a\n", message: "a", in: a)
    return (made, a, made.place("b"))
  }

  private func handOn(
    _ made: TemporaryRepository, _ a: FilePath, _ b: FilePath, keeps: Bool = false, removing: [String] = []
  ) async throws -> String? {
    try await made.worktrees.handOn(from: a, to: b, branch: "b", keepsIgnored: keeps, removing: removing)
  }

  @Test(arguments: [true, false])
  func `gives it the files of the new branch, and nothing of the old one but ignored files that are to be kept`(
    _ keeps: Bool
  ) async throws {
    let (made, a, b) = try await withWorktree()
    try made.write("only/x.o", "built", in: a)
    try made.write(".env", "old", in: a)
    let inode = FileStamp(a.appending("same"))
    #expect(try await handOn(made, a, b, keeps: keeps, removing: [".env"]) == nil)

    #expect(!exists(a))
    #expect(try made.read("new/b", in: b) == "b\n")
    #expect(!exists(b.appending("only/a")))
    #expect(exists(b.appending("only/x.o")) == keeps)
    #expect(!exists(b.appending(".env")))
    // It was not written again.
    #expect(FileStamp(b.appending("same")) == inode)
    #expect(try await made.git("status", "--porcelain", in: b) == "")
    #expect(try await made.git("symbolic-ref", "HEAD", in: b) == "refs/heads/b")
    #expect(try await made.git("worktree", "list", "--porcelain").contains("worktree \(b)\n"))
    #expect(try made.open().worktrees().map(\.lockReason) == [nil])
    #expect(try await made.git("fsck") == "")
    // The log of the old one would keep its commits, and those of the next.
    let record = FilePath(try await made.git("rev-parse", "--absolute-git-dir", in: b))
    #expect(try made.read("HEAD", in: record).contains("ref: "))
    let log = (try? made.read("logs/HEAD", in: record)) ?? ""
    #expect(!log.contains("commit: a"))
    try await made.worktrees.remove(name: "b", path: b)
    #expect(try made.open().worktrees().isEmpty)
  }

  @Test(arguments: [
    "dirty", "untracked", "locked", "assume-unchanged", "skip-worktree", "config", "reference", "rebase", "detached",
    "process", "taken", "attributes", "submodule",
  ])
  func `is refused where something could be lost or would last, and changes nothing`(_ kind: String) async throws {
    let (made, a, b) = try await withWorktree()
    var processes: [SleepingProcess] = []
    switch kind {
    case "dirty": try made.write("same", "other\n", in: a)
    case "untracked": try made.write("mine", "mine\n", in: a)
    case "locked": try await made.git("worktree", "lock", a.string)
    case "assume-unchanged", "skip-worktree":
      try await made.git("update-index", "--\(kind)", "same", in: a)
      try made.write("same", "hidden\n", in: a)
    case "config":
      try await made.git("config", "extensions.worktreeConfig", "true")
      try await made.git("config", "--worktree", "core.hooksPath", "/tmp/hooks", in: a)
    case "reference": try await made.git("update-ref", "refs/worktree/x", "HEAD", in: a)
    case "rebase": try made.write("x", "x", in: made.path.appending(".git/worktrees/a/rebase-merge"))
    case "detached":
      try await made.git("checkout", "-q", "--detach", in: a)
      try await made.commit("c", "c", message: "c", in: a)
    case "attributes": try await commitToB(made, ".gitattributes", "*.txt eol=crlf\n")
    case "submodule":
      try await made.git("checkout", "-q", "b")
      let tip = try await made.git("rev-parse", "HEAD")
      try await made.git("update-index", "--add", "--cacheinfo", "160000,\(tip),inner")
      try await made.git("commit", "-q", "-m", "a submodule")
      try await made.git("checkout", "-q", "-f", "main")
    case "process": processes = [try SleepingProcess(in: a)]
    default: try made.write("mine", "mine\n", in: b)
    }
    defer { for process in processes { process.end() } }
    let before = try await made.git("status", "--porcelain", in: a)
    do {
      #expect(try await handOn(made, a, b) != nil)
    } catch {
      #expect(kind == "taken", "\(error)")
    }
    #expect(try await made.git("status", "--porcelain", in: a) == before)
    #expect(try made.open().worktrees().map(\.path) == [a])
    #expect(exists(b) == (kind == "taken"))
  }

  private func commitToB(_ made: TemporaryRepository, _ file: String, _ content: String) async throws {
    try await made.git("checkout", "-q", "b")
    try await made.commit(file, content, message: file)
    try await made.git("checkout", "-q", "main")
  }

  /// What git tells of the files, and the folders that there are.
  private func expectAsFresh(_ made: TemporaryRepository, _ path: FilePath) async throws {
    let fresh = made.place("fresh")
    try await made.git("worktree", "add", "-q", "--detach", fresh.string, "b")
    #expect(try await made.git("status", "--porcelain", "--ignored", in: path) == "")
    let names = { (folder: FilePath) in
      (FileManager.default.enumerator(atPath: folder.string)?.compactMap { $0 as? String } ?? []).sorted()
    }
    #expect(names(path) == names(fresh))
    try await made.git("worktree", "remove", fresh.string)
  }

  @Test func `makes folders of files, and files of folders`() async throws {
    let (made, a, b) = try await withWorktree()
    try await made.commit("file", "file\n", message: "file", in: a)
    try await made.commit("folder/deep/x", "x\n", message: "folder", in: a)
    try await commitToB(made, "file/x", "x\n")
    try await commitToB(made, "folder", "folder\n")
    try await commitToB(made, "a * and [b] of ü", "odd\n")
    #expect(try await handOn(made, a, b) == nil)
    try await expectAsFresh(made, b)
    #expect(try made.read("folder", in: b) == "folder\n")
    #expect(try made.read("file/x", in: b) == "x\n")
  }

  @Test(arguments: [true, false]) func `changes many files`(isBuilt: Bool) async throws {
    let (made, a, b) = try await withWorktree()
    for number in 1...250 { try made.write("many/\(number)", "a\n", in: a) }
    try await made.git("add", "-A", in: a)
    try await made.git("commit", "-q", "-m", "many", in: a)
    if isBuilt { for name in ["many/x.o", "built/y.o", ".env"] { try made.write(name, "built", in: a) } }
    #expect(try await handOn(made, a, b) == nil)
    try await expectAsFresh(made, b)
  }

  @Test func `keeps no file that the new branch does not ignore`() async throws {
    let (made, a, b) = try await withWorktree()
    try await commitToB(made, ".gitignore", ".env\n")
    for name in ["x.o", "built/y.o", ".env"] { try made.write(name, "built", in: a) }
    #expect(try await handOn(made, a, b, keeps: true) == nil)
    #expect(exists(b.appending(".env")))
    #expect(!exists(b.appending("x.o")) && !exists(b.appending("built")))
    #expect(try await made.git("status", "--porcelain", in: b) == "")
  }

  @Test func `cut short by a kill, leaves the old worktree or an unfinished one`() async throws {
    // The folder is moved, and the record does not say so yet.
    let (made, a, b) = try await withWorktree()
    let record = made.path.appending(".git/worktrees/a")
    try made.write("locked", "initializing", in: record)
    // Before the folder is moved, the old one can be removed as ever.
    rename(a.string, b.string)
    let found = try await made.worktrees.takeUp(name: "b", path: b, branch: "b", wasUsed: false)
    #expect(found == .unfinished)
    #expect(try made.open().worktrees().map(\.path) == [b])

    let other = try await withWorktree()
    try other.made.write("locked", "initializing", in: other.made.path.appending(".git/worktrees/a"))
    try await other.made.worktrees.remove(name: "a", path: other.a)
    #expect(!exists(other.a))
    #expect(try other.made.open().worktrees().isEmpty)
  }

  @Test func `that fails on the way leaves nothing`() async throws {
    let (made, a, b) = try await withWorktree()
    try made.write("post-checkout", "#!/bin/sh\nkill -9 $$\n", in: made.path.appending(".git/hooks"))
    chmod(made.path.appending(".git/hooks/post-checkout").string, 0o755)
    let error = await failure { _ = try await handOn(made, a, b) }
    #expect(error?.code == .commandFailed)
    #expect(!exists(a) && !exists(b))
    #expect(try made.open().worktrees().isEmpty)
  }
}

/// A process of the machine that is in a folder.
private struct SleepingProcess {
  private let pid: pid_t

  init(in folder: FilePath) throws {
    let started = try Invocation(
      shell: "sleep 100 >/dev/null 2>&1 & echo $!", environment: ["PATH": "/usr/bin:/bin"], directory: folder
    ).runBlocking()
    pid = try #require(pid_t(String(decoding: started.standardOutput, as: UTF8.self).trimmed))
  }

  func end() { kill(pid, SIGKILL) }
}
