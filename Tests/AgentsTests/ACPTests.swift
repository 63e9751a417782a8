import Agents
import Basics
import Foundation
import Processes
import SystemPackage
import Testing

@testable import ACP

@Suite(.timeLimit(.minutes(2))) struct ACPTests {
  private static let permissions = ACPPermissions(
    ToolPermissions(allowedCLI: ["npm"], disallowedTools: ["Bash(npm publish:*)"], testCommand: "make test"),
    worktree: "/trees/a")

  private func conversation(session: String? = nil, _ permissions: ACPPermissions = Self.permissions) -> ACPConversation
  {
    ACPConversation(prompt: "Do it.", session: session, directory: "/trees/a", permissions: permissions)
  }

  private func hear(_ talk: inout ACPConversation, _ text: String) -> [JSON] {
    Array(text.utf8).withUnsafeBytes { talk.hear($0) }
  }

  @Test func `a conversation is opened, led and ended`() {
    var talk = conversation()
    #expect(talk.begin().first?["method"] == "initialize")
    let opened = hear(&talk, #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}"#)
    #expect(opened.first?["method"] == "session/new" && opened.first?["params"]?["cwd"] == "/trees/a")
    let prompted = hear(&talk, #"{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s1"}}"#)
    #expect(prompted.first?["method"] == "session/prompt" && prompted.first?["params"]?["sessionId"] == "s1")
    #expect(talk.cancel().first?["method"] == "session/cancel")
    #expect(hear(&talk, #"{"jsonrpc":"2.0","method":"session/update","params":{}}"#) == [])
    #expect(!talk.isOver)
    #expect(hear(&talk, #"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}"#) == [])
    #expect(talk.isOver && talk.cancel() == [])
  }

  @Test func `MCP servers are named with their variables, and those left out are told`() throws {
    let servers = ACPServers([
      AgentMCPServer(
        name: "jira", transport: .program("/bin/jira", arguments: ["-k"], environment: ["TOKEN": "${KEY}"]),
        variables: ["KEY": "s3cret"]),
      AgentMCPServer(name: "web", transport: .remote(type: "http", url: "https://x", headers: ["A": "${H}"])),
      AgentMCPServer(name: "old", transport: .remote(type: "sse", url: "https://y", headers: [:])),
    ])
    #expect(ACPServers(parsing: servers.text) == servers)
    #expect(ACPServers(parsing: "{}") == nil)
    var talk = ACPConversation(
      prompt: "Do it.", session: nil, directory: "/trees/a", permissions: Self.permissions, servers: servers)
    let said = hear(
      &talk, #"{"jsonrpc":"2.0","id":1,"result":{"agentCapabilities":{"mcpCapabilities":{"http":true,"sse":false}}}}"#)
    #expect(said.map { $0["method"]?.string } == ["git-orch/server-left-out", "session/new"])
    #expect(said.first?["params"]?["name"] == "old")
    let open = try #require(said.last)
    let given = open["params"]?["mcpServers"]?.elements ?? []
    #expect(given.compactMap { $0["name"]?.string } == ["jira", "web"])
    #expect(given.first?["env"] == [["name": "TOKEN", "value": "${KEY}"]])
    // Values are put in on the way to the agent alone.
    let filled = ACPServers.filled(open, by: ["KEY": "s3cret"])
    #expect(filled["params"]?["mcpServers"]?.elements.first?["env"] == [["name": "TOKEN", "value": "s3cret"]])
    #expect(filled["params"]?["cwd"] == "/trees/a")
    var reader = ACPStreamReader(model: nil)
    var start: SessionStart?
    for message in [
      JSON.object(["from": "client", "message": said[0]]), ["jsonrpc": "2.0", "id": 2, "result": ["sessionId": "s"]],
    ] {
      _ = Array(message.text.utf8).withUnsafeBytes { line in
        reader.read(line: line) { if case .initialised(let found) = $0 { start = found } }
      }
    }
    #expect(start?.mcpServers.map(\.name) == ["old"] && start?.mcpServers.first?.status == "failed")
  }

  @Test func `tools of MCP servers are allowed by their rules`() {
    let permissions = ACPPermissions(
      ToolPermissions(allowedTools: ["mcp__jira"], disallowedTools: ["mcp__jira__delete"]), worktree: "/trees/a")
    func allows(_ title: String) -> Bool { permissions.allows(kind: "other", command: nil, paths: [], title: title) }
    #expect(allows("mcp__jira__read") && allows("mcp__jira__read (issue 7)"))
    #expect(!allows("mcp__jira__delete") && !allows("mcp__web__read") && !allows("jira"))
  }

  @Test func `a conversation is taken up where that can be, and is else lost`() {
    var able = conversation(session: "s1")
    let loaded = hear(&able, #"{"jsonrpc":"2.0","id":1,"result":{"agentCapabilities":{"loadSession":true}}}"#)
    #expect(loaded.first?["method"] == "session/load" && loaded.first?["params"]?["sessionId"] == "s1")
    // Its answer names no session.
    #expect(hear(&able, #"{"jsonrpc":"2.0","id":2,"result":null}"#).first?["params"]?["sessionId"] == "s1")
    var unable = conversation(session: "s1")
    #expect(hear(&unable, #"{"jsonrpc":"2.0","id":1,"result":{}}"#).first?["method"] == "git-orch/session-lost")
    #expect(unable.isOver)
  }

  @Test(arguments: [
    "hello", "{", #"{"from":"client","message":{"jsonrpc":"2.0","id":1}}"#, #"{"jsonrpc":"2.0","id":9,"result":{}}"#,
  ])
  func `what is no answer is heard and ignored`(line: String) {
    var talk = conversation()
    #expect(hear(&talk, line) == [])
    #expect(!talk.isOver)
  }

  @Test(
    arguments: [
      ("execute", "make test", [], true), ("execute", "git add a && git commit -m 'feat: a'", [], true),
      ("execute", "npm run x", [], true), ("execute", "npm publish", [], false),
      ("execute", "curl http://x", [], false),
      ("execute", "make test; curl x", [], false), ("execute", "npm run $(curl x)", [], false),
      ("execute", "git push", [], false), ("execute", nil, [], false),
      ("edit", nil, ["/trees/a/b.txt"], true), ("edit", nil, ["b.txt"], true), ("edit", nil, ["../b.txt"], false),
      ("edit", nil, ["/trees/a/../x"], false), ("edit", nil, ["/etc/passwd"], false),
      ("read", nil, ["/etc/passwd"], false),
      ("fetch", nil, [], false), ("other", nil, [], false),
    ] as [(String, String?, [String], Bool)])
  func `leave is given by the rules of the settings`(kind: String, command: String?, paths: [String], isAllowed: Bool) {
    #expect(Self.permissions.allows(kind: kind, command: command, paths: paths) == isAllowed)
    // As the relay gets them.
    let read = ACPPermissions(parsing: Self.permissions.text)
    #expect(read == Self.permissions)
    let lifted = ACPPermissions(ToolPermissions(skipPermissions: true), worktree: "/trees/a")
    #expect(lifted.allows(kind: kind, command: command, paths: paths))
    if kind == "edit" {
      let reading = ACPPermissions(ToolPermissions(permissionMode: "plan"), worktree: "/trees/a")
      #expect(!reading.allows(kind: kind, command: command, paths: paths))
    }
  }

  @Test func `a question is answered with an option that the agent offers`() {
    func answer(_ command: String, _ options: String) -> JSON? {
      var talk = conversation()
      return hear(
        &talk,
        #"{"jsonrpc":"2.0","id":"q","method":"session/request_permission","params":{"options":[\#(options)],"#
          + #""toolCall":{"toolCallId":"t","kind":"execute","rawInput":{"command":["bash","-lc","\#(command)"]}}}}"#
      ).first?["result"]?["outcome"]
    }
    let all =
      #"{"optionId":"y","kind":"allow_once"},{"optionId":"Y","kind":"allow_always"},{"optionId":"n","kind":"reject_once"}"#
    #expect(answer("make test", all)?["optionId"] == "y")
    #expect(answer("curl x", all)?["optionId"] == "n")
    #expect(answer("make test", #"{"optionId":"Y","kind":"allow_always"}"#)?["optionId"] == "Y")
    #expect(answer("curl x", #"{"optionId":"Y","kind":"allow_always"}"#) == ["outcome": "cancelled"])
  }

  @Test func `what both sides said is read as events`() throws {
    let text = """
      {"from":"client","message":{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}}
      {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}}
      {"jsonrpc":"2.0","id":2,"result":{"sessionId":"s1"}}
      {"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"I "}}}}
      {"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"begin."}}}}
      {"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"tool_call","toolCallId":"t","kind":"execute","title":"run","rawInput":{"command":"curl http://x"}}}}
      {"jsonrpc":"2.0","id":7,"method":"session/request_permission","params":{"options":[],"toolCall":{"toolCallId":"t","kind":"execute","rawInput":{"command":"curl http://x"}}}}
      {"from":"client","message":{"jsonrpc":"2.0","id":7,"result":{"outcome":{"outcome":"cancelled"}}}}
      {"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"tool_call_update","toolCallId":"t","status":"failed"}}}
      {"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}

      """
    var stream = AgentStream(reader: ACPStreamReader(model: nil))
    var (events, summary) = ([AgentEvent](), StreamSummary())
    Array(text.utf8).withUnsafeBytes { stream.feed($0) { events.append($0) } }
    for event in events { summary.note(event) }
    #expect(stream.counts.badLines == 0 && stream.counts.unknownTypes == 0)
    #expect(summary.sessionID == "s1" && summary.finalMessage == "I begin.")
    #expect(summary.denied.map(\.summary) == ["curl http://x"])
    #expect(summary.denied.first?.suggestion == "git config --add orchestrator.tools.allowedTools 'Bash(curl:*)'")
    #expect(summary.end(exit: .code(0), cause: nil, errors: "") == .succeeded)
  }

  @Test(arguments: [("y", 0), ("n", 1)])
  func `a refusal is known by the option that was chosen, whatever it is called`(option: String, count: Int) {
    let text = """
      {"jsonrpc":"2.0","id":7,"method":"session/request_permission","params":{"options":[{"optionId":"y","kind":"allow_once"},{"optionId":"n","kind":"reject_once"}],"toolCall":{"toolCallId":"t","kind":"execute","rawInput":{"command":"it's; rm -rf x"}}}}
      {"from":"client","message":{"jsonrpc":"2.0","id":7,"result":{"outcome":{"outcome":"selected","optionId":"\(option)"}}}}

      """
    var stream = AgentStream(reader: ACPStreamReader(model: nil))
    var summary = StreamSummary()
    Array(text.utf8).withUnsafeBytes { stream.feed($0) { summary.note($0) } }
    #expect(summary.denied.count == count)
    // Nobody is to copy an agent's quotes into a shell.
    #expect(summary.denied.allSatisfy { $0.suggestion == nil })
  }

  @Test(arguments: [
    (#"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"refusal"}}"#, AgentFailure.Kind.other),
    (#"{"jsonrpc":"2.0","id":3,"result":{"stopReason":"max_turn_requests"}}"#, .maxTurns),
    (#"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"Authentication required"}}"#, .notLoggedIn),
    (#"{"from":"client","message":{"jsonrpc":"2.0","method":"git-orch/session-lost","params":{}}}"#, .sessionNotFound),
  ]) func `an ending that is none is a failure`(line: String, kind: AgentFailure.Kind) {
    var reader = ACPStreamReader(model: nil)
    var summary = StreamSummary()
    Array(line.utf8).withUnsafeBytes { _ = reader.read(line: $0) { summary.note($0) } }
    #expect(summary.lastResult?.failure?.kind == kind)
  }
}
