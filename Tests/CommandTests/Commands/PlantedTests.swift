import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Programs that somebody plants where git would start them: each writes down when it runs, and for whom.
@Suite(.timeLimit(.minutes(5))) struct PlantedTests {
  /// A program that leaves `ours` in the log when one of our own processes started it, `agent` for an agent's or a test's.
  private struct Canary {
    let program: FilePath
    private let log: FilePath

    init(in world: OrchWorld) throws {
      log = world.repository.scratch.path.appending("canaries")
      program = try world.addProgram(
        "evil",
        """
        #!/bin/sh
        case "$GIT_ORCH_RUN" in */*) who=agent ;; *) who=ours ;; esac
        echo $who >>'\(log)'
        exec cat

        """)
    }

    var ran: Set<String> {
      Set(((try? String(contentsOfFile: log.string, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init))
    }
  }

  /// Makes a repository `e` in the folder where it runs, whose own configuration has a filter.
  private func nesting(_ canary: Canary) -> String {
    let git = "git -c user.name=a -c user.email=a@b"
    return "rm -rf e; git init -q e; echo x >e/f; git -C e add f; \(git) -C e commit -q -m x; "
      + "git -C e config filter.evil.clean \(canary.program); echo '* filter=evil' >e/.gitattributes; "
      // Otherwise nobody compares it.
      + "touch -d 2001-01-01 e/f; "
  }

  @Test func `the filters of a repository within the worktree do not run in our git`() async throws {
    let world = try await OrchWorld.make()
    let canary = try Canary(in: world)
    // `git add e` is the agent's; that it is left uncommitted makes us look and save.
    try world.script(
      #"{"a": [[{"run": "\#(nesting(canary)) git -c filter.evil.clean= add e"}, {"write": {"path": "a.txt", "content": "x\n"}}]]}"#
    )
    try world.plan("a")
    try await world.set("agent.maxRetries", "0")
    let result = try await world.orch("run")
    #expect(result.errors.contains("refs/orchestrator/saved/"), "\(result.output)\(result.errors)")
    #expect(!canary.ran.contains("ours"))
  }

  @Test(arguments: ["off", "auto"])
  func `nor those that a fork's tests leave in its worktree`(sandbox: String) async throws {
    try await ForgeWorld.with { scene in
      let (world, repository) = (scene.world, scene.world.repository)
      let canary = try Canary(in: world)
      let folder = repository.scratch.path
      let (fork, clone) = (folder.appending("fork.git"), folder.appending("mallory"))
      try await repository.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      try await repository.git("clone", "--quiet", fork.string, clone.string)
      try repository.write("tests.sh", nesting(canary) + "mkdir -p ~/closed/x; chmod 500 ~/closed; exit 1", in: clone)
      try await repository.git("add", "-A", in: clone)
      let commit = try await repository.git("rev-parse", "HEAD", in: clone)
      try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit),e", in: clone)
      try await repository.git("commit", "--quiet", "-m", "m", in: clone)
      try await repository.git("push", "--quiet", "origin", "HEAD:topic", in: clone)
      let pull = try await scene.forge.openFromFork(
        .init("mallory/widget", repository: fork), title: "m", head: "topic", base: "main", author: "mallory")
      try await world.set("sandbox.mode", sandbox)
      try await world.set("project.testCommand", "sh ./tests.sh")
      try await world.set("agent.maxRetries", "1")
      let answer = "[\(ReviewTests.approval)]"
      try world.script("{\"pr-\(pull.number)\": [\(answer), \(answer)]}")
      let result = try await world.orch("review", "--pr", "\(pull.number)", "-y")
      // What is in `e` now is not what the fork committed, which is found by looking into it.
      #expect(result.output.contains("not committed: e"), "\(result.output)\(result.errors)")
      #expect(result.output.contains("Tests: failed (exit status 1)"))
      #expect(!canary.ran.contains("ours"))
      let runs = world.root.appending(".git/orchestrator/runs")
      let run = try #require(FileManager.default.contentsOfDirectory(atPath: runs.string).first)
      let home = runs.appending(run).pushing(FilePath("tasks/pr-\(pull.number)/home"))
      #expect(!FileManager.default.fileExists(atPath: home.string))
    }
  }

  @Test func `a hook that somebody writes while the run lasts does not run in our push, but the one before it`()
    async throws
  {
    let world = try await OrchWorld.make()
    let log = world.repository.scratch.path.appending("hooks")
    let hooks = world.root.appending(".git/hooks")
    func hook(_ word: String) -> String {
      "#!/bin/sh\necho \(word) \"$(cat \"$(dirname \"$0\")/lib/name\")\" >>'\(log)'\n"
    }
    try world.repository.write("pre-push", hook("good"), in: hooks)
    chmod(hooks.appending("pre-push").string, 0o755)
    try world.repository.write("lib/name", "library", in: hooks)
    let evil = try world.addProgram("evil-hook", hook("evil"))
    let plant = try world.addProgram(
      "plant",
      "#!/bin/sh\nfor hook in pre-push post-checkout reference-transaction; do cp \(evil) '\(hooks)'/$hook; done\n")
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "x\n"}}, {"commit": "feat: a"}, {"run": "\#(plant)"}]], "b": [[{"write": {"path": "b.txt", "content": "x\n"}}, {"commit": "feat: b"}, {"run": "\#(plant)"}]]}"#
    )
    try world.plan("a", "b: a")
    let result = try await world.orch("run")
    #expect(try await world.statuses() == ["a": "success", "b": "success"], "\(result.output)\(result.errors)")
    let ran = Set(try String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n").map(String.init))
    // The agent of `b` commits with the hooks that are there then.
    #expect(ran == ["good library", "evil library"])
    #expect(result.output.contains("Changed while a ran: hook .git/hooks/pre-push"), "\(result.output)")
  }

  @Test func `another repository in the place of the worktree's proves nothing`() async throws {
    let world = try await OrchWorld.make()
    let swap = try world.addProgram(
      "swap",
      """
      #!/bin/sh
      rm .git && git init -q -b feature/a . && git fetch -q '\(world.root)' main && git reset -q --soft FETCH_HEAD
      git add -A && git commit -q -m "feat: a"

      """)
    try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "x\n"}}, {"run": "\#(swap)"}]]}"#)
    try world.plan("a")
    try await world.set("agent.maxRetries", "0")
    let result = try await world.orch("run")
    #expect(try await world.statuses() == ["a": "failed"], "\(result.output)\(result.errors)")
    #expect(result.output.contains("is no longer a worktree of this repository"), "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == nil)
  }

  // MARK: - Remotes

  @Test func `a remote that is a command never runs`() async throws {
    let world = try await OrchWorld.make()
    let canary = try Canary(in: world)
    try await world.repository.git("config", "remote.origin.url", "ext::sh -c \(canary.program)")
    try await world.repository.git("config", "protocol.ext.allow", "always")
    try world.plan("a")
    try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "x\n"}}, {"commit": "feat: a"}]]}"#)
    for command in ["doctor", "init", "run", "status"] {
      _ = try await world.orch([command] + (command == "init" ? ["--no-claude", "--force"] : []))
    }
    let result = try await world.orch("run")
    #expect(result.status == 128, "\(result.output)\(result.errors)")
    #expect(result.errors.contains("transport 'ext' not allowed"), "\(result.errors)")
    #expect(canary.ran == [])
  }

  @Test(arguments: ["--local", "--file \"$HOME/.included\""])
  func `one that an agent plants does not run either, and the push goes where it was meant to`(place: String)
    async throws
  {
    let world = try await OrchWorld.make()
    let canary = try Canary(in: world)
    let planting = [
      "git config \(place) protocol.ext.allow always",
      "git config \(place) remote.origin.url 'ext::sh -c \(canary.program)'",
      "git config \(place) remote.origin.pushurl 'ext::sh -c \(canary.program)'",
    ].joined(separator: "; ")
    // Not there yet when the run begins.
    try await world.repository.git("config", "include.path", "~/.included")
    // A script that the agent runs: nothing shows that it was the agent.
    let script = try world.addProgram("plant", "#!/bin/sh\n\(planting)\n")
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "x\n"}}, {"commit": "feat: a"}, {"run": "\#(script)"}]]}"#)
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(try await world.statuses() == ["a": "success"], "\(result.output)\(result.errors)")
    #expect(try await world.remoteTip("feature/a") == world.repository.git("rev-parse", "feature/a"))
    #expect(result.output.contains("Changed while a ran: setting remote.origin.url") == (place == "--local"))
    #expect(canary.ran == [])
  }

  @Test(arguments: ["doctor", "init"])
  func `objects that are missing are not fetched where a repository is only looked at`(command: String) async throws {
    let world = try await OrchWorld.make()
    let canary = try Canary(in: world)
    for (key, value) in [
      ("remote.other.url", world.remote.string), ("remote.other.promisor", "true"),
      ("extensions.partialClone", "other"), ("remote.other.partialclonefilter", "blob:none"),
      ("remote.other.uploadpack", "\(canary.program)"),
    ] { try await world.repository.git("config", key, value) }
    try await world.repository.git("config", "core.repositoryFormatVersion", "1")
    // The tree that HEAD has.
    let tree = try await world.repository.git("rev-parse", "HEAD^{tree}")
    let object = world.root.pushing(FilePath(".git/objects/\(tree.prefix(2))/\(tree.dropFirst(2))"))
    try FileManager.default.removeItem(atPath: object.string)
    _ = try await world.orch([command] + (command == "init" ? ["--no-claude", "--force"] : []))
    #expect(canary.ran == [])
  }
}
