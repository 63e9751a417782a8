import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Real repositories of odd shapes: a run does in them what it does in a plain one.
@Suite(.timeLimit(.minutes(3))) struct OddRepositoryTests {
  // MARK: - Places

  @Test func `blanks and Unicode in the names of repository, worktrees and files`() async throws {
    let repository = try await TemporaryRepository.withCommit("Größe & Co")
    try await repository.addBareRemote("ursprüng")
    let world = try OrchWorld(repository: repository)
    try await world.set("git.remote", "ursprüng")
    try await world.set("worktreeDir", "../Arbeits plätze 'x'")
    try await repository.commit("dö c/naïve file.txt", "naïve\n", message: "docs")
    try world.script(
      #"{"a": [[{"run": "cat 'dö c/naïve file.txt' > seen.txt; pwd >> seen.txt"}, {"write": {"path": "日本 語/🎉.txt", "content": "x"}}, {"commit": "feat: ä"}]]}"#
    )
    try world.plan("a")
    try await world.expectSuccess(arguments: ["--keep-worktrees"])
    let worktree = repository.scratch.path.appending("Arbeits plätze 'x'/Größe & Co/a")
    #expect(try await world.seen() == "naïve\n\(worktree)")
    #expect(FileManager.default.fileExists(atPath: worktree.appending("日本 語/🎉.txt").string))
    let files = try await repository.git("ls-tree", "-r", "-z", "--name-only", "feature/a")
    #expect(files.contains("日本 語/🎉.txt"))
    #expect(try await repository.git("ls-remote", "ursprüng", "refs/heads/feature/a") != "")
  }

  @Test func `from a linked worktree`() async throws {
    let world = try await OrchWorld.make()
    let linked = world.repository.scratch.path.appending("linked")
    try await world.repository.git("worktree", "add", "-q", "-b", "side", linked.string)
    try world.script(OrchWorld.seeing("git symbolic-ref HEAD; git rev-parse HEAD~0"))
    try world.plan("a")
    try FileManager.default.moveItem(
      atPath: world.root.appending("task_config.yaml").string, toPath: linked.appending("task_config.yaml").string)
    try await world.repository.commit("side.txt", "side", message: "side", in: linked)
    try await world.expectSuccess(in: linked)
    // The base is the remote's branch, wherever one stands; the worktrees lie next to the main one.
    let main = try await world.repository.git("rev-parse", "main")
    #expect(try await world.seen() == "refs/heads/feature/a\n\(main)")
    #expect(try await world.repository.git("status", "--porcelain", in: linked) == "?? task_config.yaml")
    #expect(try await world.statuses() == ["a": "success"])
    #expect(try await world.orch("status", in: linked).output == world.orch("status").output)
    #expect(world.isVacant(world.worktrees))
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
    try await world.expectSuccess(
      in: "/", git: ["-C", world.root.string, "-c", "orchestrator.agent.model=opus"])
    let arguments = try #require(try world.record("a", attempt: 1)["arguments"] as? [String])
    #expect(arguments.joined(separator: " ").contains("--model opus"))
  }

  @Test func `through a symbolic link`() async throws {
    let world = try await OrchWorld.make()
    let link = world.repository.scratch.path.appending("link")
    try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: world.root.string)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess(in: link)
  }

  @Test func `a bare repository with worktrees, from one of them`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    let bare = try await source.clone("app.git", options: ["--bare"])
    let world = try OrchWorld(repository: bare)
    let checkout = bare.scratch.path.appending("checkout")
    try await bare.git("worktree", "add", "-q", checkout.string, "main")
    try world.script(OrchWorld.seeing("git rev-parse --show-toplevel"))
    try world.plan("a")
    try FileManager.default.moveItem(
      atPath: bare.path.appending("task_config.yaml").string, toPath: checkout.appending("task_config.yaml").string)
    try await world.expectSuccess(in: checkout)
    // Not `app`: a repository of that name may lie next to it.
    let worktree = bare.scratch.path.appending("worktrees/app.git/a")
    #expect(try await world.seen() == worktree.string)
    #expect(try await source.git("show", "feature/a:seen.txt") == worktree.string)
    #expect(try await bare.git("worktree", "list").split(separator: "\n").count == 2)
  }

  @Test func `a bare repository itself, with a plan by name`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    let bare = try await source.clone("app.git", options: ["--bare"])
    let world = try OrchWorld(repository: bare)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let plan = bare.scratch.path.appending("plan.yaml")
    try FileManager.default.moveItem(atPath: bare.path.appending("task_config.yaml").string, toPath: plan.string)
    try await world.expectSuccess(arguments: ["-c", "../plan.yaml"])
    #expect(try await source.git("show", "feature/a:a.txt") == "hello")
  }

  @Test func `a git directory that lies elsewhere`() async throws {
    let scratch = try TemporaryDirectory()
    let repository = try await TemporaryRepository(
      "app", options: ["--separate-git-dir", scratch.path.appending("elsewhere.git").string])
    try await repository.commit("README.md", "read me\n", message: "first")
    let world = try OrchWorld(repository: repository)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await repository.git("show", "feature/a:a.txt") == "hello")
  }

  // MARK: - Configuration

  @Test func `values of the worktree's own configuration`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "extensions.worktreeConfig", "true")
    try await world.repository.git("config", "--worktree", "orchestrator.project.agentInstructions", "Mind the gap.")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
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
    try await world.expectSuccess()
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a"))
  }

  @Test(arguments: ["../origin.git", "origin.git"])
  func `a remote that is a relative path`(url: String) async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("remote", "set-url", "origin", url)
    if url == "origin.git" {
      let inside = world.root.appending(url).string
      try FileManager.default.createSymbolicLink(atPath: inside, withDestinationPath: world.remote.string)
    }
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a"))
  }

  @Test(arguments: [true, false])
  func `a detached HEAD`(remote: Bool) async throws {
    let world = try await OrchWorld.make(remote: remote)
    try await world.repository.git("checkout", "-q", "--detach")
    try await world.repository.commit("mine.txt", "mine", message: "mine")
    try world.script(OrchWorld.seeing("ls"))
    try world.plan("a")
    let before = try await world.repository.git("rev-parse", "HEAD")
    try await world.expectSuccess()
    #expect(try await world.seen() == "README.md\nseen.txt")
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
    try world.script(OrchWorld.seeing("ls"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.seen() == "README.md\ndevelop.txt\nseen.txt")
    #expect(try await world.repository.git("symbolic-ref", "HEAD") == "refs/heads/main")
  }

  @Test func `a base that only the remote has`() async throws {
    let world = try await OrchWorld.make()
    let other = try await world.repository.clone("other")
    try await other.git("checkout", "-q", "-b", "develop")
    try await other.commit("develop.txt", "develop", message: "develop")
    try await other.git("push", "-q", world.remote.string, "develop")
    try await world.set("git.baseBranch", "develop")
    try world.script(OrchWorld.seeing("ls"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.seen() == "README.md\ndevelop.txt\nseen.txt")
    #expect(try await world.repository.git("branch", "--list", "develop") == "")
  }
}
