import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Runs whose tasks are done by other agents than the usual one.
@Suite(.timeLimit(.minutes(5))) struct AgentChoiceTests {
  /// A stand-in for Codex, as far as it is asked: it prints the client's events, and does what `codex.sh` says, once for
  /// each attempt; its arguments are in `codex-<attempt>.txt`, the prompt in `codex-<attempt>.md`.
  private static let codex = """
    #!/bin/sh
    home='SCRATCH'
    case "$1 $2" in
    '--version ') echo 'codex-cli 0.163.0'; exit 0 ;;
    'mcp list') echo '[]'; exit 0 ;;
    'login status') echo 'Logged in using ChatGPT' >&2; exit 0 ;;
    esac
    number=$(($(cat "$home/codex-count" 2>/dev/null || echo 0) + 1))
    echo $number >"$home/codex-count"
    printf '%s\\n' "$@" >"$home/codex-$number.txt"
    cat >"$home/codex-$number.md"
    echo '{"type":"thread.started","thread_id":"thread-1"}'
    echo '{"type":"turn.started"}'
    attempt=$number
    . "$home/codex.sh"
    echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"Done."}}'
    echo '{"type":"turn.completed","usage":{"input_tokens":'$((number * 100))',"output_tokens":'$((number * 10))'}}'
    """

  private func make() async throws -> OrchWorld {
    var world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    try world.repository.write(
      "bin/codex", Self.codex.replacing("SCRATCH", with: scratch.string), in: scratch)
    let program = scratch.appending("bin/codex").string
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    world.environment["PATH"] = "\(scratch)/bin:\(world.environment["PATH"] ?? "")"
    return world
  }

  private func does(_ world: OrchWorld, _ script: String) throws {
    try world.repository.write("codex.sh", script, in: world.repository.scratch.path)
  }

  private func text(_ world: OrchWorld, _ name: String) throws -> String {
    try String(contentsOfFile: "\(world.repository.scratch.path)/\(name)", encoding: .utf8)
  }

  private func plan(_ world: OrchWorld, _ tasks: (id: String, agent: String?)...) throws {
    let entries = tasks.map {
      "  - id: \($0.id)\n    title: \"feat: \($0.id)\"\n" + ($0.agent.map { "    agent: \($0)\n" } ?? "")
    }
    try world.repository.write("task_config.yaml", "tasks:\n" + entries.joined())
  }

  private func agents(_ world: OrchWorld) throws -> [String: [String: Any]] {
    try world.journal().reduce(into: [:]) { agents, event in
      guard event.type == "attempt-starting", let task = event.fields["task"] as? String else { return }
      agents[task] = event.fields["agent"] as? [String: Any]
    }
  }

  @Test func `each task is done by the agent that it names`() async throws {
    let world = try await make()
    try plan(world, ("a", nil), ("b", "codex"), ("c", "tool"))
    try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}]]}"#)
    try does(world, "echo b >b.txt && git add b.txt && git commit -qm 'feat: b'")
    try await world.set("agents.tool.kind", "command")
    try await world.set(
      "agents.tool.command",
      "cp {prompt} \(world.repository.scratch.path)/tool.md && echo c >c.txt && git add c.txt && "
        + "git commit -qm 'feat: c' && echo finished")

    let result = try await world.orch("run")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success", "b": "success", "c": "success"])
    let agents = try agents(world)
    #expect(agents.mapValues { $0["kind"] as? String } == ["a": "claude", "b": "codex", "c": "command"])
    #expect(agents["c"]?["name"] as? String == "tool" && agents["b"]?["version"] as? String == "0.163.0")
    #expect(try text(world, "tool.md").contains("feat: c"))
    #expect(try text(world, "codex-1.md").contains("feat: b"))
    for name in ["a", "b", "c"] {
      let tip = try #require(try await world.remoteTip("feature/\(name)"))
      #expect(try await world.repository.git("ls-tree", "--name-only", tip).contains("\(name).txt"))
    }
    #expect(try await world.orch("log", "c").output.contains("finished"))
  }

  @Test func `work that is not done goes back to the conversation, under the id that the client chose`() async throws {
    let world = try await make()
    try plan(world, ("a", nil))
    try does(
      world, "[ $attempt -eq 1 ] && echo a >a.txt\n[ $attempt -eq 2 ] && git add a.txt && git commit -qm 'feat: a'\n")

    let result = try await world.orch("run", "--agent", "codex")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    let arguments = try text(world, "codex-2.txt").split(separator: "\n")
    #expect(arguments.prefix(3) == ["exec", "resume", "thread-1"])
    // The client counts on: 100 and 10, then 200 and 20 in all.
    let ends = try world.journal().filter { $0.type == "attempt-ended" }.compactMap {
      $0.fields["result"] as? [String: Any]
    }
    #expect(ends.compactMap { $0["inputTokens"] as? Int } == [100, 100])
    #expect(ends.compactMap { $0["outputTokens"] as? Int } == [10, 10])
  }

  @Test func `a run that was killed goes on with the agent that it was begun with`() async throws {
    let world = try await make()
    let scratch = world.repository.scratch.path
    try plan(world, ("a", nil))
    try does(
      world,
      "[ $attempt -eq 1 ] && touch '\(scratch)/begun' && exec sleep 600\necho a >a.txt; git add a.txt; "
        + "git commit -qm 'feat: a'\n")
    try await world.gitOrch("run", "--agent", "codex") { process in
      try await world.wait(for: scratch.appending("begun"))
      world.send(SIGKILL, to: process)
    }
    try await world.killAgents()

    let result = try await world.orch("run", "--continue")

    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try text(world, "codex-2.txt").split(separator: "\n").prefix(3) == ["exec", "resume", "thread-1"])
    #expect(try await world.statuses() == ["a": "success"])
  }

  @Test func `an agent that nobody knows is refused before anything is done`() async throws {
    let world = try await make()
    try plan(world, ("a", "codxe"))
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(result.errors == "fatal: there is no agent 'codxe'; did you mean 'codex'?\n", "\(result.errors)")
    #expect(try await world.repository.git("for-each-ref", "refs/heads/feature") == "")
  }

  @Test func `what an agent cannot do is said before a run`() async throws {
    let world = try await make()
    try plan(world, ("a", "codex"))
    try await world.set("agent.maxTurns", "9")
    try await world.set("run.maxBudgetUsd", "5")
    try await world.set("tools.allowedCli", "npm")
    let result = try await world.orch("run", "--dry-run")
    #expect(result.status == 0, "\(result.errors)")
    for words in [
      "Agent codex 0.163.0: a", "codex does not tell what it costs", "codex knows no limit of turns",
      "codex is held by its own sandbox",
    ] {
      #expect(result.output.contains(words), "\(result.output)")
    }
  }

  @Test func `who gives no verdict cannot review`() async throws {
    let world = try await make()
    try plan(world, ("a", nil))
    try await world.set("agents.tool.kind", "command")
    try await world.set("agents.tool.command", "true")
    try await world.set("review.agent", "tool")
    let result = try await world.orch("run", "--with-review")
    #expect(result.status == 128)
    #expect(result.errors.contains("the agent 'tool' cannot review pull requests"), "\(result.errors)")
  }
}
