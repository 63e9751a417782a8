import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Removing a worktree` {
  @Test func `takes the folder and the record, and leaves the branch`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    let tip = try #require(ObjectID(try await made.commit("b", "b", message: "work", in: path)))
    try made.write(".gitignore", "*.log\n")
    try made.write("read-only/locked", "x", in: path)
    try await made.git("add", "-A", in: path)
    try await made.git("commit", "-q", "-m", "more", in: path)
    chmod(path.appending("read-only").string, 0o500)
    try await made.worktrees.remove(name: "x", path: path)
    #expect(!exists(path))
    #expect(try made.open().worktrees().isEmpty)
    #expect(try made.open().isAncestor(tip, of: await made.id("x")))
    #expect(try await made.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await made.git("fsck", "--no-dangling") == "")
  }

  @Test(arguments: ["changed", "untracked", "staged", "deleted", "nested"])
  func `is refused while there is uncommitted work`(_ kind: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    switch kind {
    case "changed": try made.write("README.md", "changed\n", in: path)
    case "untracked": try made.write("new", "new\n", in: path)
    case "staged":
      try made.write("new", "new\n", in: path)
      try await made.git("add", "new", in: path)
    case "deleted": unlink(path.appending("README.md").string)
    default: try await made.git("init", "-q", "nested", in: path)
    }
    let error = await failure { try await made.worktrees.remove(name: "x", path: path) }
    #expect(error?.code == .dirty)
    #expect(error?.message.hasPrefix("the worktree '\(path)' has uncommitted work: ") == true)
    #expect(exists(path))
    #expect(try made.open().worktrees().count == 1)
  }

  @Test func `is refused on a detached HEAD that nothing leads to`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("checkout", "-q", "--detach", in: path)
    let lost = try #require(ObjectID(try await made.commit("b", "b", message: "lost", in: path)))
    let error = await failure { try await made.worktrees.remove(name: "x", path: path) }
    #expect(error?.code == .dirty)
    #expect(error?.message.contains("is at \(lost.abbreviated), a commit that is on no branch") == true)
    try await made.git("branch", "found", lost.description)
    try await made.worktrees.remove(name: "x", path: path)
    #expect(!exists(path))
  }

  @Test func `is refused when it is locked, the main worktree, or none of ours`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("worktree", "lock", path.string)
    #expect(await failure { try await made.worktrees.remove(name: "x", path: path) }?.code == .locked)
    #expect(await failure { try await made.worktrees.remove(name: "x", path: made.path) }?.code == .notFound)
    let other = try await made.clone("other")
    #expect(await failure { try await made.worktrees.remove(name: "x", path: other.path) }?.code == .notFound)
    let folder = try made.scratch.makeDirectory("folder")
    #expect(await failure { try await made.worktrees.remove(name: "x", path: folder) }?.code == .notFound)
    #expect(exists(path) && exists(made.path) && exists(other.path) && exists(folder))
  }

  @Test func `strikes off one whose folder is gone`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    rename(path.string, made.place("moved").string)
    #expect(try made.open().worktrees().map(\.isPrunable) == [true])
    try await made.worktrees.remove(name: "x", path: path)
    #expect(try made.open().worktrees().isEmpty)
    #expect(exists(made.place("moved")))
  }

  @Test func `prunes only what is gone and not locked`() async throws {
    let made = try await TemporaryRepository.withCommit()
    for name in ["here", "gone", "locked"] { try await made.addWorktree(name) }
    try await made.git("worktree", "lock", made.place("locked").string)
    for name in ["gone", "locked"] { rename(made.place(name).string, made.place("moved-\(name)").string) }
    #expect(try await made.worktrees.prune() == ["gone"])
    #expect(try made.open().worktrees().map(\.name) == ["here", "locked"])
  }

  @Test func `finds it through a symbolic link`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    let link = made.scratch.path.appending("link")
    symlink(made.scratch.path.appending("worktrees").string, link.string)
    try await made.worktrees.remove(name: "x", path: link.appending("x"))
    #expect(!exists(path))
  }

  @Test func `is refused while a submodule has commits that are on no remote`() async throws {
    let made = try await TemporaryRepository.withSubmodule()
    let path = try await made.addWorktree("x")
    try await made.commit("more", "more", message: "more", in: path.appending("lib"))
    try await made.git("commit", "-q", "-a", "-m", "lib", in: path)
    #expect(try made.open(path).status().isClean)
    let error = await failure { try await made.worktrees.remove(name: "x", path: path) }
    #expect(error == GitError(.dirty, "the submodule 'lib' of the worktree '\(path)' has work that is on no remote"))
    try await made.git("push", "-q", "origin", "HEAD:refs/heads/more", in: path.appending("lib"))
    try await made.worktrees.remove(name: "x", path: path)
    #expect(!exists(path))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Saving uncommitted work` {
  static let ref = "refs/orchestrator/saved/run/task/1"

  private func save(_ made: TemporaryRepository, _ path: FilePath) async throws -> ObjectID? {
    try await made.worktrees.saveUncommittedWork(in: path, to: Self.ref, message: "saved\n\nby a test")
  }

  @Test func `saves nothing of a clean worktree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    #expect(try await save(made, path) == nil)
    #expect(try made.open().reference(Self.ref) == nil)
  }

  @Test func `takes in all that is changed, new, staged and deleted, and touches none of it`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.commit(".gitignore", "*.log\n", message: "ignore")
    try await made.commit("gone", "gone\n", message: "gone")
    let path = try await made.addWorktree("x")
    try made.write("README.md", "changed\n", in: path)
    try made.write("a b/ünï", "new\n", in: path)
    try made.write("staged", "staged\n", in: path)
    try made.write("trace.log", "ignored", in: path)
    try await made.git("add", "staged", in: path)
    unlink(path.appending("gone").string)
    let before = try await made.git("status", "--porcelain", in: path)

    let saved = try #require(try await save(made, path))
    #expect(try await made.id(Self.ref) == saved)
    #expect(try await made.git("log", "-1", "--format=%an|%s|%b", Self.ref) == "Test User|saved|by a test")
    #expect(try await made.id("\(saved)^1") == (await made.id("x")))
    #expect(
      try await made.git("-c", "core.quotePath=false", "diff", "--name-status", "x", Self.ref)
        == "M\tREADME.md\nA\ta b/ünï\nD\tgone\nA\tstaged")
    #expect(try await made.git("show", "\(saved)^2:staged") == "staged")
    #expect(try await made.git("status", "--porcelain", in: path) == before)
    #expect(try made.open(path).head() == .branch(name: "x", tip: await made.id("main")))
  }

  @Test func `keeps what was staged and then changed again`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("README.md", "staged\n", in: path)
    try await made.git("add", "README.md", in: path)
    try made.write("README.md", "read me\n", in: path)
    let saved = try #require(try await save(made, path))
    #expect(try await made.git("show", "\(saved):README.md") == "read me")
    #expect(try await made.git("show", "\(saved)^2:README.md") == "staged")
  }

  @Test func `works in the middle of a merge with conflicts`() async throws {
    let made = try await TemporaryRepository.withConflict()
    let before = try await made.git("status", "--porcelain")
    let saved = try #require(try await save(made, made.path))
    #expect(try await made.git("show", "\(saved):shared").hasPrefix("<<<<<<< HEAD\nours"))
    #expect(try await made.git("show", "\(saved):untracked") == "new")
    #expect(try await made.git("status", "--porcelain") == before)
    #expect(try await made.git("ls-files", "--unmerged").isEmpty == false)
  }

  @Test func `loses nothing when it saves to the same reference again`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("first", "first\n", in: path)
    let first = try #require(try await save(made, path))
    unlink(path.appending("first").string)
    try made.write("second", "second\n", in: path)
    let second = try #require(try await save(made, path))
    #expect(try made.open().isAncestor(first, of: second))
    #expect(try await made.git("ls-tree", "--name-only", "\(second)") == "README.md\nsecond")
  }

  @Test func `works before the first commit, and without a name for the user`() async throws {
    let made = try await TemporaryRepository()
    try made.write("a", "a\n")
    try await made.git("config", "--global", "--unset", "user.name")
    try await made.git("config", "--global", "user.useConfigOnly", "true")
    let saved = try #require(try await save(made, made.path))
    #expect(try await made.git("log", "--format=%an %P", "\(saved)") == "git-orch")
  }

  @Test func `works outside a sparse checkout's cone`() async throws {
    let made = try await TemporaryRepository.withFolders()
    try await made.git("sparse-checkout", "set", "in")
    try made.write("out/new", "new\n")
    let saved = try #require(try await save(made, made.path))
    #expect(try await made.git("diff", "--name-status", "HEAD", "\(saved)") == "A\tout/new")
  }

  @Test func `lets the worktree go, but only as it was saved`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "new\n", in: path)
    let saved = try #require(try await save(made, path))
    try made.write("newer", "newer\n", in: path)
    let error = await failure { try await made.worktrees.remove(name: "x", path: path, saved: saved) }
    #expect(
      error
        == GitError(.dirty, "the worktree '\(path)' has changed since its work was saved to \(saved.abbreviated)"))
    let again = try #require(try await save(made, path))
    try await made.worktrees.remove(name: "x", path: path, saved: again)
    #expect(!exists(path))
  }

  @Test func `does not pass a repository within for saved`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("clone", "-q", made.path.string, "nested", in: path)
    try made.write("new", "new\n", in: path)
    let saved = try #require(try await save(made, path))
    #expect(try await made.git("show", "\(saved):new") == "new")
    let error = await failure { try await made.worktrees.remove(name: "x", path: path, saved: saved) }
    #expect(error?.message == "the worktree '\(path)' contains another repository, which cannot be saved")
  }

  @Test func `saves the rest, and says so, when something cannot be read`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "new\n", in: path)
    try made.write("z", "new\n", in: path)
    // git refuses to add a repository that has no commit.
    try await made.git("init", "-q", "nested", in: path)
    let error = await failure { _ = try await save(made, path) }
    #expect(error?.message.hasPrefix("not all of '\(path)' could be saved to '\(Self.ref)': ") == true)
    #expect(try await made.git("ls-tree", "--name-only", Self.ref) == "README.md\nnew\nz")
  }
}
