import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

@Suite(.timeLimit(.minutes(5))) struct `Making a worktree` {
  @Test func `checks the branch out, with spaces and Unicode in the path, modes and links kept`() async throws {
    let made = try await TemporaryRepository.withCommit("main répö")
    try made.write("a b/ünï", "content\n")
    try made.write("run", "#!/bin/sh\n")
    chmod(made.path.appending("run").string, 0o755)
    symlink("run", made.path.appending("link").string)
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "odd files")
    try await made.git("branch", "feature/日本")
    let path = made.scratch.path.appending("work trees/tâsk 1")
    try await made.worktrees.add(name: "tâsk 1", path: path, branch: "feature/日本")

    #expect(try made.read("a b/ünï", in: path) == "content\n")
    #expect(access(path.appending("run").string, X_OK) == 0)
    #expect(try await made.git("status", "--porcelain", in: path) == "")
    #expect(try await made.git("symbolic-ref", "HEAD", in: path) == "refs/heads/feature/日本")
    #expect(try await made.git("fsck") == "")
    let listed = try made.open().worktrees()
    #expect(
      listed == [
        LinkedWorktree(name: "tâsk-1", path: path, branch: "feature/日本", lockReason: nil, isPrunable: false)
      ])
    #expect(try await made.git("worktree", "list", "--porcelain").contains("worktree \(path)\n"))
    #expect(await (try? made.git("config", "branch.feature/日本.remote")) == nil)
  }

  @Test func `that takes too long is given up, and nothing is left of it`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addHook("post-checkout", "exec sleep 1000")
    try await made.git("branch", "--quiet", "x")
    let clock = ManualClock()
    let worktrees = Worktrees(
      repository: made.path, environment: made.environment, checkoutLimit: .seconds(60), clock: clock)
    let adding = Task { await failure { try await worktrees.add(name: "x", path: made.place("x"), branch: "x") } }
    await clock.skip()
    let error = await adding.value
    #expect(error?.code == .timedOut)
    #expect(error?.message.contains("within 60 s, with its filters, submodules and post-checkout hook") == true)
    #expect(!exists(made.place("x")))
    #expect(try made.open().worktrees().isEmpty)
  }

  @Test(arguments: [
    ("", "is not a valid name"), ("a/b", "is not a valid name"), ("..", "is not a valid name"),
    ("-x", "is not a valid name"),
    ("a\nb", "is not a valid name"),
  ])
  func `refuses names that would lead elsewhere`(_ name: String, _ message: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("branch", "x")
    let error = await failure { try await made.worktrees.add(name: name, path: made.place("x"), branch: "x") }
    #expect(error?.code == .invalidName)
    #expect(error?.message.contains(message) == true)
    #expect(!exists(made.scratch.path.appending("worktrees")))
  }

  @Test func `refuses a place that is taken, and takes an empty folder`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("branch", "x")
    try made.write("file", "mine", in: made.place("full"))
    let full = await failure { try await made.worktrees.add(name: "x", path: made.place("full"), branch: "x") }
    #expect(full == GitError(.exists, "'\(made.place("full"))' already exists and is not empty"))
    let file = made.place("full").appending("file")
    let error = await failure { try await made.worktrees.add(name: "x", path: file, branch: "x") }
    #expect(error == GitError(.exists, "'\(file)' already exists and is not a folder"))
    #expect(try made.read("file", in: made.place("full")) == "mine")

    try made.scratch.makeDirectory("worktrees/empty")
    try await made.worktrees.add(name: "x", path: made.place("empty"), branch: "x")
    #expect(try made.read("README.md", in: made.place("empty")) == "read me\n")
  }

  @Test func `says when there is no such branch, or it is checked out`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = made.place("x")
    let missing = await failure { try await made.worktrees.add(name: "x", path: path, branch: "x") }
    #expect(missing == GitError(.notFound, "there is no branch 'x' for the worktree '\(path)'"))
    let main = await failure { try await made.worktrees.add(name: "x", path: path, branch: "main") }
    #expect(main == GitError(.checkedOut, "the branch 'main' is already checked out at '\(made.path)'"))
    let taken = try await made.addWorktree("taken")
    let again = await failure { try await made.worktrees.add(name: "x", path: path, branch: "taken") }
    #expect(again == GitError(.checkedOut, "the branch 'taken' is already checked out at '\(taken)'"))
  }

  @Test func `says when its folder cannot be made, and leaves nothing`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("branch", "x")
    let path = made.path.appending("README.md/worktrees/x")
    let error = await failure { try await made.worktrees.add(name: "x", path: path, branch: "x") }
    #expect(error?.message.hasPrefix("cannot create the worktree '\(path)': cannot create the folder") == true)
    #expect(try made.open().worktrees().isEmpty)
    #expect(try await made.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `takes another name in the records when its own is taken`() async throws {
    let made = try await TemporaryRepository.withCommit()
    for branch in ["a", "b"] {
      try await made.git("branch", branch)
      try await made.worktrees.add(name: "task", path: made.place(branch), branch: branch)
    }
    #expect(try made.open().worktrees().map(\.name) == ["task", "task-2"])
    try await made.worktrees.remove(name: "task", path: made.place("b"))
    #expect(try made.open().worktrees().map(\.path) == [made.place("a")])
  }

  @Test func `takes the place of one whose folder is gone`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("x")
    rename(path.string, made.place("moved away").string)
    try await made.worktrees.add(name: "x", path: path, branch: "x")
    #expect(try made.open().worktrees().map(\.name) == ["x"])
    #expect(try await made.git("status", "--porcelain", in: path) == "")
  }

  @Test func `by eight at once fails nowhere, from several of us`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.git("config", "branch.autoSetupMerge", "always")
    for number in 0..<16 { try await made.git("branch", "--no-track", "task-\(number)") }
    let shared = made.worktrees
    try await withThrowingTaskGroup { group in
      for number in 0..<16 {
        group.addTask {
          // Half of them as other processes would: through a lock of their own.
          let worktrees = number < 8 ? shared : made.worktrees
          let name = "task-\(number)"
          try await worktrees.add(name: name, path: made.place(name), branch: name)
          if number % 4 == 0 { try await worktrees.remove(name: name, path: made.place(name)) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try made.open().worktrees().count == 12)
    for worktree in try made.open().worktrees() {
      #expect(!worktree.isLocked && !worktree.isPrunable)
      #expect(try await made.git("status", "--porcelain", in: worktree.path) == "")
    }
  }

  @Test(.timeLimit(.minutes(5))) func `is undone when the task is cancelled`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("branch", "x")
    try await made.addHook("post-checkout", "touch ../started; exec sleep 1000")
    let worktrees = made.worktrees
    let path = made.place("x")
    let task = Task { await failure { try await worktrees.add(name: "x", path: path, branch: "x") } }
    try await waitUntil("the checkout has begun") { exists(made.scratch.path.appending("worktrees/started")) }
    task.cancel()
    #expect(await task.value?.code == .cancelled)
    #expect(try made.open().worktrees().isEmpty)
    #expect(!exists(path))
    #expect(try await made.id("x") == (await made.id("main")))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Filling a worktree` {
  @Test func `runs the post-checkout hook as git does`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addHook("post-checkout", #"echo "$@ $(git rev-parse --abbrev-ref HEAD) $(ls)" > hook-ran"#)
    let ours = try await made.addWorktree("ours")
    try await made.git("worktree", "add", "-q", "-b", "gits", made.place("gits").string)
    let zeros = String(repeating: "0", count: 40)
    #expect(try made.read("hook-ran", in: ours) == "\(zeros) \(try await made.id("HEAD")) 1 ours README.md\n")
    #expect(
      try made.read("hook-ran", in: made.place("gits")).replacing("gits", with: "ours")
        == made.read("hook-ran", in: ours))
  }

  @Test func `finds the hook by core.hooksPath`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.commit("my hooks/post-checkout", "#!/bin/sh\ntouch hook-ran\n", message: "hook")
    chmod(made.path.appending("my hooks/post-checkout").string, 0o755)
    try await made.git("commit", "-q", "-a", "-m", "executable")
    try await made.git("config", "core.hooksPath", "my hooks")
    let path = try await made.addWorktree("x")
    #expect(exists(path.appending("hook-ran")))
  }

  @Test func `stays when the hook fails, as with git, and its words are reported once`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("branch", "x")
    try await made.addHook("post-checkout", "echo 'no checkouts on Mondays' >&2; exit 3")
    try await made.git("branch", "y")
    let worktrees = made.worktrees
    for name in ["x", "y"] { try await worktrees.add(name: name, path: made.place(name), branch: name) }
    #expect(await worktrees.takeNotes() == ["the post-checkout hook fails in new worktrees: no checkouts on Mondays"])
    #expect(await worktrees.takeNotes().isEmpty)
    #expect(try made.open().worktrees().map(\.name) == ["x", "y"])
  }

  @Test func `takes over a sparse checkout`() async throws {
    let made = try await TemporaryRepository.withFolders()
    try await made.git("sparse-checkout", "set", "in")
    let path = try await made.addWorktree("x")
    #expect(exists(path.appending("in/file")) && exists(path.appending("top")))
    #expect(!exists(path.appending("out")))
    #expect(try await made.git("sparse-checkout", "list", in: path) == "in")
    #expect(try await made.git("status", "--porcelain", in: path) == "")
  }

  @Test func `takes over the worktree configuration, but not the place`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("config", "extensions.worktreeConfig", "true")
    try await made.git("config", "--worktree", "core.autocrlf", "true")
    try await made.git("config", "--worktree", "core.worktree", made.path.string)
    let path = try await made.addWorktree("x")
    #expect(try await made.git("config", "core.autocrlf", in: path) == "true")
    #expect(try await made.git("rev-parse", "--show-toplevel", in: path) == path.string)
    #expect(try made.read("README.md", in: path) == "read me\r\n")
    #expect(try await made.git("status", "--porcelain", in: path) == "")
  }

  @Test func `runs content filters`() async throws {
    let made = try await TemporaryRepository()
    try await made.git("config", "filter.swap.clean", "tr a-z b-za")
    try await made.git("config", "filter.swap.smudge", "tr b-za a-z")
    try made.write(".gitattributes", "*.txt filter=swap\n")
    try made.write("sub/words.txt", "some words\n")
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "words")
    let path = try await made.addWorktree("x")
    #expect(try made.read("sub/words.txt", in: path) == "some words\n")
    #expect(try await made.git("status", "--porcelain", in: path) == "")
    #expect(try made.open(path).status().isClean)
  }

  @Test func `is undone when a required filter fails`() async throws {
    let made = try await TemporaryRepository()
    try await made.git("config", "filter.broken.clean", "cat")
    try await made.git("config", "filter.broken.smudge", "false")
    try await made.git("config", "filter.broken.required", "true")
    try made.write(".gitattributes", "*.txt filter=broken\n")
    try made.write("words.txt", "some words\n")
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "words")
    try await made.git("branch", "x")
    let error = await failure { try await made.worktrees.add(name: "x", path: made.place("x"), branch: "x") }
    #expect(error?.message.contains("smudge filter broken failed") == true)
    #expect(!exists(made.place("x")))
    #expect(try made.open().worktrees().isEmpty)
  }

  @Test(.enabled(if: hasLFS, "git-lfs is not installed"))
  func `brings files of LFS along`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("lfs", "install")
    try await made.git("lfs", "track", "*.bin")
    let content = String(repeating: "large ", count: 1000)
    try made.write("data.bin", content)
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "large file")
    #expect(try await made.git("cat-file", "-p", "HEAD:data.bin").hasPrefix("version https://git-lfs"))
    let path = try await made.addWorktree("x")
    #expect(try made.read("data.bin", in: path) == content)
    #expect(try made.open(path).status().isClean)

    try made.write("data.bin", "other", in: path)
    let saved = try #require(try await made.save(path).saved?.commit)
    #expect(try await made.git("cat-file", "-p", "\(saved):data.bin").hasPrefix("version https://git-lfs"))
  }

  @Test func `brings submodules along that are initialised, and no others`() async throws {
    let made = try await TemporaryRepository.withSubmodule()
    let path = try await made.addWorktree("x")
    #expect(try made.read("lib/file", in: path) == "content\n")
    #expect(!exists(path.appending("other/file")))
    #expect(try await made.git("status", "--porcelain", in: path) == "")
    #expect(await (try? made.git("config", "submodule.other.url")) == nil)
  }

  @Test func `fetches what a partial clone lacks`() async throws {
    let origin = try await TemporaryRepository.withCommit()
    try await origin.git("config", "uploadpack.allowFilter", "true")
    try await origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    try await origin.git("checkout", "-q", "-b", "other")
    try await origin.commit("more", "more\n", message: "more")
    try await origin.git("checkout", "-q", "main")
    let partial = try await origin.clone("partial", options: ["--filter=blob:none"])
    try await partial.git("branch", "--no-track", "x", "origin/other")
    try await partial.worktrees.add(name: "x", path: partial.place("x"), branch: "x")
    #expect(try partial.read("more", in: partial.place("x")) == "more\n")
  }

  @Test func `works from a bare repository, a linked worktree and a shallow clone`() async throws {
    let origin = try await TemporaryRepository.withCommit()
    let bare = try await origin.clone("bare.git", options: ["--bare"])
    let path = try await bare.addWorktree("from-bare")
    #expect(try bare.open(path).status().isClean)

    try await origin.git("branch", "y")
    let linked = try await origin.addWorktree("linked")
    let worktrees = Worktrees(repository: linked, environment: origin.environment)
    try await worktrees.add(name: "y", path: origin.place("y"), branch: "y")
    #expect(try origin.open().worktrees().map(\.name) == ["linked", "y"])

    let shallow = try await origin.clone("shallow", options: ["--depth=1"])
    let tree = try await shallow.addWorktree("from-shallow")
    #expect(try shallow.open(tree).status().isClean)
  }

  @Test func `leaves many files to git, with the same outcome`() async throws {
    let made = try await TemporaryRepository()
    for number in 0..<450 { try made.write("d\(number % 9)/f\(number)", "\(number)") }
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "many")
    let path = try await made.addWorktree("x")
    #expect(try await made.git("status", "--porcelain", in: path) == "")
    #expect(try made.read("d0/f0", in: path) == "0")
  }

  @Test func `is not led astray by GIT_DIR in the environment`() async throws {
    let made = try await TemporaryRepository()
    for number in 0..<450 { try made.write("f\(number)", "\(number)") }
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "many")
    try await made.git("branch", "x")
    try made.write("f0", "the user's own change")
    let worktrees = Worktrees(
      repository: made.path,
      environment: made.environment.merging(
        [
          "GIT_DIR": "\(made.path)/.git", "GIT_WORK_TREE": made.path.string,
          "GIT_INDEX_FILE": "\(made.path)/.git/index",
        ]) { $1 })
    try await worktrees.add(name: "x", path: made.place("x"), branch: "x")
    #expect(try made.read("f0") == "the user's own change")
    #expect(try made.read("f0", in: made.place("x")) == "0")
  }

  static let hasLFS = (ProcessEnvironment.path.split(separator: ":").contains { exists(FilePath("\($0)/git-lfs")) })
}

private enum ProcessEnvironment {
  static let path = getenv("PATH").map { String(cString: $0) } ?? ""
}
