package import Agents
import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads what an agent and the relay have said to each other.
struct ACPStreamReader: AgentEventReader {
  /// The longest text that an event carries, in bytes; what is left out is in the stream file.
  private static let textLimit = 16 << 10
  private static let summaryLimit = 300

  private let model: String?
  private var session: String?
  private var words = ""
  private var lastText: String?
  /// The MCP servers that the agent cannot connect to.
  private var leftOut: [SessionStart.MCPServer] = []
  /// The questions for leave that are not answered yet, by their ids.
  private var asked: [String: (call: ACPCall, allowing: Set<String>)] = [:]

  init(model: String?) { self.model = model }

  mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind {
    guard let first = line.first(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return .blank }
    // A program that prints lines without end is not to be read at the pace of a parser.
    guard first == UInt8(ascii: "{") else { return .bad }
    guard let value = JSON(parsing: String(decoding: line, as: UTF8.self)) else { return .bad }
    if value["from"]?.string == "client" {
      readOwn(value["message"] ?? .null, emit)
      return .event
    }
    guard value["jsonrpc"]?.string == "2.0" else { return .bad }
    if let method = value["method"]?.string {
      switch method {
      case "session/update": readUpdate(value["params"]?["update"] ?? .null, emit)
      case "session/request_permission":
        if let id = value["id"], asked.count < 1000 {
          let allowing = (value["params"]?["options"]?.elements ?? [])
            .filter { $0["kind"]?.string?.hasPrefix("allow") == true }.compactMap { $0["optionId"]?.string }
          asked[id.text] = (ACPCall(value["params"]?["toolCall"]), Set(allowing))
        }
        emit(.progress)
      default:
        emit(.other(type: plainText(method, limit: 60)))
        return .unknownType
      }
      return .event
    }
    readAnswer(value, emit)
    return .event
  }

  /// What the relay said: only refusals, lost conversations and servers that are left out tell something new.
  private mutating func readOwn(_ message: JSON, _ emit: (AgentEvent) -> Void) {
    if message["method"]?.string == "git-orch/session-lost" {
      emit(
        .result(
          AgentResult(
            failure: AgentFailure(kind: .sessionNotFound, message: "the agent cannot take up a conversation"), turns: 0)
        ))
    } else if message["method"]?.string == "git-orch/server-left-out" {
      let name = message["params"]?["name"]?.string ?? ""
      leftOut.append(SessionStart.MCPServer(name: plainText(name, limit: 60), status: "failed"))
      emit(.waiting)
    } else if message["method"] == nil, let question = message["id"].flatMap({ asked.removeValue(forKey: $0.text) }),
      message["result"]?["outcome"]?["optionId"]?.string.map(question.allowing.contains) != true
    {
      emit(.denied(denied(question.call)))
    } else {
      emit(.waiting)
    }
  }

  private func denied(_ call: ACPCall) -> DeniedTool {
    // The agent's words: only what a shell takes as it stands is told to be copied into one.
    let program = call.command?.split(separator: " ").first.map(String.init).flatMap { isPlainWord($0) ? $0 : nil }
    let rule = program.map { "git config --add orchestrator.tools.allowedTools 'Bash(\($0):*)'" }
    return DeniedTool(
      id: call.id, tool: call.kind == "execute" ? "Bash" : call.kind,
      summary: plainText(call.command ?? call.paths.first ?? call.title, limit: Self.summaryLimit), suggestion: rule)
  }

  private mutating func readUpdate(_ update: JSON, _ emit: (AgentEvent) -> Void) {
    let kind = update["sessionUpdate"]?.string ?? ""
    if kind != "agent_message_chunk" { speak(emit) }
    switch kind {
    case "agent_message_chunk":
      if words.utf8.count < Self.textLimit { words += update["content"]?["text"]?.string ?? "" }
      emit(.progress)
    case "agent_thought_chunk": emit(.progress)
    case "tool_call":
      let call = ACPCall(update)
      emit(
        .toolUse(
          ToolUse(
            id: plainText(call.id, limit: 100), name: Self.name(of: call.kind),
            summary: plainText(call.command ?? call.paths.first ?? call.title, limit: Self.summaryLimit))))
    case "tool_call_update":
      guard let status = update["status"]?.string, status == "completed" || status == "failed" else {
        return emit(.progress)
      }
      let id = update["toolCallId"]?.string ?? ""
      let text = update["content"]?.elements.compactMap { $0["content"]?["text"]?.string }.first ?? ""
      emit(
        .toolResult(
          ToolResult(
            toolUseID: plainText(id, limit: 100), summary: plainText(text, limit: Self.summaryLimit),
            isError: status == "failed")))
    case "plan", "available_commands_update", "current_mode_update", "user_message_chunk", "usage_update",
      "config_option_update", "session_info_update":
      emit(.progress)
    default: emit(.other(type: "update/" + plainText(kind, limit: 60)))
    }
  }

  /// Words come in pieces, and are told once something else comes.
  private mutating func speak(_ emit: (AgentEvent) -> Void) {
    let text = plainText(words, limit: Self.textLimit, keepsLines: true)
    words = ""
    guard !text.isEmpty else { return }
    lastText = text
    emit(.text(text))
  }

  private mutating func readAnswer(_ value: JSON, _ emit: (AgentEvent) -> Void) {
    speak(emit)
    if let error = value["error"] {
      let message = plainText(error["message"]?.string ?? "the agent failed", limit: 500)
      let isLogin = error["code"] == -32000
      emit(
        .result(
          AgentResult(
            failure: AgentFailure(kind: isLogin ? .notLoggedIn : .other, message: message), text: lastText,
            sessionID: session, turns: 0)))
      return
    }
    guard let result = value["result"] else { return emit(.progress) }
    if let id = result["sessionId"]?.string {
      session = plainText(id, limit: 200)
      emit(
        .initialised(
          SessionStart(
            sessionID: session ?? "", model: model ?? "", permissionMode: "", mcpServers: leftOut, agentVersion: "")))
    } else if let reason = result["stopReason"]?.string {
      emit(.result(AgentResult(failure: Self.failure(reason), text: lastText, sessionID: session, turns: 1)))
    } else {
      emit(.progress)
    }
  }

  private static func failure(_ reason: String) -> AgentFailure? {
    let words = "the agent stopped: \(plainText(reason, limit: 60))"
    switch reason {
    case "end_turn": return nil
    case "max_turn_requests": return AgentFailure(kind: .maxTurns, message: words)
    case "max_tokens": return AgentFailure(kind: .promptTooLong, message: words)
    default: return AgentFailure(kind: .other, message: words)
    }
  }

  private static func name(of kind: String) -> String {
    switch kind {
    case "execute": "Bash"
    case "edit": "Edit"
    case "read": "Read"
    case "search": "Grep"
    case "fetch": "WebFetch"
    default: plainText(kind, limit: 40)
    }
  }
}
