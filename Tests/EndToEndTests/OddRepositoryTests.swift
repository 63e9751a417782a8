import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Real repositories of odd shapes: a run does in them what it does in a plain one.
@Suite(.timeLimit(.minutes(3))) struct OddRepositoryTests {
  /// A task `a` that keeps what a command prints as `seen.txt`.
  private static func seeing(_ command: String) -> String {
    #"{"a": [[{"run": "(\#(command)) > seen.txt"}, {"commit": "feat: a"}]]}"#
  }

  /// Runs the plan and expects every task to succeed.
  private func expectSuccess(
    _ world: OrchWorld, in directory: FilePath? = nil, git: [String] = [], arguments: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = try await world.run("git", git + ["orch", "run"] + arguments, in: directory)
    #expect(result.status == 0, "\(result.errors)\(result.output)", sourceLocation: sourceLocation)
    #expect(try world.survivors().isEmpty, sourceLocation: sourceLocation)
  }

  /// What `a` saw, as its branch has it.
  private func seen(_ world: OrchWorld) async throws -> String {
    try await world.repository.git("show", "feature/a:seen.txt")
  }

  // MARK: - Places

  @Test func `blanks and Unicode in the names of repository, worktrees and files`() async throws {
    let repository = try await TemporaryRepository.withCommit("Größe & Co")
    try await repository.addBareRemote("ori gin")
    let world = try await OrchWorld(repository: repository)
    try await world.set("git.remote", "ori gin")
    try await repository.git("remote", "rename", "ori gin", "ursprung")
    try await world.set("git.remote", "ursprung")
    try await world.set("worktreeDir", "../Arbeits plätze 'x'")
    try await repository.commit("dö c/naïve file.txt", "naïve\n", message: "docs")
    try world.script(
      #"{"a": [[{"run": "cat 'dö c/naïve file.txt' > seen.txt; pwd >> seen.txt"}, {"write": {"path": "日本 語/🎉.txt", "content": "x"}}, {"commit": "feat: ä"}]]}"#)
    try world.plan("a")
    try await expectSuccess(world, arguments: ["--keep-worktrees"])
    let worktree = repository.scratch.path.appending("Arbeits plätze 'x'/Größe & Co/a")
    #expect(try await seen(world) == "naïve\n\(worktree)")
    #expect(FileManager.default.fileExists(atPath: worktree.appending("日本 語/🎉.txt").string))
    let files = try await repository.git("ls-tree", "-r", "-z", "--name-only", "feature/a")
    #expect(files.contains("日本 語/🎉.txt"))
    #expect(try await repository.git("ls-remote", "ursprung", "refs/heads/feature/a") != "")
  }

  @Test func `from a linked worktree`() async throws {
    let world = try await OrchWorld.make()
    let linked = world.repository.scratch.path.appending("linked")
    try await world.repository.git("worktree", "add", "-q", "-b", "side", linked.string)
    try world.script(Self.seeing("git symbolic-ref HEAD; git rev-parse HEAD~0"))
    try world.plan("a")
    try FileManager.default.moveItem(
      atPath: world.root.appending("task_config.yaml").string, toPath: linked.appending("task_config.yaml").string)
    try await world.repository.commit("side.txt", "side", message: "side", in: linked)
    try await expectSuccess(world, in: linked)
    // The base is the remote's branch, wherever one stands; the worktrees lie beside the main one.
    let main = try await world.repository.git("rev-parse", "main")
    #expect(try await seen(world) == "refs/heads/feature/a\n\(main)")
    #expect(try await world.repository.git("status", "--porcelain", in: linked) == "?? task_config.yaml")
    #expect(try await world.statuses() == ["a": "success"])
    #expect(try await world.orch("status", in: linked).output == world.orch("status").output)
    #expect(FileManager.default.fileExists(atPath: world.worktrees.string) == false || vacant(world.worktrees))
  }

  private func vacant(_ folder: FilePath) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.string).isEmpty) ?? true
  }

  @Test func `from a subfolder, with a to-do list given relative to it`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("add-a"))
    try world.repository.write("docs/deep/todo.md", "- [ ] Add a\n")
    let result = try await world.orch("run", "todo.md", "--yolo", in: world.root.appending("docs/deep"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(FileManager.default.fileExists(atPath: world.root.appending("task_config.yaml").string))
    #expect(try await world.remoteTip("feature/add-a") != nil)
    #expect(try await world.orch("status", in: world.root.appending("docs")).status == 0)
  }

  @Test func `from elsewhere, with git -C and git -c`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(
      world, in: "/", git: ["-C", world.root.string, "-c", "orchestrator.agent.model=opus"])
    let arguments = try #require(try world.record("a", attempt: 1)["arguments"] as? [String])
    #expect(arguments.joined(separator: " ").contains("--model opus"))
  }

  @Test func `through a symbolic link`() async throws {
    let world = try await OrchWorld.make()
    let link = world.repository.scratch.path.appending("link")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: world.root.string)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(world, in: link)
  }

  @Test func `a bare repository with worktrees, from one of them`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    let bare = try await source.clone("app.git", options: ["--bare"])
    let world = try await OrchWorld(repository: bare)
    let checkout = bare.scratch.path.appending("checkout")
    try await bare.git("worktree", "add", "-q", checkout.string, "main")
    try world.script(Self.seeing("git rev-parse --show-toplevel"))
    try world.plan("a")
    try FileManager.default.moveItem(
      atPath: bare.path.appending("task_config.yaml").string, toPath: checkout.appending("task_config.yaml").string)
    try await expectSuccess(world, in: checkout)
    #expect(try await seen(world) == world.worktrees.appending("a").string)
    #expect(try await source.git("show", "feature/a:seen.txt") == world.worktrees.appending("a").string)
    #expect(try await bare.git("worktree", "list").split(separator: "\n").count == 2)
  }

  @Test func `a bare repository itself, with a plan by name`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    let bare = try await source.clone("app.git", options: ["--bare"])
    let world = try await OrchWorld(repository: bare)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let plan = bare.scratch.path.appending("plan.yaml")
    try FileManager.default.moveItem(atPath: bare.path.appending("task_config.yaml").string, toPath: plan.string)
    try await expectSuccess(world, arguments: ["-c", "../plan.yaml"])
    #expect(try await source.git("show", "feature/a:a.txt") == "hello")
  }

  @Test func `a git directory that lies elsewhere`() async throws {
    let scratch = try TemporaryDirectory()
    let repository = try await TemporaryRepository(
      "app", options: ["--separate-git-dir", scratch.path.appending("elsewhere.git").string])
    try await repository.commit("README.md", "read me\n", message: "first")
    let world = try await OrchWorld(repository: repository)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await repository.git("show", "feature/a:a.txt") == "hello")
  }

  // MARK: - Configuration

  @Test func `values of the worktree's own configuration`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "extensions.worktreeConfig", "true")
    try await world.repository.git("config", "--worktree", "orchestrator.project.agentInstructions", "Mind the gap.")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(world)
    let prompt = try #require(try world.record("a", attempt: 1)["prompt"] as? String)
    #expect(prompt.contains("Mind the gap."))
  }

  @Test func `a remote of another name, and an address that git rewrites`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("remote", "rename", "origin", "upstream")
    try await world.repository.git("remote", "set-url", "upstream", "forge:origin.git")
    try await world.repository.git("config", "url.\(world.repository.scratch.path)/.insteadOf", "forge:")
    try await world.set("git.remote", "upstream")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a"))
  }

  @Test(arguments: [true, false])
  func `a detached HEAD`(remote: Bool) async throws {
    let world = try await OrchWorld.make(remote: remote)
    try await world.repository.git("checkout", "-q", "--detach")
    try await world.repository.commit("mine.txt", "mine", message: "mine")
    try world.script(Self.seeing("ls"))
    try world.plan("a")
    let before = try await world.repository.git("rev-parse", "HEAD")
    try await expectSuccess(world)
    #expect(try await seen(world) == "README.md\nseen.txt")
    #expect(try await world.repository.git("rev-parse", "HEAD") == before)
    #expect(try await world.repository.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD")
  }

  @Test func `a base that is not checked out`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("branch", "develop")
    try await world.repository.git("checkout", "-q", "develop")
    try await world.repository.commit("develop.txt", "develop", message: "develop")
    try await world.repository.git("push", "-q", "origin", "develop")
    try await world.repository.git("checkout", "-q", "main")
    try await world.set("git.baseBranch", "develop")
    try world.script(Self.seeing("ls"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await seen(world) == "README.md\ndevelop.txt\nseen.txt")
    #expect(try await world.repository.git("symbolic-ref", "HEAD") == "refs/heads/main")
  }

  @Test func `a base that only the remote has`() async throws {
    let world = try await OrchWorld.make()
    let other = try await world.repository.clone("other")
    try await other.git("checkout", "-q", "-b", "develop")
    try await other.commit("develop.txt", "develop", message: "develop")
    try await other.git("push", "-q", world.remote.string, "develop")
    try await world.set("git.baseBranch", "develop")
    try world.script(Self.seeing("ls"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await seen(world) == "README.md\ndevelop.txt\nseen.txt")
    #expect(try await world.repository.git("branch", "--list", "develop") == "")
  }

  // MARK: - Contents

  @Test func `the files of an initialised submodule are there`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "--global", "protocol.file.allow", "always")
    let library = try await world.repository.clone("library")
    try await library.commit("library.txt", "of the library\n", message: "library")
    try await world.repository.git("submodule", "--quiet", "add", "file://\(library.path)", "lib")
    try await world.repository.git("commit", "-q", "-m", "add the library")
    try await world.repository.git("push", "-q", "origin", "main")
    try world.script(Self.seeing("cat lib/library.txt; git status --porcelain | grep -v seen.txt"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await seen(world) == "of the library")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await world.repository.git("submodule", "status").hasPrefix(" ") == false)
    #expect(try world.repository.read("lib/library.txt") == "of the library\n")
  }

  @Test func `inside a submodule`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "--global", "protocol.file.allow", "always")
    let library = try await world.repository.clone("library")
    try await world.repository.git("submodule", "--quiet", "add", "file://\(library.path)", "lib")
    try await world.repository.git("commit", "-q", "-m", "add the library")
    try world.script(Self.seeing("git rev-parse --show-toplevel"))
    try world.plan("a")
    let inside = world.root.appending("lib")
    try FileManager.default.moveItem(
      atPath: world.root.appending("task_config.yaml").string, toPath: inside.appending("task_config.yaml").string)
    try await world.repository.git("config", "orchestrator.worktreeDir", "../../places", in: inside)
    try await expectSuccess(world, in: inside)
    let worktree = world.repository.scratch.path.appending("places/lib/a")
    #expect(try await world.repository.git("show", "feature/a:seen.txt", in: inside) == worktree.string)
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs"), "git-lfs is not installed"))
  func `LFS files have their content, and new ones reach the remote`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("lfs", "install")
    try await world.repository.git("lfs", "track", "*.bin")
    try world.repository.write("data.bin", "the real content\n")
    try await world.repository.git("add", ".gitattributes", "data.bin")
    try await world.repository.git("commit", "-q", "-m", "data")
    try await world.repository.git("push", "-q", "origin", "main")
    try world.script(Self.seeing("cat data.bin; echo new content > new.bin"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await seen(world) == "the real content")
    let pointer = try await world.repository.git("show", "feature/a:new.bin")
    #expect(pointer.hasPrefix("version https://git-lfs.github.com/spec/v1"))
    let id = try #require(pointer.split(separator: "\n").first { $0.hasPrefix("oid sha256:") }).dropFirst(11)
    let stored = world.remote.appending("lfs/objects/\(id.prefix(2))/\(id.dropFirst(2).prefix(2))/\(id)")
    #expect(try String(contentsOfFile: stored.string, encoding: .utf8) == "new content\n")
  }

  @Test func `a sparse checkout is kept to, and what is outside is not deleted`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("inside/a.txt", "a", message: "inside")
    try await world.repository.commit("outside/b.txt", "b", message: "outside")
    try await world.repository.git("sparse-checkout", "set", "inside")
    try world.script(Self.seeing("ls; git status --porcelain"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(try await seen(world) == "README.md\ninside\nseen.txt\n?? seen.txt")
    #expect(try await world.repository.git("diff", "--name-only", "main", "feature/a") == "seen.txt")
  }

  @Test func `a shallow clone`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    for number in 1...3 { try await source.commit("n.txt", "\(number)", message: "\(number)") }
    let world = try await OrchWorld(repository: source.clone("app", options: ["--depth", "1"]))
    try world.script(RunTests.edits("a", "b", "c"))
    try world.plan("a", "b", "c: a, b")
    try await expectSuccess(world)
    #expect(try await source.git("log", "--format=%s", "main..feature/a") == "feat: a")
    #expect(try await source.git("ls-tree", "--name-only", "feature/c") == "README.md\na.txt\nb.txt\nc.txt\nn.txt")
  }

  @Test func `a partial clone, merges included`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    try await source.git("config", "uploadpack.allowFilter", "true")
    try await source.git("config", "uploadpack.allowAnySHA1InWant", "true")
    try await source.commit("both.txt", "1\n2\n3\n4\n5\n6\n7\n", message: "both")
    let world = try await OrchWorld(
      repository: source.clone("app", options: ["--filter=blob:none", "--no-checkout"]))
    try world.script(
      #"{"a": [[{"run": "sed -i s/1/one/ both.txt"}, {"commit": "feat: a"}]], "b": [[{"run": "sed -i s/7/seven/ both.txt"}, {"commit": "feat: b"}]], "c": [[{"run": "cp both.txt seen.txt"}, {"commit": "feat: c"}]]}"#)
    try world.plan("a", "b", "c: a, b")
    try await expectSuccess(world)
    #expect(try await source.git("show", "feature/c:seen.txt") == "one\n2\n3\n4\n5\n6\nseven")
  }

  // MARK: - Hooks and signatures

  @Test func `the post-checkout hook runs in the new worktree`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.addHook("post-checkout", "echo \"$3 $(pwd)\" > made-by-hook.txt")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await expectSuccess(world)
    #expect(
      try await world.repository.git("show", "feature/a:made-by-hook.txt") == "1 \(world.worktrees.appending("a"))")
  }

  @Test func `a post-checkout hook that fails fails the task with its words and leaves nothing behind`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.addHook("post-checkout", "echo the hook is cross >&2; exit 1")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed"])
    #expect(result.output.contains("the hook is cross"), "\(result.output)")
    #expect(!result.output.contains("Worktree kept"), "\(result.output)")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    #expect(vacant(world.worktrees))
  }

  @Test func `commits that cannot be signed leave the work uncommitted, saved, and the reason in the log`() async throws {
    let world = try await OrchWorld.make()
    let gpg = try world.addProgram("gpg", "echo 'gpg: no secret key' >&2; exit 2")
    try await world.repository.git("config", "commit.gpgSign", "true")
    try await world.repository.git("config", "gpg.program", gpg.string)
    try await world.set("agent.maxRetries", "0")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "uncommitted"])
    #expect(result.output.contains("not committed: a.txt"))
    #expect(try await world.orch("log", "a").output.contains("no secret key"))
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):a.txt") == "hello")
  }

  @Test func `a pre-push hook of core.hooksPath can refuse`() async throws {
    let world = try await OrchWorld.make()
    try world.addProgram("my hooks/pre-push", "echo no pushing on Fridays >&2; exit 1")
    try await world.repository.git("config", "core.hooksPath", "../my hooks")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "push-failed"])
    #expect(result.output.contains("no pushing on Fridays"), "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(try world.repository.read("a.txt", in: world.worktrees.appending("a")) == "hello\n")
  }

  // MARK: - The user's own work

  @Test func `a checkout with staged, changed and new files is left as it is`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("both.txt", "1\n", message: "both")
    try world.repository.write("both.txt", "2\n")
    try await world.repository.git("add", "both.txt")
    try world.repository.write("both.txt", "3\n")
    try world.repository.write("staged.txt", "staged")
    try await world.repository.git("add", "staged.txt")
    try await world.repository.git("rm", "-q", "--cached", "README.md")
    try world.script(Self.seeing("cat both.txt; git status --porcelain | grep -v seen.txt"))
    try world.plan("a")
    let status = try await world.repository.git("status", "--porcelain=v2", "--branch")
    let index = try Data(contentsOf: URL(filePath: world.root.appending(".git/index").string))
    try await expectSuccess(world)
    #expect(try Data(contentsOf: URL(filePath: world.root.appending(".git/index").string)) == index)
    #expect(try await world.repository.git("status", "--porcelain=v2", "--branch") == status)
    #expect(try await seen(world) == "1")
  }

  @Test func `a merge in progress is left as it is`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("checkout", "-q", "-b", "other")
    try await world.repository.commit("README.md", "theirs\n", message: "theirs")
    try await world.repository.git("checkout", "-q", "main")
    try await world.repository.commit("README.md", "ours\n", message: "ours")
    await #expect(throws: GitFailure.self) { try await world.repository.git("merge", "-q", "other") }
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let status = try await world.repository.git("status", "--porcelain=v2")
    try await expectSuccess(world)
    #expect(try await world.repository.git("status", "--porcelain=v2") == status)
    #expect(FileManager.default.fileExists(atPath: world.root.appending(".git/MERGE_HEAD").string))
  }
}
