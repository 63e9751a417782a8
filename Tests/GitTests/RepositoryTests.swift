import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Finding and opening a repository` {
  @Test func `works from any folder below, with spaces and Unicode in the path`() async throws {
    let made = try await TemporaryRepository.withCommit("my répö 日本")
    try made.write("a b/c/file", "x")
    let repository = try Repository.discover(from: made.path.appending("a b/c"), environment: made.environment)
    #expect(repository.workingDirectory == made.path)
    #expect(repository.gitDirectory == made.path.appending(".git"))
    #expect(repository.commonDirectory == repository.gitDirectory)
    #expect(repository.mainWorkingDirectory == made.path)
    #expect(!repository.isBare && !repository.isShallow)
  }

  @Test func `fails clearly outside of one`() throws {
    let scratch = try TemporaryDirectory()
    let environment = try HermeticEnvironment(in: scratch.path).variables
    #expect(throws: GitError(.notARepository, "not a git repository (or any of the parent directories): .git")) {
      try Repository.discover(from: scratch.path, environment: environment)
    }
    #expect(throws: GitError(.notARepository, "'\(scratch.path)' is not a git repository")) {
      try Repository.open(scratch.path, environment: environment)
    }
  }

  @Test func `the common directory is the one that git names`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let linked = try await made.addWorktree("linked")
    try made.write("a/b/file", "x")
    try made.write("linked/c/file", "x", in: linked.removingLastComponent())
    let bare = made.scratch.path.appending("bare.git")
    try await made.git("clone", "--quiet", "--bare", made.path.string, bare.string)
    let inner = made.path.appending("inner")
    try await made.git("init", "--quiet", inner.string)
    let folders = [
      made.path, made.path.appending("a/b"), linked, linked.appending("c"), bare, bare.appending("refs"),
      made.path.appending(".git"), made.path.appending(".git/refs"), inner,
    ]
    for folder in folders {
      for variables in [[:], ["GIT_DIR": bare.string], ["GIT_CEILING_DIRECTORIES": made.path.string]] {
        let environment = made.environment.merging(variables) { $1 }
        let gits = try? await made.command(in: folder, variables).require(
          .reading, ["rev-parse", "--path-format=absolute", "--git-common-dir"])
        let ours = try? Repository.commonDirectory(around: folder, environment: environment)
        // Ours is bound to the environment's repository as git itself is; GitCommand is not.
        if variables["GIT_DIR"] == nil {
          #expect(ours?.string == gits?.text, "\(folder) \(variables)")
        } else {
          #expect(ours == bare, "\(folder)")
        }
      }
    }
  }

  @Test func `stops at GIT_CEILING_DIRECTORIES`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try made.write("a/b/file", "x")
    let environment = made.environment.merging(["GIT_CEILING_DIRECTORIES": made.path.string]) { $1 }
    #expect(throws: GitError.self) {
      try Repository.discover(from: made.path.appending("a/b"), environment: environment)
    }
  }

  @Test func `takes GIT_DIR and GIT_WORK_TREE at their word`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let elsewhere = try made.scratch.makeDirectory("elsewhere")
    let environment = made.environment.merging(
      ["GIT_DIR": "../repository/.git", "GIT_WORK_TREE": "../repository"]) { $1 }
    let repository = try Repository.discover(from: elsewhere, environment: environment)
    #expect(repository.workingDirectory == made.path)
    #expect(try await repository.command.require(.reading, ["rev-parse", "--show-toplevel"]).text == made.path.string)

    let withoutTree = environment.filter { $0.key != "GIT_WORK_TREE" }
    let here = try Repository.discover(from: elsewhere, environment: withoutTree)
    #expect(here.workingDirectory == elsewhere)
    #expect(try await here.command.require(.reading, ["status", "--porcelain"]).text == "D README.md".withLeadingSpace)
    #expect(try here.status().entries == [.init(path: "README.md", kind: .deleted)])
  }

  @Test func `says that SHA-256 is not supported`() async throws {
    let made = try await TemporaryRepository(options: ["--object-format=sha256"])
    let error = await failure { _ = try made.open() }
    #expect(error?.code == .unsupportedRepository)
    #expect(
      error?.message.hasPrefix("the repository uses the SHA-256 object format, which libgit2 cannot open") == true)
    #expect(await failure { _ = try Repository.discover(from: made.path, environment: made.environment) } == error)
  }

  @Test func `says that reftable is not supported`() async throws {
    let made = try await TemporaryRepository()
    // As `git init --ref-format=reftable` writes it, which git before 2.45 does not know.
    try made.write(
      ".git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefstorage = reftable\n")
    let error = await failure { _ = try made.open() }
    #expect(error?.code == .unsupportedRepository)
    #expect(error?.message.contains("'reftable'") == true)
  }

  @Test func `opens a linked worktree, and knows the main one`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("worktree", "add", "-q", "../linked")
    let repository = try made.open(made.scratch.path.appending("linked"))
    #expect(repository.workingDirectory == made.scratch.path.appending("linked"))
    #expect(repository.gitDirectory == made.path.appending(".git/worktrees/linked"))
    #expect(repository.commonDirectory == made.path.appending(".git"))
    #expect(repository.mainWorkingDirectory == made.path)
  }

  @Test func `opens a bare repository and its worktrees`() async throws {
    let origin = try await TemporaryRepository.withCommit()
    let bare = try await origin.clone("bare.git", options: ["--bare"])
    try await bare.git("worktree", "add", "-q", "../tree", "main")
    let repository = try bare.open()
    #expect(repository.isBare && repository.workingDirectory == nil && repository.mainWorkingDirectory == nil)
    let tree = try bare.open(bare.scratch.path.appending("tree"))
    #expect(!tree.isBare && tree.mainWorkingDirectory == nil)
    #expect(tree.commonDirectory == bare.path)
    #expect(try repository.worktrees().map(\.path) == [bare.scratch.path.appending("tree")])
  }

  @Test func `opens repositories with worktree configuration, partial and shallow clones`() async throws {
    let origin = try await TemporaryRepository.withCommit()
    try await origin.commit("b", "b", message: "second")
    try await origin.git("config", "uploadpack.allowFilter", "true")
    let partial = try await origin.clone("partial", options: ["--filter=blob:none"])
    try await partial.git("config", "extensions.worktreeConfig", "true")
    #expect(try partial.open().status().isClean)
    try await partial.git("config", "core.autocrlf", "input")
    try await partial.git("checkout", "-q", "-b", "side", "HEAD~1")
    let side = try #require(ObjectID(try await partial.commit("c", "c", message: "third")))
    guard case .merged(let merged) = try partial.open().merge([await partial.id("main"), side], message: "m") else {
      Issue.record("it should merge")
      return
    }
    #expect(try await partial.git("ls-tree", "--name-only", "\(merged)") == "README.md\nb\nc")
    let shallow = try await origin.clone("shallow", options: ["--depth=1"])
    #expect(try shallow.open().isShallow)
    #expect(
      try shallow.open().commits(from: await shallow.id("HEAD"), excluding: [], limit: 10).map(\.summary) == ["second"])
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `refuses another user's repository as git does, until safe.directory names it`() async throws {
    let made = try await TemporaryRepository.withCommit()
    for path in [made.path, made.path.appending(".git")] { #expect(chown(path.string, 12345, 12345) == 0) }
    #expect(await failure { _ = try made.open() }?.code == .unsafeOwner)
    try await made.git("config", "--global", "safe.directory", made.path.string, in: made.scratch.path)
    #expect(try made.open().workingDirectory == made.path)
  }
}

@Suite(.timeLimit(.minutes(5))) struct `HEAD` {
  @Test func `is a branch, a commit, or a branch to be born`() async throws {
    let made = try await TemporaryRepository()
    #expect(try made.open().head() == .unborn(branch: "main"))
    let tip = try #require(ObjectID(try await made.commit("a", "a", message: "first")))
    #expect(try made.open().head() == .branch(name: "main", tip: tip))
    try await made.git("checkout", "-q", "-b", "feature/x")
    #expect(try made.open().head() == .branch(name: "feature/x", tip: tip))
    try await made.git("checkout", "-q", "--detach")
    #expect(try made.open().head() == .detached(tip))
  }
}

extension String {
  // Nobody needs the blank at the start of a line by itself but porcelain output.
  fileprivate var withLeadingSpace: String { " " + self }
}
