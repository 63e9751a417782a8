import Basics
import Foundation
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct TrustTests {
  private static func team(_ yaml: String, in folder: ConfiguredFolder) throws {
    try folder.write(yaml, to: folder.repository.appending(SettingsFile.teamName))
  }

  private static func accept(_ values: [UntrustedValue], in folder: ConfiguredFolder) async throws {
    try await Trust.accept(values, in: folder.repository, environment: folder.environment)
  }

  // MARK: Layers

  @Test func `later layers win, the files between global and local`() async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("config", "--global", "orchestrator.run.jobs", "1")
      #expect(try await folder.settings()[.runJobs] == 1)
      let user = folder.path.appending("home/.config/claude-orchestrator")
      try FileManager.default.createDirectory(atPath: user.string, withIntermediateDirectories: true)
      try folder.write("run: {jobs: 2}\nagent: {model: opus}\n", to: user.appending("config.yaml"))
      #expect(try await folder.settings()[.runJobs] == 2)
      try Self.team("run: {jobs: 3}\n", in: folder)
      let settings = try await folder.settings()
      #expect(settings[.runJobs] == 3)
      #expect(settings.origin(of: .runJobs).description == ".claude-orchestrator.yaml:1")
      #expect(settings.origin(of: .agentModel).description == "\(user.appending("config.yaml")):2")
      try await folder.git("config", "orchestrator.run.jobs", "4")
      #expect(try await folder.settings()[.runJobs] == 4)
      let command = ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "orchestrator.run.jobs", "GIT_CONFIG_VALUE_0": "5"]
      #expect(try await folder.settings(adding: command)[.runJobs] == 5)
      #expect(settings.warnings.isEmpty)
    }
  }

  @Test(arguments: [
    (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], "/x/claude-orchestrator/config.yaml"),
    (["XDG_CONFIG_HOME": "relative", "HOME": "/h"], "/h/.config/claude-orchestrator/config.yaml"),
    (["HOME": "/h"], "/h/.config/claude-orchestrator/config.yaml"), ([:], nil as String?),
  ])
  func `the user's file lies where XDG says`(environment: [String: String], path: String?) {
    #expect(SettingsFile.userPath(environment: environment)?.string == path)
  }

  @Test func `the user's own file needs no trust`() async throws {
    try await ConfiguredFolder.with { folder in
      let user = folder.path.appending("xdg/claude-orchestrator")
      try FileManager.default.createDirectory(atPath: user.string, withIntermediateDirectories: true)
      try folder.write("agent: {command: mine}\n", to: user.appending("config.yaml"))
      let settings = try await folder.settings(adding: ["XDG_CONFIG_HOME": folder.path.appending("xdg").string])
      #expect(settings[.agentCommand] == "mine")
      #expect(settings.pendingTrust.isEmpty)
    }
  }

  // MARK: Trust

  /// One value for each key that needs trust, other than its default.
  private static let dangerous: [(name: String, yaml: String)] = SettingsTable.all.filter(\.needsTrust).map { row in
    let value =
      switch row.name {
      case "worktreeDir": "/elsewhere"
      case "slurm.options": "--qos=evil"
      default: row.allowedValues?.first { $0 != row.defaultText } ?? "evil"
      }
    return (row.name, row.name.split(separator: ".").reversed().reduce(value) { "{\($1): \($0)}" })
  }

  @Test(arguments: dangerous)
  func `a dangerous value has no effect before it is trusted, and has afterwards`(
    name: String, yaml: String
  ) async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team(yaml, in: folder)
      let before = try await folder.settings()
      #expect(before.pendingTrust.map(\.name) == ["orchestrator.\(name)"])
      #expect(before.pendingTrust.map(\.place) == [".claude-orchestrator.yaml:1"])
      #expect(!before.listing.entries.contains { $0.scope == .team })
      try await Self.accept(before.pendingTrust, in: folder)
      let after = try await folder.settings()
      #expect(after.pendingTrust.isEmpty)
      #expect(after.listing.entries.contains { $0.scope == .team })
      #expect(after.warnings.isEmpty)
    }
  }

  @Test func `harmless values take effect at once, next to those that wait`() async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("run: {jobs: 7}\nagent:\n  command: ./evil\n  model: opus\n", in: folder)
      let settings = try await folder.settings()
      #expect(settings[.runJobs] == 7)
      #expect(settings[.agentModel] == "opus")
      #expect(settings[.agentCommand] == nil)
      #expect(
        settings.pendingTrust.map(\.line) == ["orchestrator.agent.command = ./evil (.claude-orchestrator.yaml:3)"])
    }
  }

  @Test func `what is trusted is exactly those values`() async throws {
    try await ConfiguredFolder.with { folder in
      let trusted = "agent: {command: a}\ntools: {allowed_cli: [gh, az]}\n"
      try Self.team(trusted, in: folder)
      try await Self.accept(try await folder.settings().pendingTrust, in: folder)
      for changed in [
        "agent: {command: b}\ntools: {allowed_cli: [gh, az]}\n", "agent: {command: a}\ntools: {allowed_cli: [gh]}\n",
        "agent: {command: a}\n", trusted + "worktree: {setup: evil}\n",
      ] {
        try Self.team(changed, in: folder)
        let settings = try await folder.settings()
        #expect(!settings.pendingTrust.isEmpty, "\(changed)")
        #expect(settings[.agentCommand] == nil)
      }
      // Other lines, another order and harmless values are no change.
      try Self.team("# x\nrun: {jobs: 2}\ntools:\n  allowedCli: [gh, az]\nagent: {command: a}\n", in: folder)
      #expect(try await folder.settings()[.agentCommand] == "a")
    }
  }

  @Test func `trusting twice leaves one line, and several files can be trusted`() async throws {
    try await ConfiguredFolder.with { folder in
      let values = ["a", "b"].map { [UntrustedValue(name: "n", values: [$0], place: "f:1")] }
      for _ in 1...2 { for value in values { try await Self.accept(value, in: folder) } }
      #expect(try await folder.settings()[.trust] == values.map { Trust.record(for: $0) })
    }
  }

  @Test(arguments: ["global", "user", "team", "command"])
  func `only the repository's own configuration can say what is trusted`(layer: String) async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("agent: {command: ./evil}\n", in: folder)
      let record = Trust.record(for: try await folder.settings().pendingTrust)
      var variables: [String: String] = [:]
      switch layer {
      case "global": try await folder.git("config", "--global", "orchestrator.trust", record)
      case "command":
        variables = [
          "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "orchestrator.trust", "GIT_CONFIG_VALUE_0": record,
        ]
      case "user":
        let user = folder.path.appending("home/.config/claude-orchestrator")
        try FileManager.default.createDirectory(atPath: user.string, withIntermediateDirectories: true)
        try folder.write("trust: \(record)\n", to: user.appending("config.yaml"))
      default: try Self.team("agent: {command: ./evil}\ntrust: \(record)\n", in: folder)
      }
      let settings = try await folder.settings(adding: variables)
      #expect(settings[.agentCommand] == nil)
      #expect(settings[.trust] == [])
      #expect(settings.pendingTrust.count == 1)
      #expect(settings.warnings.count == 1)
    }
  }

  @Test func `a value that changes nothing asks for nothing`() async throws {
    try await ConfiguredFolder.with { folder in
      // The defaults, as the other tool writes them.
      try Self.team(
        """
        git: {provider: auto}
        worktree_dir: ../worktrees
        workflow: {mode: review, auto_approve: false}
        tools: {permission_mode: acceptEdits, skip_permissions: false, allowed_cli: []}
        review: {automerge: false}
        """, in: folder)
      #expect(try await folder.settings().pendingTrust == [])
      // Overridden from nearer.
      try Self.team("agent: {command: ./evil}\ntools: {allowed_cli: [sh]}\n", in: folder)
      try await folder.git("config", "orchestrator.agent.command", "mine")
      #expect(try await folder.settings().pendingTrust.map(\.name) == ["orchestrator.tools.allowedCli"])
      try await folder.git("config", "orchestrator.tools.allowedCli", "")
      let settings = try await folder.settings()
      #expect(settings.pendingTrust == [])
      #expect(settings[.agentCommand] == "mine")
      #expect(settings[.toolsAllowedCli] == [])
      // No longer overridden: what was not shown is not trusted.
      try await folder.git("config", "--unset", "orchestrator.agent.command")
      #expect(try await folder.settings().pendingTrust.map(\.name) == ["orchestrator.agent.command"])
    }
  }

  @Test func `overriding one value for once does not bring back the question about the others`() async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("agent: {command: ./theirs}\ntools: {allowed_cli: [gh]}\n", in: folder)
      try await Self.accept(try await folder.settings().pendingTrust, in: folder)
      let settings = try await folder.settings(adding: [
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "orchestrator.agent.command", "GIT_CONFIG_VALUE_0": "mine",
      ])
      #expect(settings.pendingTrust == [])
      #expect(settings[.toolsAllowedCli] == ["gh"])
    }
  }

  @Test(arguments: [
    ("../worktrees", true), ("../elsewhere/deep", true), (".worktrees", true), ("../../out", false), ("/tmp", false),
    ("~/x", false), ("a/../../..", false), (".git/x", false), ("../.config/x", false), ("../../app", false),
    ("link/x", false), ("link", false), ("../.config", false), ("../a/.b/c", false), ("../link/x", false),
    (".github/x", false), ("../other", false), ("../other/x", false), ("../bare/x", false), ("a/b", true),
  ])
  func `worktrees may stay next to the repository without trust`(value: String, isFree: Bool) async throws {
    try await ConfiguredFolder.with { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder.repository.appending("link").string, withDestinationPath: "/usr")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path.appending("link").string, withDestinationPath: folder.path.appending("trees").string)
      try await folder.git("init", "-q", folder.path.appending("other").string)
      try await folder.git("init", "-q", "--bare", folder.path.appending("bare").string)
      try Self.team("worktree_dir: \(value)\n", in: folder)
      #expect(try await folder.settings(adding: ["HOME": "/nowhere"]).pendingTrust.isEmpty == isFree)
    }
  }

  @Test(arguments: [
    ("[.env]", true), ("[]", true), ("[.env, .env]", true), ("[.env, .aws/credentials]", false), ("['*']", false),
  ])
  func `no more than .env is copied without trust`(value: String, isFree: Bool) async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("worktree: {copy: \(value)}\n", in: folder)
      let settings = try await folder.settings()
      #expect(settings.pendingTrust.isEmpty == isFree)
      if !isFree { #expect(settings[.worktreeCopy] == [".env"]) }
    }
  }

  @Test func `a file outside the repository is shown with where it leads, and trusted only as that`() async throws {
    try await ConfiguredFolder.with { folder in
      let link = folder.repository.appending("notes.md")
      try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "/etc/hostname")
      try Self.team("project: {agent_instructions: '@notes.md', key_files: [notes.md, a.md]}\n", in: folder)
      let pending = try await folder.settings().pendingTrust
      #expect(pending.map(\.name) == ["orchestrator.project.agentInstructions", "orchestrator.project.keyFiles"])
      #expect(pending.map(\.destination) == ["/etc/hostname", "/etc/hostname"])
      #expect(try await folder.settings()[.projectKeyFiles] == ["a.md"])
      try await Self.accept(pending, in: folder)
      #expect(try await folder.settings().pendingTrust.isEmpty)
      try FileManager.default.removeItem(atPath: link.string)
      try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "/etc/passwd")
      #expect(try await folder.settings().pendingTrust.count == 2)
    }
  }

  @Test func `an MCP server of the team's needs trust`() async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("mcps: {custom: [{name: x, command: ./evil}]}\n", in: folder)
      let settings = try await folder.settings()
      #expect(settings.pendingTrust.map(\.name) == ["orchestrator.mcp.x.command"])
      #expect(!settings.listing.entries.contains { $0.scope == .team })
    }
  }

  @Test func `a bad value is an error although it is not trusted`() async throws {
    try await ConfiguredFolder.with { folder in
      try Self.team("tools: {permission_mode: everything}\n", in: folder)
      let error = await #expect(throws: SettingsError.self) { try await folder.settings() }
      #expect(error?.description.contains("in .claude-orchestrator.yaml:1: it must be one of") == true)
    }
  }

  // MARK: Records

  @Test func `a record is the same for the same values in any order, and for no others`() {
    let one = UntrustedValue(name: "a", values: ["b"], place: "f:1")
    let two = UntrustedValue(name: "c", values: ["d", "e"], place: "f:2")
    #expect(Trust.record(for: [one, two]) == Trust.record(for: [two, one]))
    let moved = UntrustedValue(name: "a", values: ["b"], place: "g:9")
    #expect(Trust.record(for: [one]) == Trust.record(for: [moved]))
    let different = [
      [one], [two], [one, two], [UntrustedValue(name: "a", values: ["b", ""], place: "")],
      [UntrustedValue(name: "ab", values: [""], place: "")], [UntrustedValue(name: "a", values: [], place: "")],
      [UntrustedValue(name: "a", values: [], place: "", destination: "b")],
      [UntrustedValue(name: "c", values: ["d, e"], place: "")],
    ]
    #expect(Set(different.map { Trust.record(for: $0) } + [Trust.record(for: [one], source: .plan)]).count == 9)
  }

  @Test func `a value is shown whole and on one line`() {
    let value = UntrustedValue(
      name: "orchestrator.worktree.setup", values: [String(repeating: "x", count: 500) + "\n\u{1B}[2Jrm"], place: "f:1")
    #expect(value.line.hasSuffix("xxx^J^[[2Jrm (f:1)"))
    #expect(value.line.count > 500)
  }

  @Test func `trust that cannot be written is an error in git's words`() async throws {
    try await ConfiguredFolder.with { folder in
      try folder.write("", to: folder.repository.appending(".git/config.lock"))
      let error = await #expect(throws: SettingsError.self) {
        try await Self.accept([UntrustedValue(name: "a", values: ["b"], place: "")], in: folder)
      }
      #expect(error?.description.contains("could not lock config file") == true)
    }
  }

  /// FIPS 180-4's examples, and the lengths around a block.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (String(repeating: "a", count: 10_000), "27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711"),
    (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
    (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
  ])
  func `the hash is SHA-256`(text: String, digest: String) {
    #expect(SHA256.hex(text.utf8) == digest)
  }
}
