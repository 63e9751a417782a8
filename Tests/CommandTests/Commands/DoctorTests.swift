import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// `git orch doctor`: each line in its good and its bad case, the order, the exit status.
@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
  @Test(arguments: [("2 11", false), ("2 12 0", true), (nil, false)] as [(String?, Bool)])
  func `a completion that bash does not load is not called installed`(version: String?, isLoaded: Bool) async throws {
    let world = try await OrchWorld.make()
    let prefix = try world.repository.scratch.makeDirectory("prefix")
    let share = try world.repository.scratch.makeDirectory("share")
    try world.repository.write("share/bash-completion/completions/git-orch", "", in: prefix)
    if let version {
      try world.repository.write(
        "bash-completion/bash_completion", "# bash\nBASH_COMPLETION_VERSINFO=(\(version))\n", in: share)
    }
    let path = world.repository.environment["PATH"] ?? ""
    let result = try await world.orch(
      "doctor", environment: ["SHELL": "/bin/bash", "PATH": "\(prefix)/bin:\(path)", "XDG_DATA_DIRS": share.string])
    let folder = "\(prefix)/share/bash-completion/completions"
    #expect(result.output.contains("✓ Completion: bash, in \(folder)") == isLoaded, "\(result.output)")
    let words =
      "Completion: it is in \(folder), where bash-completion \(version == nil ? "of this version" : "2.11") does"
    #expect(result.output.contains(words) != isLoaded)
    #expect(result.output.contains("ln -s") != isLoaded)
  }

  @Test func `a place where all is well`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try await world.set("project.testCommand", "make test")
      try world.plan("a", "b")
      let share = try world.repository.scratch.makeDirectory("share")
      try world.repository.write("man/man1/git-orch.1", "", in: share)
      try world.repository.write("bash-completion/completions/git-orch", "", in: share)
      let result = try await world.orch(
        "doctor", "--timeout", "120",
        environment: [
          "ANTHROPIC_API_KEY": "sk-planted-0123456789", "SHELL": "/bin/bash", "MANPATH": "\(share)/man:",
          "XDG_DATA_DIRS": share.string,
        ])
      #expect(result.status == 0, "\(result.output)")
      #expect(result.errors.isEmpty)
      let lines = result.output.split(separator: "\n").map(String.init)
      #expect(lines.allSatisfy { $0.hasPrefix("✓ ") }, "\(result.output)")
      #expect(lines.contains("✓ Git provider: GitHub (github.com detected)"))
      #expect(
        lines.contains { $0.hasPrefix("✓ gh CLI: installed and authenticated (gh 2.") && $0.contains("as alice") })
      #expect(lines.contains("✓ Push access: may push to acme/widget"))
      #expect(lines.contains("✓ Author: Test User <test@example.com>"))
      #expect(lines.contains("✓ Agent login: ANTHROPIC_API_KEY is set"))
      #expect(lines.contains("✓ Test command: make test"))
      #expect(lines.contains("✓ Plan: task_config.yaml (2 tasks)"))
      #expect(lines.contains("✓ Manual pages: found in \(share)/man"))
      #expect(lines.contains("✓ Completion: bash, in \(share)/bash-completion/completions"))
      #expect(await scene.forge.surprises.isEmpty)
    }
  }

  @Test func `variables that look like secrets and reach agents are named, those that do not are not`() async throws {
    let world = try await OrchWorld.make()
    let variables = [
      "AWS_SECRET_ACCESS_KEY": "x", "GH_TOKEN": "x", "DATABASE_URL": "postgres://me:word@example.com/x",
      "ANTHROPIC_API_KEY": "x", "EDITOR": "vi", "STRIPE_KEY": "x",
    ]
    func line() async throws -> DoctorReport.Check? {
      try await world.doctor(environment: variables).report.checks.first { $0.name == "Environment" }
    }
    #expect(
      try await line()?.message
        == "agents get variables that look like secrets: AWS_SECRET_ACCESS_KEY, DATABASE_URL, STRIPE_KEY")
    try await world.set("env.hide", "AWS_*,DATABASE_URL,STRIPE_KEY")
    #expect(try await line()?.message == "nothing in it that agents get looks like a secret")
  }

  @Test func `the lines come in one order, whatever takes longest`() async throws {
    let world = try await OrchWorld.make()
    let names = try await world.doctor(environment: ["SHELL": "/bin/zsh"]).report.checks.map(\.name)
    #expect(
      names == [
        "git", "libgit2", "Repository", "Author", "Settings", "Git provider", "Base branch", "Remote", "Push access",
        "Agent", "Agent login", "Permissions", "Environment", "Sandbox", "Test command", "Plan", "Worktrees", "Disk",
        "Memory",
        "Open files", "Earlier runs", "Manual pages", "Completion",
      ])
  }

  @Test func `the answer in JSON has its schema, and the lines of the answer for people`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("run.jobs", "many")
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report.schema == 1)
    #expect(!report.success)
    let text = try await world.orch("doctor", "--timeout", "120").output
    let marks = ["ok": "✓", "warning": "!", "fault": "✗", "skipped": "–"]
    // Free disk and memory change from one moment to the next.
    for check in report.checks where !["Disk", "Memory"].contains(check.name) {
      #expect(text.contains("\(marks[check.state] ?? "?") \(check.name): \(check.message)\n"))
      for command in check.mend { #expect(text.contains("  Run: \(command)\n")) }
    }
    #expect(report["Settings"].map(\.state) == ["fault"])
    #expect(report["Settings"].first?.mend == ["git config --local --unset-all orchestrator.run.jobs"])
  }

  @Test func `outside a repository it checks what it can, and a run needs one`() async throws {
    let world = try await OrchWorld.make()
    let outside = try world.repository.scratch.makeDirectory("outside")
    let (report, status) = try await world.doctor(in: outside)
    #expect(status == 1)
    #expect(report["Repository"].first?.line.hasPrefix("fault: not a git repository") == true)
    #expect(report["Repository"].first?.mend == ["git init"])
    for name in ["git", "libgit2", "Author", "Settings", "Agent"] { #expect(report[name].map(\.state) == ["ok"]) }
    for name in ["Git provider", "Base branch", "Plan", "Worktrees", "Disk", "Earlier runs"] {
      #expect(report[name].map(\.state) == ["skipped"])
    }
  }

  // MARK: - git and the repository

  @Test func `without git nothing works, and that is reported`() async throws {
    let world = try await OrchWorld.make()
    let result = try await world.run(
      "\(OrchWorld.programs)/git-orch-doctor", ["--timeout", "120"], environment: ["PATH": OrchWorld.programs])
    #expect(result.status == 1)
    #expect(result.output.contains("✗ git: not found on PATH\n"))
  }

  @Test(arguments: [
    (["--bare"], "ok", "(bare)"),
    (["--depth", "1"], "warning", "a shallow clone"),
    (["--filter=blob:none"], "ok", "a partial clone"),
  ])
  func `what is special about a repository`(options: [String], state: String, words: String) async throws {
    let origin = try await TemporaryRepository.withCommit("origin")
    try await origin.commit("b.txt", "b\n", message: "second")
    let world = try await OrchWorld(repository: origin.clone("app", options: options))
    let lines = try await world.doctor().report["Repository"]
    #expect(lines.contains { $0.state == state && $0.message.contains(words) }, "\(lines)")
  }

  @Test func `a repository that libgit2 cannot open`() async throws {
    let world = try await OrchWorld(repository: TemporaryRepository("app", options: ["--object-format=sha256"]))
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Repository"].first?.message.contains("SHA-256") == true)
    #expect(report["Base branch"].map(\.state) == ["skipped"])
  }

  @Test func `files that git-lfs keeps, without git-lfs`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("assets/.gitattributes", "*.bin filter=lfs\n", message: "lfs")
    let path = try world.path(with: "git", "sh")
    let optional = try await world.doctor(environment: ["PATH": path])
    #expect(optional.report["Git LFS"].map(\.state) == ["warning"])
    try await world.repository.git("config", "filter.lfs.required", "true")
    let required = try await world.doctor(environment: ["PATH": path])
    #expect(required.report["Git LFS"].map(\.state) == ["fault"])
    #expect(required.status == 1)
  }

  @Test func `nobody knows who commits`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "--global", "--unset", "user.name")
    try await world.repository.git("config", "--global", "--unset", "user.email")
    try await world.repository.git("config", "--global", "user.useConfigOnly", "true")
    // What holds for this command line alone does not reach agents.
    let (report, status) = try await world.doctor(git: ["-c", "user.name=Me", "-c", "user.email=me@example.com"])
    #expect(status == 1)
    #expect(report["Author"].first?.line == "fault: git does not know who the author of the agents' commits is")
    #expect(report["Author"].first?.mend.first == "git config --global user.name NAME")
  }

  @Test func `a setting that does not exist is a warning, one that cannot be used a fault`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("run.job", "3")
    let known = try await world.doctor()
    #expect(known.status == 0)
    #expect(known.report["Settings"].map(\.state) == ["ok", "warning"])
    #expect(known.report["Settings"].last?.message.contains("did you mean 'orchestrator.run.jobs'") == true)
    try await world.repository.git("config", "--global", "orchestrator.run.jobs", "-1")
    let bad = try await world.doctor()
    #expect(bad.status == 1)
    #expect(bad.report["Settings"].first?.mend == ["git config --global --unset-all orchestrator.run.jobs"])
    // The other checks go on with the settings that nobody made.
    #expect(bad.report["Worktrees"].map(\.state) == ["ok"])
  }

  // MARK: - The room

  @Test func `a folder for worktrees that cannot be made`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("in-the-way", "", in: world.repository.scratch.path)
    try await world.set("worktreeDir", "../in-the-way")
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Worktrees"].first?.line.hasPrefix("fault: cannot create worktrees in") == true)
    #expect(report["Worktrees"].first?.mend == ["git config orchestrator.worktreeDir DIR"])
  }

  @Test func `more agents than there is memory for`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("run.jobs", "1024")
    let (report, _) = try await world.doctor()
    let memory = try #require(report["Memory"].first)
    // 400 GiB are more than test machines have.
    if memory.state == "warning" { #expect(memory.mend.first?.hasPrefix("git config orchestrator.run.jobs ") == true) }
    #expect(memory.message.contains("1024 agents take about 400 GiB"))
  }

  @Test func `a plan that cannot be used`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write("task_config.yaml", "tasks:\n  - id: [\n")
    let (report, status) = try await world.doctor()
    #expect(status == 0)
    #expect(report["Plan"].first?.state == "warning")
    #expect(report["Plan"].first?.message.contains("task_config.yaml:") == true)
  }

  // MARK: - What is left of earlier runs

  @Test func `a run that has ended well leaves nothing`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.doctor().report["Earlier runs"].map(\.line) == ["ok: all done"])
  }

  @Test func `worktrees that were kept, and work that was saved`() async throws {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess(arguments: ["--keep-worktrees"])
    try await world.repository.git("update-ref", "refs/orchestrator/saved/r/a/1", "HEAD")
    let (report, status) = try await world.doctor()
    #expect(status == 0)
    #expect(report["Earlier runs"].map(\.line) == ["warning: 1 worktree is left over"])
    #expect(report["Earlier runs"].first?.mend == ["git orch cleanup --older-than 0h"])
    #expect(
      report["Saved work"].first?.hints.contains(
        "look at the last one: git show -m --first-parent refs/orchestrator/saved/r/a/1") == true)
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func `a run in progress, and what it leaves when it is ended`(signal: Int32) async throws {
    let world = try await OrchWorld.make()
    let mark = world.repository.scratch.path.appending("begun")
    try world.script(
      #"{"a": [[{"touch": "\#(mark)"}, "hang"], [{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#
    )
    try world.plan("a")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      let (report, status) = try await world.doctor()
      #expect(status == 0)
      #expect(report["Earlier runs"].count == 1)
      #expect(report["Earlier runs"].first?.message.contains("is in progress") == true)
      world.send(signal, to: process)
    }
    let (report, _) = try await world.doctor()
    let lines = report["Earlier runs"]
    #expect(lines.first?.mend == ["git orch run --continue"])
    #expect(
      lines.first?.message.hasSuffix("\(signal == SIGKILL ? "died" : "has ended"), and 1 task is not done") == true)
    // The agent of a run that was killed works on.
    #expect(lines.contains { $0.message.hasPrefix("the agent of 'a' is still running") } == (signal == SIGKILL))
    // Its worktree is needed to go on with it.
    #expect(!lines.contains { $0.message.contains("left over") })
    try await world.killAgents()
    #expect(try await world.orch("run", "--continue").status == 0)
    #expect(try world.survivors().isEmpty)
    #expect(try await world.doctor().report["Earlier runs"].map(\.line) == ["ok: all done"])
  }

  // MARK: - Manners

  @Test func `nothing is changed by looking`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      try world.script(RunTests.edits("a"))
      try world.plan("a")
      try await world.expectSuccess(arguments: ["--no-pr", "--keep-worktrees"])
      let refs = try await world.repository.git("for-each-ref")
      let before = try world.files()
      let result = try await world.orch("doctor", "--timeout", "120")
      #expect(result.status == 0, "\(result.output)")
      #expect(try world.files() == before)
      #expect(try await world.repository.git("for-each-ref") == refs)
      #expect(await scene.forge.requests.allSatisfy { $0.method == "GET" })
    }
  }

  @Test(arguments: [["--mcps", ""], ["--timeout", "0"], ["--timeout", "soon"], ["--mcps=,"], ["--fix"], ["todo.md"]])
  func `wrong usage`(arguments: [String]) async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch(["doctor"] + arguments)
    #expect(result.status == 129)
    #expect(result.output.isEmpty)
  }

  @Test func `the help is one screen`() async throws {
    let world = try await OrchWorld.make()
    let result = try await world.orch("doctor", "-h")
    #expect(result.status == 0)
    #expect(result.output.split(separator: "\n", omittingEmptySubsequences: false).count <= 25)
  }
}
