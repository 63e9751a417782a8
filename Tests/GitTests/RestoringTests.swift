import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

@Suite(.timeLimit(.minutes(5))) struct `Restoring saved work` {
  /// A worktree with all kinds of uncommitted work, saved, and then cleaned away.
  private func made() async throws -> (TemporaryRepository, path: FilePath, SavedWork, status: String) {
    let made = try await TemporaryRepository.withCommit()
    try await made.commit(".gitignore", "*.log\n", message: "ignore")
    for name in ["gone", "moved", "staged and gone", "d/deep"] { try await made.commit(name, name, message: name) }
    let path = try await made.addWorktree("x")
    try made.write("README.md", "changed\n", in: path)
    try made.write("a b/ünï\tcode", "new\n", in: path)
    try made.write("-dash", "dash\n", in: path)
    try made.write("\"quoted\"", "quoted\n", in: path)
    try made.write("run.sh", "#!/bin/sh\n", in: path)
    chmod(path.appending("run.sh").string, 0o755)
    symlink("README.md", path.appending("link").string)
    unlink(path.appending("gone").string)
    try await made.git("rm", "-q", "d/deep", in: path)
    try await made.git("mv", "moved", "renamed", in: path)
    try made.write("index only", "index only\n", in: path)
    try await made.git("add", "index only", in: path)
    unlink(path.appending("index only").string)
    try made.write("staged and gone", "staged", in: path)
    try await made.git("add", "staged and gone", in: path)
    try made.write("staged and gone", "differs", in: path)
    let status = try await made.git("status", "--porcelain", in: path)
    let saved = try #require(try await made.save(path).saved)
    try await made.git("reset", "-q", "--hard", in: path)
    try await made.git("clean", "-q", "-d", "--force", in: path)
    return (made, path, saved, status)
  }

  private func expectAll(_ made: TemporaryRepository, _ path: FilePath, status: String) async throws {
    #expect(try await made.git("status", "--porcelain", in: path) == status)
    #expect(try made.read("README.md", in: path) == "changed\n")
    #expect(try made.read("a b/ünï\tcode", in: path) == "new\n")
    #expect(try made.read("staged and gone", in: path) == "differs")
    #expect(path.appending("run.sh").isExecutable)
    #expect(path.appending("link").linkTarget == "README.md")
    #expect(!exists(path.appending("d")))
    #expect(try await made.git("show", ":index only", in: path) == "index only")
  }

  @Test func `puts all of it back into the worktree`() async throws {
    let (made, path, saved, status) = try await made()
    let result = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(result.refused == [])
    #expect(result.isIndexRestored)
    #expect(result.removed.sorted() == ["d/deep", "gone", "moved"])
    #expect(result.branches == [])
    try await expectAll(made, path, status: status)
    // Once more, nothing is left to do.
    let again = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(again.written == [] && again.removed == [] && again.refused == [])
    try await expectAll(made, path, status: status)
  }

  @Test func `makes a worktree with it, on the branch where nobody has it`() async throws {
    let (made, path, saved, status) = try await made()
    let beside = made.place("beside")
    _ = try await made.worktrees.restore(saved, asWorktree: beside, branchName: "back")
    try await expectAll(made, beside, status: status)
    #expect(try made.open(beside).head() == .detached(await made.id("x")))
    try await made.git("worktree", "remove", "--force", path.string)
    let again = made.place("again")
    _ = try await made.worktrees.restore(saved, asWorktree: again, branchName: "back")
    try await expectAll(made, again, status: status)
    #expect(try made.open(again).head() == .branch(name: "x", tip: await made.id("x")))
    let error = await failure {
      _ = try await made.worktrees.restore(saved, asWorktree: again, branchName: "back")
    }
    #expect(error?.code == .exists)
  }

  @Test(arguments: ["changed", "new", "ignored", "folder in the way", "file in the way", "committed"])
  func `overwrites nothing, and does nothing by halves`(_ kind: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.commit(".gitignore", "*.log\n", message: "ignore")
    let path = try await made.addWorktree("x")
    try made.write("README.md", "saved\n", in: path)
    try made.write("d/new", "saved\n", in: path)
    try made.write("z.log", "saved\n", in: path)
    try await made.git("add", "--force", "z.log", in: path)
    let saved = try #require(try await made.save(path).saved)
    try await made.git("reset", "-q", "--hard", in: path)
    try await made.git("clean", "-q", "-d", "-x", "--force", in: path)
    let refused: String
    switch kind {
    case "changed":
      try made.write("README.md", "mine\n", in: path)
      refused = "'README.md' differs"
    case "committed":
      try await made.commit("README.md", "mine\n", message: "mine", in: path)
      refused = "'README.md' differs"
    case "new":
      try made.write("d/new", "mine\n", in: path)
      refused = "'d/new' differs"
    case "ignored":
      try made.write("z.log", "mine\n", in: path)
      refused = "'z.log' exists"
    case "folder in the way":
      try made.write("d/new/mine.log", "mine\n", in: path)
      refused = "'d/new' is in the way: it is a folder"
    default:
      try made.write("d", "mine\n", in: path)
      refused = "'d' is in the way: it is not a folder"
    }
    let before = try await made.git("status", "--porcelain", "--ignored", in: path)
    let result = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(result.refused == [refused])
    #expect(result.written == [])
    #expect(try await made.git("status", "--porcelain", "--ignored", in: path) == before)
  }

  @Test func `puts files where others have been committed since`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "saved\n", in: path)
    let saved = try #require(try await made.save(path).saved)
    unlink(path.appending("new").string)
    try await made.commit("README.md", "later\n", message: "later", in: path)
    let result = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(result.written == ["new"])
    #expect(try made.read("README.md", in: path) == "later\n")
  }

  @Test func `gives branches to commits that were on none`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    var lost: [String] = []
    for name in ["a", "b"] {
      lost.append(try await made.commit(name, name, message: name, in: path))
      try await made.git("reset", "-q", "--hard", "HEAD~1", in: path)
    }
    let saved = try #require(try await made.save(path).saved)
    let result = try await made.worktrees.restore(saved, into: path, branchName: "back/x")
    #expect(result.branches.map(\.name) == ["back/x", "back/x-2"])
    #expect(result.branches.map(\.commit.description) == lost.reversed())
    #expect(try await made.worktrees.restore(saved, into: path, branchName: "back/x").branches == [])
  }

  @Test func `keeps line endings as git does`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("config", "core.autocrlf", "true")
    let path = try await made.addWorktree("x")
    try made.write("dos", "one\r\ntwo\r\n", in: path)
    let saved = try #require(try await made.save(path).saved)
    unlink(path.appending("dos").string)
    _ = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(try made.read("dos", in: path) == "one\r\ntwo\r\n")
  }

  @Test func `keeps the files of a merge with conflicts`() async throws {
    let made = try await TemporaryRepository.withConflict()
    let saved = try #require(try await made.save(made.path).saved)
    try await made.git("merge", "--abort")
    let result = try await made.worktrees.restore(saved, into: made.path, branchName: "back")
    #expect(!result.isIndexRestored)
    #expect(try made.read("shared").hasPrefix("<<<<<<< HEAD\nours"))
  }

  @Test func `makes repositories within again, with commits, branches and files`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("init", "-q", "nested", in: path)
    let nested = path.appending("nested")
    try await made.commit("a", "a\n", message: "inner", in: nested)
    try await made.git("branch", "side", in: nested)
    try await made.git("init", "-q", "unborn", in: nested)
    try made.write("unborn/file", "file\n", in: nested)
    try made.write("staged", "staged\n", in: nested)
    try await made.git("add", "staged", in: nested)
    try made.write("dirt", "dirt\n", in: nested)
    let status = try await made.git("status", "--porcelain", "-uall", in: nested)
    let log = try await made.git("log", "--all", "--format=%H %D", in: nested)
    let saved = try #require(try await made.save(path).saved)
    let beside = made.place("beside")
    let result = try await made.worktrees.restore(saved, asWorktree: beside, branchName: "back")
    #expect(result.repositories == ["nested"])
    let again = beside.appending("nested")
    #expect(try await made.git("status", "--porcelain", "-uall", in: again) == status)
    #expect(try await made.git("log", "--all", "--format=%H %D", in: again) == log)
    #expect(try made.read("unborn/file", in: again) == "file\n")
    #expect(try await made.git("fsck", "--no-dangling", in: again) == "")
    // There it is already.
    #expect(try await made.worktrees.restore(saved, into: path, branchName: "back").unchanged == ["nested/"])
    try made.write("dirt", "mine\n", in: nested)
    #expect(try await made.worktrees.restore(saved, into: path, branchName: "back").refused == ["'nested/' exists"])
  }

  @Test func `brings a submodule to what was saved`() async throws {
    let made = try await TemporaryRepository.withSubmodule()
    let path = try await made.addWorktree("x")
    let library = path.appending("lib")
    let start = try await made.id("HEAD", in: library)
    let lost = try await made.commit("more", "more\n", message: "more", in: library)
    try made.write("dirt", "dirt\n", in: library)
    let saved = try #require(try await made.save(path).saved)
    try await made.git("reset", "-q", "--hard", "\(start)", in: library)
    try await made.git("clean", "-q", "--force", in: library)
    let result = try await made.worktrees.restore(saved, into: path, branchName: "back")
    #expect(result.refused == [])
    #expect(try await made.id("HEAD", in: library).description == lost)
    #expect(try made.read("dirt", in: library) == "dirt\n")
    let beside = made.place("beside")
    _ = try await made.worktrees.restore(saved, asWorktree: beside, branchName: "back")
    #expect(try made.read("lib/dirt", in: beside) == "dirt\n")
    #expect(try await made.id("HEAD", in: beside.appending("lib")).description == lost)
  }

  @Test func `reads what an older version saved`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "new\n", in: path)
    try await made.git("add", "new", in: path)
    let tree = try await made.git("write-tree", in: path)
    let index = try await made.git("commit-tree", tree, "-p", "HEAD", "-m", "index: orch: uncommitted work of 'x'")
    let old = try await made.git("commit-tree", tree, "-p", "HEAD", "-p", index, "-m", "orch: uncommitted work of 'x'")
    let saved = try made.open().savedWork(try #require(ObjectID(old)))
    #expect(saved.head == (try await made.id("HEAD")))
    #expect(saved.index?.description == tree)
    try await made.git("reset", "-q", "--hard", in: path)
    #expect(try await made.worktrees.restore(saved, into: path, branchName: "back").written == ["new"])
  }
}
