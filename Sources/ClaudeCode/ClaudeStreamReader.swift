package import Agents
import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads `claude -p --output-format stream-json --verbose`, as recorded from version 2.1.330.
package struct ClaudeStreamReader: AgentEventReader {
  /// The longest text that an event carries, in bytes; what is left out is in the stream file.
  static let textLimit = 16 << 10
  static let summaryLimit = 300
  /// The longest structured answer, in bytes; a longer one counts as none.
  static let answerLimit = 1 << 20

  /// What the agent was started with, for the advice on what it was refused.
  private let permissions: ToolPermissions
  private var directory: String?
  private var streamed = StreamedUsage()
  private var toolUses = RecentToolUses()
  /// The refusals by the ids of their calls: the result lists them once more, without the reasons.
  private var denials: [String: DeniedTool] = [:]

  private var failures: ClaudeFailures

  private static let mostDenials = 100

  /// - Parameter isOfResultsAlone: whether only results are seen, and not the client's own answers that say of which kind
  ///   a failure of the API is.
  package init(permissions: ToolPermissions = ToolPermissions(), ofResultsAlone isOfResultsAlone: Bool = false) {
    self.permissions = permissions
    failures = ClaudeFailures(ofResultsAlone: isOfResultsAlone)
  }

  package mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind {
    guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return .blank }
    guard let event = JSONValue(checking: line), event.isObject, let type = event["type"] else { return .bad }
    if type.isString("stream_event") {
      if let usage = streamed.read(event) {
        emit(.usage(usage))
      } else {
        emit(event["event"]?["type"]?.isString("ping") == true ? .waiting : .progress)
      }
      return .event
    }
    guard let name = type.string(limit: 100) else { return .bad }
    switch name {
    case "assistant": readAnswer(event, emit)
    case "user": readToolResults(event, emit)
    case "result": emit(.result(result(event)))
    case "system": return readSystem(event, emit)
    case "rate_limit_event":
      let notice = rateLimit(event)
      if notice.status == "rejected" { failures.rejection = notice }
      emit(.rateLimit(notice))
    case "tool_progress", "control_request", "control_response", "control_cancel_request", "command_lifecycle",
      "keep_alive", "auth_status", "streamlined_text", "tool_use_summary", "prompt_suggestion":
      emit(.progress)
    default:
      emit(.other(type: plainText(name, limit: 60)))
      return .unknownType
    }
    return .event
  }

  private mutating func readSystem(_ event: JSONValue, _ emit: (AgentEvent) -> Void) -> LineKind {
    let subtype = event["subtype"]?.string(limit: 100) ?? ""
    switch subtype {
    case "init":
      directory = event["cwd"]?.string()
      emit(.initialised(sessionStart(event)))
    case "permission_denied":
      emit(.denied(denial(event)))
    case "api_retry":
      emit(
        .apiRetry(
          APIRetry(
            attempt: event["attempt"]?.count ?? 0, maxRetries: event["max_retries"]?.count ?? 0,
            delay: .milliseconds(min(event["retry_delay_ms"]?.count ?? 0, 86_400_000)),
            status: event["error_status"]?.int, error: plain(event["error"], limit: 100) ?? "")))
    case "status":
      emit(event["status"]?.isString("requesting") == true ? .waiting : .progress)
    case "model_fallback", "informational", "compact_boundary", "thinking_tokens", "hook_started", "hook_progress",
      "hook_response", "notification", "task_started", "task_progress", "task_updated", "task_notification",
      "background_tasks_changed", "session_title_changed", "ui_invalidate", "local_command_output", "files_persisted",
      "session_state_changed":
      emit(.progress)
    default:
      emit(.other(type: "system/" + plainText(subtype, limit: 60)))
      return .unknownType
    }
    return .event
  }

  private func sessionStart(_ event: JSONValue) -> SessionStart {
    var servers: [SessionStart.MCPServer] = []
    event["mcp_servers"]?.forEachElement { server in
      guard servers.count < 100 else { return }
      servers.append(
        SessionStart.MCPServer(
          name: plain(server["name"], limit: 100) ?? "", status: plain(server["status"], limit: 40) ?? ""))
    }
    return SessionStart(
      sessionID: plain(event["session_id"], limit: 100) ?? "", model: plain(event["model"], limit: 100) ?? "",
      permissionMode: plain(event["permissionMode"], limit: 40) ?? "", mcpServers: servers,
      agentVersion: plain(event["claude_code_version"], limit: 40) ?? "")
  }

  private mutating func readAnswer(_ event: JSONValue, _ emit: (AgentEvent) -> Void) {
    let content = event["message"]?["content"]
    if event["is_api_error_message"]?.bool == true {
      var text: String?
      content?.forEachElement { text = text ?? $0["text"]?.string() }
      let refusal = APIFailure(
        kind: plain(event["error"], limit: 60) ?? "unknown", status: event["api_error_status"]?.int,
        message: plainText(text ?? "", limit: 500))
      failures.refusal = refusal
      emit(.apiError(refusal))
      return
    }
    guard let content, content.isArray else { return emit(.progress) }
    var isEmpty = true
    content.forEachElement { block in
      func text(_ member: StaticString) -> String? {
        guard block["type"]?.isString(member) == true else { return nil }
        return plainText(
          block[member]?.string(limit: Self.textLimit) ?? "", limit: Self.textLimit, keepsLines: true)
      }
      if let text = text("text") {
        guard !text.isEmpty else { return }
        isEmpty = false
        failures.refusal = nil
        emit(.text(text))
      } else if let text = text("thinking") {
        guard !text.isEmpty else { return }
        isEmpty = false
        emit(.thinking(text))
      } else if block["type"]?.isString("tool_use") == true {
        isEmpty = false
        // It got an answer after all, or the failure was a subagent's.
        failures.refusal = nil
        emit(.toolUse(toolUse(block)))
      }
    }
    if isEmpty { emit(.progress) }
  }

  private mutating func toolUse(_ block: JSONValue) -> ToolUse {
    let name = plain(block["name"], limit: 100) ?? ""
    let input = block["input"]
    let use = ToolUse(
      id: plain(block["id"], limit: 100) ?? "", name: name, summary: Self.summary(tool: name, input: input))
    // The advice for a refusal is worked out once there is one: it would be half of the work for each call.
    toolUses.remember(RecentToolUse(use: use, input: DeniableInput(input)))
    return use
  }

  /// The telling part of a tool's input, on one line.
  private static func summary(tool: String, input: JSONValue?) -> String {
    guard let input, input.isObject else { return "" }
    let telling =
      input["command"] ?? input["file_path"] ?? input["notebook_path"] ?? input["pattern"] ?? input["url"]
      ?? input["query"] ?? input["description"] ?? input["skill"]
    return plainText(telling?.string(limit: 2048) ?? input.source(limit: 2048), limit: summaryLimit)
  }

  private func readToolResults(_ event: JSONValue, _ emit: (AgentEvent) -> Void) {
    var isEmpty = true
    event["message"]?["content"]?.forEachElement { block in
      guard block["type"]?.isString("tool_result") == true else { return }
      var text = block["content"]?.string(limit: 4096)
      if text == nil {
        block["content"]?.forEachElement { part in text = text ?? part["text"]?.string(limit: 4096) }
      }
      isEmpty = false
      emit(
        .toolResult(
          ToolResult(
            toolUseID: plain(block["tool_use_id"], limit: 100) ?? "",
            summary: plainText(text ?? "", limit: Self.summaryLimit), isError: block["is_error"]?.bool ?? false)))
    }
    if isEmpty { emit(.progress) }
  }

  private mutating func denial(_ event: JSONValue) -> DeniedTool {
    let id = plain(event["tool_use_id"], limit: 100) ?? ""
    let tool = plain(event["tool_name"], limit: 100) ?? ""
    let known = toolUses[id]
    let denied = denied(
      id, tool, summary: known?.use.summary ?? "", input: known?.input ?? DeniableInput(nil),
      reason: plain(event["decision_reason_type"], limit: 60), message: plain(event["message"], limit: 1000))
    if !id.isEmpty, known != nil, denials.count < Self.mostDenials { denials[id] = denied }
    return denied
  }

  private func denied(
    _ id: String, _ tool: String, summary: String, input: DeniableInput, reason: String? = nil, message: String? = nil
  ) -> DeniedTool {
    let answer = DenialAdvice(permissions: permissions, directory: directory).answer(
      to: DeniedCall(
        tool: tool, command: input.command, path: input.path, url: input.url, reason: reason, message: message))
    return DeniedTool(
      id: id, tool: tool, summary: summary, deniedBy: answer.deniedBy, suggestion: answer.suggestion)
  }

  private func rateLimit(_ event: JSONValue) -> RateLimitNotice {
    let info = event["rate_limit_info"]
    return RateLimitNotice(
      status: plain(info?["status"], limit: 40) ?? "",
      resetsAt: info?["resetsAt"]?.moment,
      window: plain(info?["rateLimitType"], limit: 40) ?? "")
  }

  private func result(_ event: JSONValue) -> AgentResult {
    var errors: [String] = []
    event["errors"]?.forEachElement { error in
      if errors.count < 10, let text = plain(error, limit: 500) { errors.append(text) }
    }
    var usage = TokenUsage()
    var used = ModelUsages()
    // `usage` is of the last turn round and all zero in some endings; this is everything, once.
    if let models = event["model_usage_since_last_result"] {
      models.forEachMember { name, model in
        let part = TokenUsage(
          input: model["inputTokens"]?.count ?? 0, output: model["outputTokens"]?.count ?? 0,
          cacheRead: model["cacheReadInputTokens"]?.count ?? 0,
          cacheCreation: model["cacheCreationInputTokens"]?.count ?? 0)
        usage += part
        used.add(
          ModelUsage(
            model: plainText(String(decoding: name.prefix(400), as: UTF8.self), limit: 100), usage: part,
            costUSD: model["costUSD"]?.dollars ?? 0))
        return true
      }
    } else if let round = event["usage"] {
      usage = TokenUsage(
        input: round["input_tokens"]?.count ?? 0, output: round["output_tokens"]?.count ?? 0,
        cacheRead: round["cache_read_input_tokens"]?.count ?? 0,
        cacheCreation: round["cache_creation_input_tokens"]?.count ?? 0)
    }
    var denied: [DeniedTool] = []
    event["permission_denials"]?.forEachElement { denial in
      guard denied.count < 100 else { return }
      let id = plain(denial["tool_use_id"], limit: 100) ?? ""
      let tool = plain(denial["tool_name"], limit: 100) ?? ""
      let input = denial["tool_input"]
      denied.append(
        denials[id]
          ?? self.denied(
            id, tool, summary: Self.summary(tool: tool, input: input), input: DeniableInput(input)))
    }
    var answer: Data?
    if let value = event["structured_output"], !value.isNull, value.bytes.count <= Self.answerLimit {
      answer = Data(value.bytes)
    }
    let text = event["result"]?.string(limit: Self.textLimit).map {
      plainText($0, limit: Self.textLimit, keepsLines: true)
    }
    // Absent means that we do not know this client: not a success.
    let isError = event["is_error"]?.bool ?? true
    let failure =
      isError
      ? failures.failure(
        ClaudeFailures.Words(
          subtype: plain(event["subtype"], limit: 60) ?? "", terminalReason: plain(event["terminal_reason"], limit: 60),
          text: text, errors: errors, status: event["api_error_status"]?.int)) : nil
    return AgentResult(
      failure: failure, text: text, sessionID: plain(event["session_id"], limit: 100),
      turns: event["num_turns"]?.count ?? 0, sessionCostUSD: event["total_cost_usd"]?.dollars ?? 0, usage: usage,
      models: used.all, denied: denied, structuredAnswer: answer)
  }

  private func plain(_ value: JSONValue?, limit: Int) -> String? {
    value?.string(limit: limit * 4).map { plainText($0, limit: limit) }
  }
}

/// What is kept of a tool call, to say what was asked for when it is refused.
private struct RecentToolUse: Sendable {
  let use: ToolUse
  let input: DeniableInput
}

/// The part of a tool call's input by which permissions decide.
private struct DeniableInput: Sendable {
  let command: String?
  let path: String?
  let url: String?

  init(_ input: JSONValue?) {
    command = input?["command"]?.string()
    path = (input?["file_path"] ?? input?["notebook_path"] ?? input?["path"])?.string()
    url = input?["url"]?.string(limit: 2048)
  }
}

/// The last few tool calls.
private struct RecentToolUses: Sendable {
  private static let capacity = 32
  private var calls: [RecentToolUse] = []

  mutating func remember(_ call: RecentToolUse) {
    if calls.count == Self.capacity { calls.removeFirst() }
    calls.append(call)
  }

  subscript(_ id: String) -> RecentToolUse? {
    calls.last { $0.use.id == id }
  }
}
