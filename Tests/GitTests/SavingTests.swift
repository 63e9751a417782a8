import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

@Suite(.timeLimit(.minutes(5))) struct `Saving uncommitted work` {
  static let ref = "refs/orchestrator/saved/run/task/1"

  private func save(_ made: TemporaryRepository, _ path: FilePath) async throws -> ObjectID? {
    let result = try await made.save(path)
    #expect(result.complaints == [])
    return result.saved?.commit
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
    #expect(try await made.git("log", "-1", "--format=%an|%s", Self.ref) == "Test User|saved by a test")
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

  @Test func `never replaces what was saved`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("first", "first\n", in: path)
    let first = try #require(try await save(made, path))
    unlink(path.appending("first").string)
    try made.write("second", "second\n", in: path)
    let second = try await made.save(path)
    #expect(second.reference == "\(Self.ref)-2")
    #expect(try await made.id(Self.ref) == first)
    #expect(try await made.git("ls-tree", "--name-only", "\(Self.ref)-2") == "README.md\nsecond")
  }

  @Test func `does not save the same again`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "new\n", in: path)
    try await made.git("init", "-q", "nested", in: path)
    try made.write("nested/file", "file\n", in: path)
    let first = try await made.save(path)
    let again = try await made.save(path, previous: first.saved?.commit)
    #expect(again.saved == first.saved)
    #expect(again.reference == nil)
    try made.write("nested/file", "changed\n", in: path)
    #expect(try await made.save(path, previous: first.saved?.commit).reference == "\(Self.ref)-2")
  }

  @Test func `works before the first commit, and without a name for the user`() async throws {
    let made = try await TemporaryRepository()
    try made.write("a", "a\n")
    try await made.git("config", "--global", "--unset", "user.name")
    try await made.git("config", "--global", "user.useConfigOnly", "true")
    let saved = try #require(try await save(made, made.path))
    #expect(try await made.git("log", "--format=%an%P", "\(saved)") == "git-orch")
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
}

/// Commits that only a worktree's own records lead to, and repositories within it.
@Suite(.timeLimit(.minutes(5))) struct `Saving what is on no branch` {
  @Test(arguments: ["reset", "amended", "detached", "still detached", "rebased", "other branch", "branch moved"])
  func `keeps commits that nothing else leads to`(_ kind: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    if kind.hasSuffix("detached") { try await made.git("checkout", "-q", "--detach", in: path) }
    if kind == "other branch" { try await made.git("checkout", "-q", "-b", "other", in: path) }
    try await made.commit("a", "a", message: "first", in: path)
    let lost = try #require(ObjectID(try await made.commit("b", "b", message: "lost", in: path)))
    switch kind {
    case "reset": try await made.git("reset", "-q", "--hard", "HEAD~2", in: path)
    case "amended": try await made.git("commit", "-q", "--amend", "-m", "found", in: path)
    case "rebased": try await made.git("rebase", "-q", "--signoff", "HEAD~2", in: path)
    case "other branch":
      try await made.git("checkout", "-q", "x", in: path)
      try await made.git("branch", "-q", "-D", "other", in: path)
    case "branch moved":
      try await made.git("checkout", "-q", "--detach", in: path)
      unlink(made.path.appending(".git/worktrees/x/logs/HEAD").string)
      try await made.git("checkout", "-q", "--detach", "HEAD~2", in: path)
      unlink(made.path.appending(".git/worktrees/x/logs/HEAD").string)
      try await made.git("branch", "-q", "-f", "x", "HEAD", in: path)
    case "detached": try await made.git("checkout", "-q", "x", in: path)
    default: break
    }
    let result = try await made.save(path)
    #expect(result.complaints == [])
    // The later of two that follow each other stands for both.
    #expect(result.saved?.commits == [lost])
    #expect(result.saved?.files == 0)
    try await made.git("reflog", "expire", "--expire=all", "--all")
    try await made.git("gc", "-q", "--prune=now")
    #expect(try await made.git("show", "\(lost):b") == "b")
    #expect(try await made.save(path, previous: result.saved?.commit).saved == nil, "they are on a reference now")
  }

  @Test func `leaves alone what was on the branch before`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("checkout", "-q", "-b", "x")
    try await made.commit("a", "a", message: "user's", in: made.path)
    try await made.git("commit", "-q", "--amend", "-m", "user's, amended")
    try await made.git("checkout", "-q", "main")
    try await made.worktrees.add(name: "x", path: made.place("x"), branch: "x")
    // Dates are fixed in tests.
    #expect(try await made.save(made.place("x"), since: Int.max).saved == nil)
  }

  @Test func `keeps the entries of the stash that were made in it`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try made.write("README.md", "the user's\n")
    try await made.git("stash", "push", "-q")
    let path = try await made.addWorktree("x")
    let other = try await made.addWorktree("y")
    for (folder, text) in [(path, "one"), (other, "other"), (path, "two")] {
      try made.write("README.md", text, in: folder)
      try await made.git("stash", "push", "-q", in: folder)
    }
    let result = try await made.save(path)
    #expect(result.saved?.stashes.count == 2)
    #expect(result.saved?.commits == [])
    try await made.git("stash", "clear")
    try await made.git("gc", "-q", "--prune=now")
    var texts: [String] = []
    for stash in result.saved?.stashes ?? [] { texts.append(try await made.git("show", "\(stash):README.md")) }
    #expect(texts == ["two", "one"])
  }

  @Test func `starts no process where there is nothing to save`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.commit("a", "a", message: "work", in: path)
    var environment = made.environment
    environment["PATH"] = "/nonexistent"
    var request = SavingRequest(path: path, reference: "refs/orchestrator/saved/r/x/1", subject: "saved")
    request.branch = "x"
    let worktrees = Worktrees(repository: made.path, environment: environment)
    #expect(try await worktrees.saveWork(request).saved == nil)
  }

  @Test(arguments: ["commits", "dirt", "unborn", "both"])
  func `keeps a repository within`(_ kind: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("new", "new\n", in: path)
    let nested = path.appending("sub folder/nested")
    try await made.git("init", "-q", "sub folder/nested", in: path)
    if kind != "unborn" {
      try await made.commit("a", "a\n", message: "inner", in: nested)
      try await made.git("branch", "side", in: nested)
    }
    if kind != "commits" { try made.write("dirt", "dirt\n", in: nested) }
    let result = try await made.save(path)
    #expect(result.complaints == [])
    let saved = try #require(result.saved)
    #expect(saved.repositories.map(\.name) == ["sub folder/nested"])
    #expect(try await made.git("ls-tree", "-r", "--name-only", "\(saved.commit)") == "README.md\nnew")
    let inner = try made.open().savedWork(saved.repositories[0].id)
    if kind != "unborn" {
      #expect(inner.references.map(\.name) == ["refs/heads/main", "refs/heads/side"])
      #expect(try await made.git("show", "\(inner.references[0].id):a") == "a")
    }
    if kind != "commits" { #expect(try await made.git("show", "\(inner.commit):dirt") == "dirt") }
    // All of it may go.
    try await made.worktrees.remove(name: "x", path: path, saved: saved.commit)
    #expect(try await made.git("fsck", "--no-dangling") == "")
  }

  @Test func `of a clone that its remote has all of, notes where from`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("clone", "-q", made.path.string, "nested", in: path)
    let saved = try #require(try await made.save(path).saved)
    #expect(saved.clones == [.init(path: "nested", commit: try await made.id("main"), url: made.path.string)])
    #expect(saved.repositories == [])
    try await made.commit("more", "more", message: "its own", in: path.appending("nested"))
    #expect(try await made.save(path).saved?.repositories.map(\.name) == ["nested"])
  }

  @Test func `keeps what a submodule's remote does not have`() async throws {
    let made = try await TemporaryRepository.withSubmodule()
    let path = try await made.addWorktree("x")
    #expect(try await made.save(path).saved == nil)
    let lost = try await made.commit("more", "more", message: "more", in: path.appending("lib"))
    try await made.git("commit", "-q", "-a", "-m", "lib", in: path)
    let committed = try #require(try await made.save(path).saved)
    #expect(committed.repositories.map(\.name) == ["lib"])
    try made.write("lib/dirt", "dirt\n", in: path)
    let saved = try #require(try await made.save(path, previous: committed.commit).saved)
    #expect(saved != committed)
    let inner = try made.open().savedWork(saved.repositories[0].id)
    #expect(try await made.git("show", "\(inner.commit):dirt") == "dirt")
    try await made.worktrees.remove(name: "x", path: path, saved: saved.commit)
    #expect(try await made.git("cat-file", "-t", lost) == "commit")
    #expect(try await made.git("fsck", "--no-dangling") == "")
  }

  @Test func `runs no filter that a repository within brings along`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try await made.git("init", "-q", "nested", in: path)
    let nested = path.appending("nested")
    try await made.git("config", "filter.spy.clean", "touch \(made.scratch.path)/ran; cat", in: nested)
    try made.write(".gitattributes", "* filter=spy\n", in: nested)
    try made.write("file", "file\n", in: nested)
    #expect(try await made.save(path).saved?.repositories.count == 1)
    #expect(!exists(made.scratch.path.appending("ran")))
  }

  @Test func `does not take in what is outside of the worktree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    let elsewhere = try made.scratch.makeDirectory("elsewhere")
    try made.write("secret", "secret\n", in: elsewhere)
    try await made.git("init", "-q", "nested", in: path)
    try await made.git("config", "core.worktree", elsewhere.string, in: path.appending("nested"))
    let result = try await made.save(path)
    #expect(result.complaints == ["the repository 'nested': its files or its records are outside of the worktree"])
  }

  @Test func `names what is too large, and keeps the worktree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    try made.write("small", "small\n", in: path)
    try made.write("large", String(repeating: "x", count: 4096), in: path)
    let result = try await made.save(path, limit: 1000)
    #expect(result.complaints == ["'large' has 4 KB, and more than 1000 bytes is not saved"])
    let saved = try #require(result.saved)
    #expect(try await made.git("ls-tree", "--name-only", "\(saved.commit)") == "README.md\nsmall")
    let error = await failure { try await made.worktrees.remove(name: "x", path: path, saved: saved.commit) }
    #expect(error?.code == .dirty)
  }
}

extension TemporaryRepository {
  /// Saves what a worktree on a branch of the same name as its folder holds.
  func save(
    _ path: FilePath, previous: ObjectID? = nil, since: Int? = nil, limit: Int? = nil
  ) async throws -> SavingResult {
    var request = SavingRequest(
      path: path, reference: "refs/orchestrator/saved/run/task/1", subject: "saved by a test")
    request.branch = path.lastComponent?.string
    request.previous = previous
    request.since = since
    if let limit { request.limit = limit }
    return try await worktrees.saveWork(request)
  }
}
