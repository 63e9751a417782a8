import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Runs whose tasks are done by an agent that speaks the Agent Client Protocol.
@Suite(.timeLimit(.minutes(5))) struct ACPAgentTests {
  /// A stand-in for such an agent, as far as it is asked: what it does for a prompt is in `acp.sh`, which may ask for leave
  /// with `ask COMMAND` and runs what it got leave for. What it hears is in `acp-heard.txt`.
  private static let agent = """
    #!/bin/sh
    home='SCRATCH'
    say() { printf '%s\\n' "$1"; }
    field() { printf '%s\\n' "$line" | sed -n 's/.*"'"$1"'":"\\{0,1\\}\\([^",}]*\\).*/\\1/p'; }
    ask() {
      say '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":"t","kind":"execute","title":"run","rawInput":{"command":"'"$1"'"}}}}'
      say '{"jsonrpc":"2.0","id":"q","method":"session/request_permission","params":{"options":[{"optionId":"allow","kind":"allow_once","name":"Yes"},{"optionId":"reject","kind":"reject_once","name":"No"}],"toolCall":{"toolCallId":"t","kind":"execute","rawInput":{"command":"'"$1"'"}}}}'
      read -r line
      printf '%s\\n' "$line" >>"$home/acp-heard.txt"
      case $line in *'"optionId":"allow"'*) eval "$1" ;; esac
    }
    while read -r line; do
      printf '%s\\n' "$line" >>"$home/acp-heard.txt"
      case $line in
      *'"method":"initialize"'*)
        say '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{"loadSession":true}}}' ;;
      *'"method":"session/new"'*) say '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"acp-1"}}' ;;
      *'"method":"session/load"'*) say '{"jsonrpc":"2.0","id":2,"result":null}' ;;
      *'"method":"session/prompt"'*)
        attempt=$(($(cat "$home/acp-count" 2>/dev/null || echo 0) + 1))
        echo $attempt >"$home/acp-count"
        say '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"I begin."}}}}'
        . "$home/acp.sh"
        say '{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}' ;;
      *'"method":"session/cancel"'*) say '{"jsonrpc":"2.0","id":3,"result":{"stopReason":"cancelled"}}' ;;
      esac
    done
    """

  private func make(_ script: String) async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    try world.repository.write("acp-agent", Self.agent.replacing("SCRATCH", with: scratch.string), in: scratch)
    try world.repository.write("acp.sh", script, in: scratch)
    try await world.set("agents.mine.kind", "acp")
    try await world.set("agents.mine.command", "exec sh '\(scratch)/acp-agent'")
    try world.repository.write("task_config.yaml", "tasks:\n  - id: a\n    title: \"feat: a\"\n    agent: mine\n")
    return world
  }

  private func heard(_ world: OrchWorld) throws -> String {
    try String(contentsOfFile: "\(world.repository.scratch.path)/acp-heard.txt", encoding: .utf8)
  }

  @Test func `it works, asks for leave, and gets what the settings allow`() async throws {
    let world = try await make(
      """
      echo a >a.txt
      ask 'touch outside'
      ask 'git add a.txt'
      ask 'git commit -qm feat:a'

      """)
    let result = try await world.gitOrch("run")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.statuses() == ["a": "success"])
    let tip = try #require(try await world.remoteTip("feature/a"))
    #expect(try await world.repository.git("ls-tree", "--name-only", tip).contains("a.txt"))
    #expect(result.output.contains("touch outside"), "the refusal is not told: \(result.output)")
    let log = try await world.orch("log", "a").output
    #expect(log.contains("I begin.") && log.contains("git commit -qm feat:a"), "\(log)")
    #expect(try heard(world).contains("feat: a"))
  }

  @Test func `its conversation is taken up when the work is not done`() async throws {
    let world = try await make(
      "[ $attempt -eq 1 ] && echo a >a.txt\n[ $attempt -eq 2 ] && git add a.txt && git commit -qm 'feat: a'\n")
    let result = try await world.gitOrch("run")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try heard(world).contains(#""method":"session/load""#))
    #expect(try world.journal().filter { $0.type == "attempt-starting" }.count == 2)
  }

  @Test func `one that hangs is told to end, and is ended`() async throws {
    let world = try await make("sleep 600\n")
    try await world.set("agent.inactivityTimeout", "2s")
    try await world.set("agent.maxRetries", "0")
    let result = try await world.gitOrch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "timeout"], "\(result.errors)")
    // There is no client of its own to attach to.
    #expect(!result.output.contains("git orch attach"), "\(result.output)")
    #expect(try world.survivors().isEmpty)
  }

  @Test func `a run that was killed is taken up with the conversation`() async throws {
    let world = try await make(
      "[ $attempt -eq 1 ] && { touch \"$home/begun\"; sleep 600; }\necho a >a.txt; git add a.txt; git commit -qm 'feat: a'\n"
    )
    try await world.gitOrch("run") { process in
      try await world.wait(for: world.repository.scratch.path.appending("begun"))
      world.send(SIGKILL, to: process)
    }
    try await world.killAgents()
    let result = try await world.gitOrch("run", "--continue")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try heard(world).contains(#""sessionId":"acp-1""#) && heard(world).contains("session/load"))
    #expect(try await world.statuses() == ["a": "success"])
  }
}
