import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What could be known before agents are paid.
@Suite(.timeLimit(.minutes(5))) struct PreflightTests {
  private static let work = #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#

  /// One thing that is missing, and what is said of it.
  struct Missing: Sendable, CustomTestStringConvertible {
    let check: String
    let words: String
    let prepare: @Sendable (OrchWorld) async throws -> Void

    init(_ check: String, _ words: String, _ prepare: @escaping @Sendable (OrchWorld) async throws -> Void) {
      self.check = check
      self.words = words
      self.prepare = prepare
    }

    var testDescription: String { "\(check): \(words)" }
  }

  private static let missing = [
    Missing("Signing", "commits cannot be signed, which 'commit.gpgSign' demands: ") { world in
      let gpg = try world.addProgram("no-gpg", "exit 2")
      try await world.repository.git("config", "commit.gpgSign", "true")
      try await world.repository.git("config", "gpg.program", gpg.string)
    },
    Missing("Signing", "commits cannot be signed, which 'commit.gpgSign' demands: ") { world in
      try await world.repository.git("config", "commit.gpgSign", "yes")
      try await world.repository.git("config", "gpg.format", "ssh")
      try await world.repository.git("config", "user.signingKey", "/nonexistent/key.pub")
    },
    Missing("Push access", "cannot push to 'origin': ") { world in
      let refusal = try world.addProgram("no-access", "echo 'ERROR: write access is not granted' >&2; exit 1")
      try await world.repository.git("config", "remote.origin.receivepack", refusal.string)
    },
    Missing("Branch names", "'origin' cannot have branch 'feature/a' of task 'a' next to its branch 'feature'") {
      world in
      try await world.repository.git("push", "--quiet", "origin", "main:refs/heads/feature")
    },
    Missing("Branch names", "'origin' cannot have branch 'feature/a' of task 'a' next to its branch 'feature/a/b'") {
      world in
      try await world.repository.git("push", "--quiet", "origin", "main:refs/heads/feature/a/b")
    },
    Missing("Branch names", "cannot have branch 'feature/a' for task 'a' next to branch 'feature'") { world in
      try await world.repository.git("branch", "feature")
    },
    Missing("Remote", "the default branch of 'origin' is 'trunk' now, and it has no 'main' any more") { world in
      try await world.repository.git("fetch", "--quiet", "origin")
      try await world.repository.git("remote", "set-head", "origin", "main")
      try await world.repository.git("branch", "-m", "main", "trunk", in: world.remote)
      try await world.repository.git("symbolic-ref", "HEAD", "refs/heads/trunk", in: world.remote)
    },
    Missing("Agent login", "the agent's client is not logged in") { world in
      let client = try world.addProgram(
        "client",
        "if [ \"$1\" = auth ]; then echo '{\"loggedIn\": false}'; exit 1; fi\n"
          + "exec '\(OrchWorld.programs)/scripted-agent' \"$@\"")
      try await world.set("agent.command", client.string)
    },
  ]

  @Test(arguments: missing)
  func `what is missing is known before an agent starts, and doctor says the same`(missing: Missing) async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try world.script(Self.work)
    try await missing.prepare(world)
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors.hasPrefix("fatal: \(missing.words)"), "\(result.errors)")
    #expect(world.isVacant(world.records))
    #expect(world.isVacant(world.worktrees))
    #expect(try await world.remoteTip("feature/a") == nil)
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    let said = String(result.errors.dropFirst("fatal: ".count).prefix { $0 != "\n" })
    #expect(report[missing.check].contains { $0.line == "fault: \(said)" }, "\(said) != \(report[missing.check])")
  }

  /// What a run can do without.
  private static let lacking = [
    Missing("Hooks", "no hook runs: 'core.hooksPath' is '.husky/_', and there is no folder ") { world in
      try await world.repository.git("config", "core.hooksPath", ".husky/_")
    },
    Missing("Hooks", "git does not run the hook 'pre-commit', which is not executable") { world in
      try world.repository.write("pre-commit", "exit 1", in: world.root.appending(".git/hooks"))
    },
    Missing("Test command", "agents cannot run '(cd web && npm test)': their client refuses commands in brackets") {
      world in
      try await world.set("project.testCommand", "(cd web && npm test)")
    },
    Missing("Test command", "'no-such-program' of the test command 'no-such-program -v' is not found on PATH") {
      world in
      try await world.set("project.testCommand", "no-such-program -v")
    },
  ]

  @Test(arguments: lacking)
  func `what is only not as it should be is a warning, told once and kept`(lacking: Missing) async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try world.script(Self.work)
    try await lacking.prepare(world)
    let report = try await world.doctor().report
    let line = try #require(report[lacking.check].first { $0.state == "warning" })
    #expect(line.message.hasPrefix(lacking.words))
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.components(separatedBy: " warning \(line.message)").count == 2, "\(result.errors)")
    let warnings = try world.journal().filter { $0.type == "warned" }.compactMap { $0.fields["message"] as? String }
    #expect(warnings.count { $0.hasPrefix(line.message) } == 1)
  }

  @Test func `no model makes a plan that could not be executed`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("TODO.md", "- [ ] Add a\n")
    try await world.repository.git("config", "commit.gpgSign", "true")
    try await world.repository.git("config", "gpg.program", try world.addProgram("no-gpg", "exit 2").string)
    let result = try await world.orch("run", "TODO.md", "--yolo", "--source", "claude")
    #expect(result.status == 128)
    #expect(result.errors.hasPrefix("fatal: commits cannot be signed"), "\(result.errors)")
    #expect(world.isVacant(world.records))
    #expect(!FileManager.default.fileExists(atPath: "\(world.root)/task_config.yaml"))
  }

  @Test(
    arguments: [
      ("remote.origin.url", "/nonexistent/place.git", "fatal: cannot reach remote 'origin': "),
      ("orchestrator.agent.command", "nosuch-agent", "fatal: 'nosuch-agent' not found; install Codex"),
    ]) func `no plan is paid for where the remote or the agent is missing`(
      key: String, value: String, words: String
    ) async throws
  {
    let world = try await OrchWorld.make()
    try world.repository.write("TODO.md", "- [ ] Add a\n")
    try await world.repository.git("config", key, value)
    // The planner would be there.
    try await world.set("agents.claude.command", "\(OrchWorld.programs)/scripted-agent")
    if key.hasPrefix("orchestrator") { try await world.set("agent.kind", "codex") }
    let result = try await world.orch("run", "TODO.md", "--yolo", "--source", "claude")
    #expect(result.status == 128)
    #expect(
      result.errors.hasPrefix(words),
      "\(result.errors)")
    #expect(world.isVacant(world.records))
  }

  @Test func `a dry run shows how things stand, faults too`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    let good = try await world.orch("run", "-n")
    #expect(good.status == 0)
    #expect(good.output.contains("\n✓ Push access: 'origin' lets this login push\n"), "\(good.output)")
    try await world.repository.git("config", "remote.origin.pushurl", "/nonexistent/place.git")
    let bad = try await world.orch("run", "-n", environment: ["HOME": "/nonexistent"])
    #expect(bad.status == 128)
  }

  // MARK: - The set-up, hooks and submodules

  @Test func `what the set-up command leaves is nobody's work, until somebody changes it`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("lock", "1\n", message: "chore: lock")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try await world.set("worktree.setup", "echo 2 > lock; echo log > setup.out")
    try world.plan("a", "b")
    let own = #"{"run": "echo x > x && git add x && git commit -qm 'feat: x'"}"#
    try world.script(#"{"a": [[\#(own)]], "b": [[\#(own), {"run": "echo 3 > lock"}]]}"#)
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "success", "b": "uncommitted"])
    let message =
      "the set-up command leaves changes that are in no commit, and that count as nobody's work: lock, setup.out"
    #expect(try world.journal().count { $0.fields["message"] as? String == message } == 1)
    // Its worktree is gone, too.
    #expect(world.isVacant(world.worktrees.appending("a")))
    let prompt = try #require(try world.record("a", attempt: 1)["prompt"] as? String)
    #expect(prompt.contains("- `lock`\n- `setup.out`"))
    #expect(result.output.contains("not committed: lock"), "\(result.output)")
  }

  @Test func `a hook that fails in new worktrees ends no task`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.addHook("post-checkout", "echo 'not here' >&2; exit 3")
    try world.plan("a", "b: a")
    try world.script(
      #"{"a": [[{"run": "echo a > a"}, {"commit": "feat: a"}]], "b": [[{"run": "echo b > b"}, {"commit": "feat: b"}]]}"#
    )
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let words = "the post-checkout hook fails in new worktrees: not here"
    #expect(try world.journal().count { $0.fields["message"] as? String == words } == 1)
  }

  @Test func `a submodule that cannot be cloned is taken from the main checkout`() async throws {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    let library = scratch.appending("library")
    try await world.repository.git("clone", "--quiet", world.remote.string, library.string)
    try await world.repository.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.string, "lib")
    try await world.repository.git("commit", "--quiet", "-m", "feat: lib")
    try FileManager.default.moveItem(atPath: library.string, toPath: scratch.appending("gone").string)
    try world.plan("a")
    try world.script(OrchWorld.seeing("ls lib; git -C lib remote get-url origin"))
    try await world.expectSuccess()
    let seen = try await world.seen()
    #expect(seen.contains("README") || seen.split(separator: "\n").count > 1, "\(seen)")
    #expect(seen.hasSuffix(library.string), "\(seen)")
  }

  @Test func `what cannot be checked out once is not tried for each task`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit(".gitattributes", "*.bin filter=vault\n", message: "chore: attributes")
    try await world.repository.commit("data.bin", "1\n", message: "chore: data")
    try await world.repository.git("push", "--quiet", "origin", "main")
    let vault = [("required", "true"), ("clean", "cat"), ("smudge", "echo 'the vault is locked' >&2; exit 1")]
    for (key, value) in vault {
      try await world.repository.git("config", "filter.vault.\(key)", value)
    }
    try world.plan("a", "b", "c: a")
    try world.script(Self.work)
    let result = try await world.orch("run", "-j", "1")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "failed", "b": "skipped", "c": "blocked"])
    let reasons = try world.journal().filter { $0.type == "halted" }.compactMap { $0.fields["reason"] as? String }
    #expect(reasons.count == 1)
    let reason = try #require(reasons.first)
    #expect(reason.hasPrefix("no worktree can be made of the base: cannot check out the worktree"), "\(reason)")
    #expect(reason.contains("the vault is locked"), "\(reason)")
    #expect(world.isVacant(world.worktrees.appending("a")))
    // With the vault open the run is continued, and all is done.
    try await world.repository.git("config", "filter.vault.smudge", "cat")
    try world.script(
      #"{"a": [[{"run": "echo a > a"}, {"commit": "feat: a"}]], "b": [[{"run": "echo b > b"}, {"commit": "feat: b"}]], "#
        + #""c": [[{"run": "echo c > c"}, {"commit": "feat: c"}]]}"#)
    let continued = try await world.orch("run", "--continue")
    #expect(continued.status == 0, "\(continued.output)\n\(continued.errors)")
  }

  // MARK: - Where the repository is

  @Test(arguments: [false, true])
  func `a repository that only a variable leads to is refused before a plan is written`(
    isInConfiguration: Bool
  ) async throws {
    let world = try await OrchWorld.make()
    let elsewhere = world.repository.scratch.path.appending("dot.git")
    try FileManager.default.moveItem(atPath: "\(world.root)/.git", toPath: elsewhere.string)
    try world.repository.write("TODO.md", "- [ ] Add a\n")
    var environment = ["GIT_DIR": elsewhere.string, "GIT_WORK_TREE": world.root.string]
    if isInConfiguration {
      try await world.repository.git(
        "--git-dir", elsewhere.string, "config", "core.worktree", world.root.string, in: world.repository.scratch.path)
      environment["GIT_WORK_TREE"] = nil
    }
    let result = try await world.orch("run", "TODO.md", environment: environment)
    #expect(result.status == 128)
    #expect(result.errors.hasPrefix("fatal: git finds the repository '"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(world.root)/task_config.yaml"))
    // As it advises.
    try world.repository.write(".git", "gitdir: \(elsewhere)\n")
    let found = try await world.orch("run", "TODO.md", "-n", environment: environment)
    #expect(found.status == 0, "\(found.errors)")
  }

  @Test func `files that .worktreeinclude names come along, if git ignores them`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit(".gitignore", ".env*\nsecret/\n/link\n", message: "chore: ignore")
    try await world.repository.commit(
      ".worktreeinclude", "# local\n.env*\n!.env.old\nsecret/\nlink\n/loose\n", message: "chore: include")
    for file in [".env", ".env.old", "secret/key", "loose", "deep/.env.test"] { try world.repository.write(file, "x") }
    try FileManager.default.createSymbolicLink(
      atPath: "\(world.root)/link", withDestinationPath: "\(world.repository.scratch.path)/agents.json")
    try world.plan("a")
    let refused = try await world.orch("run")
    #expect(refused.status == 128)
    #expect(
      refused.errors.hasPrefix(
        "fatal: '.worktreeinclude' contains values that need your trust, and there is no terminal to ask on:\n"
          + "  .worktreeinclude = .env*, !.env.old, secret/, link, /loose (.worktreeinclude:2)\n"), "\(refused.errors)")
    let trusted = try await world.orch("config", "--trust", "-y", in: world.root.appending("secret"))
    #expect(trusted.status == 0 && trusted.errors.contains("trusted until"), "\(trusted)")
    try world.script(
      OrchWorld.seeing("for f in .env .env.old secret/key loose deep/.env.test link; do ls $f; done 2>&-"))
    try await world.expectSuccess()
    #expect(try await world.seen() == ".env\nsecret/key\ndeep/.env.test")
    // What a pull brings is asked again; what is copied anyway never is.
    try world.repository.write(".worktreeinclude", "*.pem\n")
    #expect(try await world.orch("run", "-n").errors.contains(".worktreeinclude = *.pem (.worktreeinclude:1)"))
    try world.repository.write(".worktreeinclude", "# usual\r\n/.env  \r\n")
    #expect(try await world.orch("config", "--trust").errors.contains("nothing to trust"))
  }

  /// What is left by the set-up command counts as nobody's work: it must be only that.
  @Test func `what somebody did in a worktree before its set-up is done again is kept`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try world.script(Self.work)
    try await world.set("worktree.setup", "echo set-up >made-by-setup.txt")
    let killed = try await world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": "before-entry-attempt-starting:1"])
    try #require(killed.status == 137)
    try world.repository.write("mine.txt", "mine", in: world.worktrees.appending("a"))
    let result = try await world.orch("run", "--continue")
    #expect(result.status == 0, "\(result.errors)")
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    try #require(!saved.isEmpty)
    #expect(try await world.repository.git("show", "\(saved):mine.txt") == "mine")
  }
}
