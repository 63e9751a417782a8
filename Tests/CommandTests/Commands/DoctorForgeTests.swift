import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// What `git orch doctor` says of forges and agents, and that it keeps their secrets.
@Suite(.timeLimit(.minutes(5))) struct DoctorForgeTests {
  @Test func `GitHub without gh`() async throws {
    try await ForgeWorld.with { scene in
      let path = try scene.world.path(with: "git", "sh")
      let (report, status) = try await scene.world.doctor(environment: ["PATH": path])
      #expect(status == 1)
      #expect(report["Git provider"].first?.line == "ok: GitHub (github.com detected)")
      #expect(report["gh CLI"].first?.line == "fault: not installed: it is needed to reach GitHub")
      #expect(report["gh CLI"].first?.mend == ["gh auth login -h github.com"])
      #expect(report["gh CLI"].first?.hints == ["install it: https://cli.github.com"])
    }
  }

  @Test func `a login that GitHub does not know, which nobody needs who opens no pull requests`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      let wrong = ["GH_TOKEN": "planted-wrong-token-0123456789"]
      let (report, status) = try await world.doctor(environment: wrong)
      #expect(status == 1)
      #expect(report["gh CLI"].first?.state == "fault")
      #expect(report["Push access"].isEmpty)
      try await world.set("workflow.autoPr", "false")
      let unneeded = try await world.doctor(environment: wrong)
      #expect(unneeded.status == 0)
      #expect(unneeded.report["gh CLI"].first?.state == "warning")
    }
  }

  @Test func `nobody is logged in`() async throws {
    try await ForgeWorld.with { scene in
      let (report, status) = try await scene.world.doctor(environment: ["GH_TOKEN": ""])
      #expect(status == 1)
      #expect(report["gh CLI"].first?.mend == ["gh auth login -h github.com"])
    }
  }

  @Test func `a login that may not push`() async throws {
    try await ForgeWorld.with { scene in
      let token = "token-of-guest-0123456789"
      var guest = FakeForge.User("guest", token: token)
      guest.permission = .read
      await scene.forge.add(guest)
      let (report, status) = try await scene.world.doctor(environment: ["GH_TOKEN": token])
      #expect(status == 1)
      #expect(report["Push access"].first?.line == "fault: 'guest' may not push to acme/widget")
    }
  }

  @Test func `Bitbucket is asked itself`() async throws {
    try await ForgeWorld.with(.bitbucket) { scene in
      let world = scene.world
      let good = try await world.doctor().report
      #expect(good["Git provider"].first?.line == "ok: Bitbucket (bitbucket.org detected)")
      #expect(good["Bitbucket login"].map(\.state) == ["ok"])
      // It does not say what the login may do there, so the remote is asked.
      #expect(good["Push access"].map(\.line) == ["ok: 'origin' lets this login push"])
      // Its server for agents joins in where its variables are set, and is no fault where it is not installed.
      let joined = try await world.doctor(environment: ["BITBUCKET_WORKSPACE": "acme"])
      #expect(joined.report["MCP bitbucket"].map(\.state) == ["warning"])
      #expect(good["MCP bitbucket"].isEmpty)
      let missing = try await world.doctor(environment: ["BITBUCKET_API_TOKEN": ""])
      #expect(missing.status == 1)
      #expect(missing.report["Bitbucket login"].first?.message.contains("BITBUCKET_API_TOKEN is not set") == true)
      let wrong = try await world.doctor(environment: ["BITBUCKET_API_TOKEN": "planted-wrong-token-0123456789"])
      #expect(wrong.status == 1)
      #expect(wrong.report["Bitbucket login"].map(\.state) == ["fault"])
      let gone = try await world.doctor(environment: ["BITBUCKET_API_URL": "http://127.0.0.1:1/2.0"])
      #expect(gone.status == 1)
      #expect(gone.report["Bitbucket login"].first?.message.hasPrefix("cannot reach") == true)
    }
  }

  @Test(arguments: [
    ("https://gitlab.com/acme/widget.git", "GitLab (gitlab.com) is not supported"),
    ("https://git.example.com/acme/widget.git", "'git.example.com' is not a known forge"),
  ])
  func `remotes on no forge of ours`(url: String, words: String) async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "url.\(world.remote).insteadOf", url)
    try await world.repository.git("remote", "set-url", "origin", url)
    let (report, status) = try await world.doctor()
    #expect(status == 0)
    #expect(report["Git provider"].first?.state == "warning")
    #expect(report["Git provider"].first?.message.contains(words) == true)
  }

  @Test func `a forge that gives no answer holds up neither the end nor the other checks`() async throws {
    try await ForgeWorld.with { scene in
      let gate = FakeForge.Gate()
      await scene.forge.fail(.init("GET", "/", times: 100, .hold(gate)))
      let (report, status) = try await scene.world.doctor(timeout: "5")
      await gate.open()
      #expect(status == 0)
      #expect(report["Git provider"].first?.state == "ok")
      #expect(report["gh CLI"].first?.line == "warning: no answer within 5.0 s")
      #expect(report["Settings"].first?.state == "ok")
    }
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func `a signal ends it at once`(signal: Int32, status: Int32) async throws {
    try await ForgeWorld.with { scene in
      let gate = FakeForge.Gate()
      await scene.forge.fail(.init("GET", "/", times: 100, .hold(gate)))
      let result = try await scene.world.gitOrch("doctor", "--timeout", "120") { process in
        try await scene.forge.waitForRequest { $0.method == "GET" }
        scene.world.send(signal, to: process)
      }
      await gate.open()
      #expect(result.status == status)
      #expect(result.output.isEmpty)
    }
  }

  @Test(arguments: ForgeWorld.Kind.allCases)
  func `no secret is printed`(kind: ForgeWorld.Kind) async throws {
    try await ForgeWorld.with(kind) { scene in
      let world = scene.world
      let secrets = ["ANTHROPIC_API_KEY": "planted-key-0123456789", "LINEAR_API_KEY": "planted-linear-0123456789"]
      try await world.repository.git(
        "config", "remote.origin.pushurl", "https://alice:planted-word-0123456789@example.com/acme/widget.git")
      for refuses in [false, true] {
        if refuses {
          await scene.forge.fail(
            .init("GET", "/", times: 100, .answer(.init(401, #"{"message": "Bad \#(ForgeWorld.token)"}"#))))
        }
        for arguments in [[], ["--json"]] {
          let result = try await world.orch(["doctor", "--timeout", "120"] + arguments, environment: secrets)
          let text = result.output + result.errors
          #expect(!text.contains("planted-"))
          #expect(!text.contains(ForgeWorld.token))
          // Bitbucket does not say that the login may push, and the place for that does not answer.
          #expect(result.status == (refuses || kind == .bitbucket ? 1 : 0), "\(text)")
        }
      }
    }
  }

  // MARK: - The agent

  @Test func `an agent that is not there`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("agent.command", "no-such-agent")
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Agent"].first?.line == "fault: 'no-such-agent' not found")
    #expect(report["Agent"].first?.mend == ["npm install -g @anthropic-ai/claude-code"])
    #expect(report["Agent login"].isEmpty)
  }

  @Test(arguments: [
    ("2.1.330", #"{"loggedIn": true, "authMethod": "claude.ai"}"#, "ok: logged in (claude.ai)"),
    ("2.1.330", #"{"loggedIn": false, "authMethod": "none"}"#, "fault: the agent's client is not logged in"),
    ("2.1.330", "words", "warning: cannot tell whether it is logged in"),
    ("2.1.40", #"{"loggedIn": true}"#, "warning: cannot tell whether it is logged in: version 2.1.40 does not say"),
  ])
  func `the agent's login`(version: String, answer: String, line: String) async throws {
    let world = try await OrchWorld.make()
    let asked = world.repository.scratch.path.appending("asked")
    let agent = try world.addProgram(
      "claude",
      """
      test "$1" = --version && echo "\(version) (Claude Code)" && exit
      echo "$*" >>\(asked)
      echo '\(answer)'
      """)
    try await world.set("agent.command", agent.string)
    let (report, status) = try await world.doctor()
    #expect(report["Agent login"].first?.line.hasPrefix(line) == true)
    #expect(status == (line.hasPrefix("fault") ? 1 : 0))
    // An older client would take the question for a prompt, and have it cost something.
    let questions = try? world.repository.read("asked", in: world.repository.scratch.path)
    #expect(questions == (version == "2.1.40" ? nil : "auth status\n"))
  }

  @Test(
    arguments: [
      (
        #"{"type":"system","subtype":"init","tools":["Bash","TeaTime","mcp__x__y"]}"#,
        "warning: claude 9.0.1 has tools that agents do not get, unknown to git-orch: TeaTime"
      ),
      (#"{"type":"system","subtype":"init","tools":["Bash"]}"#, nil),
      ("words", "warning: claude 9.0.1 is newer than the list of its tools, which is from 2.1.330"),
    ] as [(String, String?)])
  func `tools of an agent newer than we are`(answer: String, line: String?) async throws {
    let world = try await OrchWorld.make()
    let asked = world.repository.scratch.path.appending("asked")
    let agent = try world.addProgram(
      "claude",
      """
      test "$1" = --version && echo "9.0.1 (Claude Code)" && exit
      test "$1" = -p && env >>\(asked)
      echo '\(answer)'
      """)
    try await world.set("agent.command", agent.string)
    let (report, _) = try await world.doctor()
    #expect(report["Agent tools"].map(\.line) == (line.map { [$0] } ?? []))
    // Nothing by which it could make a request that costs something.
    let variables = try world.repository.read("asked", in: world.repository.scratch.path)
    #expect(!variables.contains("ANTHROPIC_API_KEY"))
    #expect(variables.contains("ANTHROPIC_BASE_URL=http://127.0.0.1:9\n"))
  }

  @Test func `a login that the agent keeps is seen, and not asked for`() async throws {
    let world = try await OrchWorld.make()
    let home = try #require(world.environment["HOME"])
    try world.repository.write(".claude/.credentials.json", #"{"planted": "planted-0123"}"#, in: FilePath(home))
    let result = try await world.orch("doctor", "--timeout", "120")
    #expect(result.output.contains("✓ Agent login: logged in\n"))
    #expect(!result.output.contains("planted"))
  }

  @Test func `an agent that says nothing`() async throws {
    let world = try await OrchWorld.make()
    let agent = try world.addProgram("claude", "trap '' TERM; sleep 600")
    try await world.set("agent.command", agent.string)
    let (report, status) = try await world.doctor(timeout: "0.5")
    #expect(status == 0)
    #expect(report["Agent"].first?.line == "warning: no answer within 0.5 s")
    #expect(try world.survivors().isEmpty)
  }

  @Test func `permissions that root may not have, and such as change nothing`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("tools.skipPermissions", "true")
    let skipping = try await world.doctor()
    #expect(skipping.report["Permissions"].first?.state == (geteuid() == 0 ? "fault" : "warning"))
    #expect(skipping.report["Permissions"].first?.mend == ["git config orchestrator.tools.skipPermissions false"])
    let sandbox = try await world.doctor(environment: ["IS_SANDBOX": "1"])
    #expect(sandbox.report["Permissions"].first?.state == "warning")
    try await world.set("tools.skipPermissions", "false")
    // The mode does the same, for reviewers alone as well.
    for key in ["tools.permissionMode", "review.tools.permissionMode"] {
      try await world.set(key, "bypassPermissions")
      let report = try await world.doctor().report
      #expect(report["Permissions"].first?.state == (geteuid() == 0 ? "fault" : "warning"))
      #expect(report["Permissions"].first?.mend == ["git config orchestrator.\(key) acceptEdits"])
      try await world.set(key, "acceptEdits")
    }
    try await world.set("tools.permissionMode", "plan")
    #expect(try await world.doctor().report["Permissions"].first?.state == "warning")
  }

  @Test func `the servers that are enabled, or those that are named`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("mcps.enabled", "probe")
    try await world.set("mcp.probe.command", "true")
    try await world.repository.git("config", "orchestrator.mcp.probe.env", "PROBE_KEY")
    let missing = try await world.doctor()
    #expect(missing.status == 1)
    #expect(missing.report["MCP probe"].first?.message.contains("PROBE_KEY") == true)
    let good = try await world.orch("doctor", "--timeout", "120", environment: ["PROBE_KEY": "planted-0123456789"])
    #expect(good.status == 0, "\(good.output)")
    #expect(good.output.contains("✓ MCP probe: configured\n"))
    #expect(!good.output.contains("planted"))
    let named = try await world.doctor("--mcps", "linear, nonesuch")
    #expect(named.status == 1)
    #expect(named.report.checks.map(\.name).filter { $0.hasPrefix("MCP ") } == ["MCP linear", "MCP nonesuch"])
    #expect(named.report["MCP linear"].first?.mend.isEmpty == false)
  }

  @Test func `what others committed waits for trust`() async throws {
    let world = try await OrchWorld.make()
    try world.repository.write(
      ".claude-orchestrator.yaml", "agent:\n  command: ./evil\nproject:\n  test_command: make test\n")
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Trust"].first?.message.contains("orchestrator.project.testCommand = make test") == true)
    #expect(report["Trust"].first?.mend == ["git orch config --trust"])
    // It has no effect meanwhile.
    #expect(report["Test command"].first?.state == "warning")
  }
}
