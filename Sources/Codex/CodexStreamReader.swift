package import Agents
import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads `codex exec --json`, as recorded from version 0.163.0.
package struct CodexStreamReader: AgentEventReader {
  /// The longest text that an event carries, in bytes; what is left out is in the stream file.
  static let textLimit = 16 << 10
  static let summaryLimit = 300
  /// The longest structured answer, in bytes; a longer one counts as none.
  static let answerLimit = 1 << 20

  private let model: String?
  private let answersBySchema: Bool
  /// What the client has told of the conversation so far: it counts on from there, through all processes.
  private var told: TokenUsage
  private var lastText: String?
  private var answer: Data?
  private var session: String?

  package init(model: String?, usageSoFar: TokenUsage, answersBySchema: Bool) {
    self.model = model
    self.answersBySchema = answersBySchema
    told = usageSoFar
  }

  package mutating func read(line: UnsafeRawBufferPointer, emit: (AgentEvent) -> Void) -> LineKind {
    guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return .blank }
    guard let event = JSONValue(checking: line), event.isObject, let name = event["type"]?.string(limit: 100)
    else { return .bad }
    switch name {
    case "thread.started":
      session = plain(event["thread_id"], limit: 100)
      emit(
        .initialised(
          SessionStart(
            sessionID: session ?? "", model: model ?? "", permissionMode: "", mcpServers: [], agentVersion: "")))
    case "turn.started": emit(.waiting)
    case "item.started", "item.updated", "item.completed":
      guard let item = event["item"], item.isObject else { return .bad }
      return read(item, isDone: name == "item.completed", emit)
    case "turn.completed": emit(.result(result(event["usage"])))
    case "turn.failed":
      let failure = CodexFailure(event["error"]?["message"]?.string(limit: 4096) ?? "the agent failed").failure
      emit(.result(AgentResult(failure: failure, text: lastText, sessionID: session, turns: 1)))
    case "error": readError(CodexFailure(event["message"]?.string(limit: 4096) ?? ""), emit)
    default:
      emit(.other(type: plainText(name, limit: 60)))
      return .unknownType
    }
    return .event
  }

  /// What went wrong on the way to the API. That it tries again is no progress: it may do so without end.
  private func readError(_ error: CodexFailure, _ emit: (AgentEvent) -> Void) {
    let words = plainText(error.message, limit: 300)
    if let (attempt, most) = error.reconnection {
      let reason = plainText(error.reconnectionReason, limit: 300)
      emit(.apiRetry(APIRetry(attempt: attempt, maxRetries: most, delay: .zero, status: error.status, error: reason)))
    } else {
      emit(.apiError(APIFailure(kind: "error", status: error.status, message: words)))
    }
  }

  private mutating func read(_ item: JSONValue, isDone: Bool, _ emit: (AgentEvent) -> Void) -> LineKind {
    let id = plain(item["id"], limit: 100) ?? ""
    switch item["type"]?.string(limit: 100) {
    case "agent_message" where isDone: readMessage(item["text"], emit)
    case "reasoning" where isDone:
      let text = plain(item["text"], limit: Self.textLimit, keepsLines: true) ?? ""
      emit(text.isEmpty ? .progress : .thinking(text))
    case "command_execution":
      guard isDone else {
        let command = CodexCommand.words(of: item["command"]?.string(limit: 2048) ?? "")
        emit(.toolUse(ToolUse(id: id, name: "Bash", summary: plainText(command, limit: Self.summaryLimit))))
        break
      }
      let status = item["exit_code"]?.int
      emit(
        .toolResult(
          ToolResult(
            toolUseID: id, summary: plain(item["aggregated_output"], limit: Self.summaryLimit) ?? "",
            isError: status.map { $0 != 0 } ?? (item["status"]?.isString("completed") != true))))
    case "file_change" where isDone:
      item["changes"]?.forEachElement { change in
        emit(.toolUse(ToolUse(id: id, name: "Edit", summary: plain(change["path"], limit: Self.summaryLimit) ?? "")))
      }
      if item["status"]?.isString("failed") == true {
        emit(.toolResult(ToolResult(toolUseID: id, summary: "the change could not be made", isError: true)))
      }
    case "mcp_tool_call" where !isDone:
      let tool = [plain(item["server"], limit: 60), plain(item["tool"], limit: 60)].compactMap(\.self)
      emit(.toolUse(ToolUse(id: id, name: tool.joined(separator: "."), summary: "")))
    case "mcp_tool_call":
      let words = plain(item["error"]?["message"], limit: Self.summaryLimit) ?? ""
      emit(
        .toolResult(
          ToolResult(toolUseID: id, summary: words, isError: item["status"]?.isString("failed") == true)))
    case "web_search" where isDone:
      emit(
        .toolUse(
          ToolUse(id: id, name: "WebSearch", summary: plain(item["query"], limit: Self.summaryLimit) ?? "")))
    // A remark of the client's about itself, such as that it does not know the model: no failure.
    case "error", "agent_message", "reasoning", "file_change", "web_search", "todo_list", "collab_tool_call":
      emit(.progress)
    case let type:
      emit(.other(type: "item/" + plainText(type ?? "", limit: 60)))
      return .unknownType
    }
    return .event
  }

  private mutating func readMessage(_ value: JSONValue?, _ emit: (AgentEvent) -> Void) {
    let text = plain(value, limit: Self.textLimit, keepsLines: true) ?? ""
    guard !text.isEmpty else { return emit(.progress) }
    lastText = text
    if answersBySchema {
      let whole = value?.string(limit: Self.answerLimit) ?? ""
      answer = JSON(parsing: whole).map { _ in Data(whole.utf8) }
    }
    emit(.text(text))
  }

  private mutating func result(_ usage: JSONValue?) -> AgentResult {
    let cached = usage?["cached_input_tokens"]?.count ?? 0
    let written = usage?["cache_write_input_tokens"]?.count ?? 0
    // What came out of the cache and went into it is a part of what went in.
    let input = max(0, (usage?["input_tokens"]?.count ?? 0) - cached.addingSaturated(written))
    let total = TokenUsage(
      input: input, output: usage?["output_tokens"]?.count ?? 0, cacheRead: cached, cacheCreation: written)
    let part = total.minus(told)
    told = total
    return AgentResult(
      text: lastText, sessionID: session, turns: 1, usage: part,
      models: model.map { [ModelUsage(model: $0, usage: part)] } ?? [], structuredAnswer: answer)
  }

  private func plain(_ value: JSONValue?, limit: Int, keepsLines: Bool = false) -> String? {
    value?.string(limit: limit * 4).map { plainText($0, limit: limit, keepsLines: keepsLines) }
  }
}

/// The command lines that the client tells, which begin with the shell that it starts for each.
enum CodexCommand {
  /// "git status" of "/bin/bash -lc 'git status'".
  static func words(of line: String) -> String {
    for option in [" -lc ", " -c "] {
      guard let range = line.firstRange(of: option), line[..<range.lowerBound].hasSuffix("sh"),
        !line[..<range.lowerBound].contains(" ")
      else { continue }
      let rest = line[range.upperBound...]
      guard rest.count >= 2, rest.first == "'", rest.last == "'" else { return String(rest) }
      return String(rest.dropFirst().dropLast()).replacing("'\\''", with: "'").replacing("'\"'\"'", with: "'")
    }
    return line
  }
}
