import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

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

  @Test(arguments: ["reset", "amended", "detached"])
  func `is refused while only its log leads to a commit`(_ kind: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    if kind == "detached" { try await made.git("checkout", "-q", "--detach", in: path) }
    let lost = try #require(ObjectID(try await made.commit("b", "b", message: "lost", in: path)))
    switch kind {
    case "reset": try await made.git("reset", "-q", "--hard", "HEAD~1", in: path)
    case "amended": try await made.git("commit", "-q", "--amend", "-m", "found", in: path)
    default: try await made.git("checkout", "-q", "x", in: path)
    }
    let error = await failure { try await made.worktrees.remove(name: "x", path: path) }
    #expect(error?.code == .dirty)
    #expect(error?.message.contains("leads to the commit \(lost.abbreviated)") == true)
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
