import Platform

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Plays the steps of one attempt.
struct Player {
  let options: Options
  let environment: [String: String]
  var session: Session
  private var toolCount = 0
  private var turns = 0
  private var resultCount = 0
  private var costSinceResult = 0.0
  private var denials: [JSON] = []
  private var structured: JSON?
  private var lastText = "Done."
  private var hasResult = false
  private var wantsResult = true
  private let hooks: Hooks
  /// What a hook said last.
  private var hears: String?

  init(options: Options, environment: [String: String], session: Session) {
    self.options = options
    self.environment = environment
    self.session = session
    hooks = Hooks(options)
  }

  private var isStream: Bool { options["--output-format"] == "stream-json" }

  private func event(_ json: JSON) {
    guard isStream, case .object(let members) = json else { return }
    printLine(
      JSON.object(
        members + [
          (key: "session_id", value: .string(session.id)),
          (key: "uuid", value: .string(UUID().uuidString.lowercased())),
        ]
      ).text)
  }

  func begin() {
    event([
      "type": "system", "subtype": "init", "cwd": .string(FileManager.default.currentDirectoryPath),
      "tools": ["Bash", "Edit", "Read", "Write"], "mcp_servers": [],
      "model": .string(options["--model"] ?? "claude-scripted-1"),
      "permissionMode": .string(options["--permission-mode"] ?? "default"), "apiKeySource": "none",
      "claude_code_version": .string(version),
    ])
  }

  mutating func play(_ steps: [JSON]) {
    for step in steps {
      if let name = step.string { perform(name, .null) }
      for (name, argument) in step.members { perform(name, argument) }
    }
    if wantsResult, !hasResult { result([:]) }
  }

  private mutating func perform(_ name: String, _ argument: JSON) {
    switch name {
    case "say": say(argument.string ?? "")
    case "write", "append", "delete": changeFile(name, argument)
    case "run": runCommand(argument.string ?? "true")
    case "commit": commit(argument.string ?? "Scripted")
    case "denied": denied(argument["tool"]?.string ?? "Bash", argument["input"] ?? [:])
    case "api-retry": apiRetry(argument)
    case "result": result(argument)
    case "structured": structured = argument
    case "no-result": wantsResult = false
    case "exit": exit(Int32(argument.int ?? 0))
    case "crash": crash(Int32(argument.int ?? Int(SIGKILL)))
    case "stderr": _ = (argument.string ?? "").withCString { write(2, $0, strlen($0)) }
    default: performOdd(name, argument)
    }
  }

  /// What a well-behaved agent does not do.
  private mutating func performOdd(_ name: String, _ argument: JSON) {
    switch name {
    case "sleep": pause(argument.double ?? 1)
    case "hang", "linger":
      while true { pause(3600) }
    case "ping-forever":
      while true {
        event(["type": "stream_event", "event": ["type": "ping"], "parent_tool_use_id": .null])
        pause(argument.double ?? 0.02)
      }
    case "heartbeat-forever", "heartbeat":
      var left = name == "heartbeat" ? argument["count"]?.int ?? 10 : Int.max
      while left > 0 {
        event(["type": "tool_progress", "tool_use_id": "t-heartbeat", "tool_name": "Bash", "heartbeat": true])
        pause(argument["every"]?.double ?? argument.double ?? 0.02)
        left -= 1
      }
    case "raw": printLine(argument.string ?? "")
    case "raw-base64": printBytes(Array(Data(base64Encoded: argument.string ?? "") ?? Data()))
    case "huge-line": hugeLine(argument.int ?? 1 << 20)
    case "event": event(argument)
    case "ignore-term": signal(SIGTERM, SIG_IGN)
    case "spawn-orphan": spawnOrphan(argument)
    case "wait-for-file":
      while access(argument.string ?? "", F_OK) != 0 { pause(0.01) }
    case "until-told": untilTold(argument)
    case "touch": _ = FileManager.default.createFile(atPath: argument.string ?? "", contents: nil)
    default: refuse("scripted-agent: unknown step '\(name)'")
    }
  }

  // MARK: - What an agent says

  private mutating func say(_ text: String) {
    lastText = text
    if options.includesPartialMessages {
      event([
        "type": "stream_event",
        "event": ["type": "content_block_delta", "index": 0, "delta": ["type": "text_delta", "text": .string(text)]],
      ])
    }
    answer(["type": "text", "text": .string(text)])
  }

  private mutating func answer(_ block: JSON) {
    turns += 1
    costSinceResult += 0.001
    event([
      "type": "assistant",
      "message": [
        "id": .string("msg_\(turns)"), "type": "message", "role": "assistant", "model": "claude-scripted-1",
        "content": .array([block]), "stop_reason": .null, "usage": ["input_tokens": 100, "output_tokens": 1],
      ], "parent_tool_use_id": .null,
    ])
  }

  private mutating func useTool(_ name: String, _ input: JSON) -> String {
    toolCount += 1
    let id = "toolu_\(getpid())_\(toolCount)"
    answer(["type": "tool_use", "id": .string(id), "name": .string(name), "input": input])
    return id
  }

  private mutating func toolResult(_ id: String, _ text: String, isError: Bool = false) {
    if !isError { hears = hooks.afterTool(session: session.id) ?? hears }
    event([
      "type": "user",
      "message": [
        "role": "user",
        "content": [
          ["tool_use_id": .string(id), "type": "tool_result", "content": .string(text), "is_error": .bool(isError)]
        ],
      ], "parent_tool_use_id": .null,
    ])
  }

  private mutating func changeFile(_ name: String, _ argument: JSON) {
    let path = argument["path"]?.string ?? argument.string ?? "file.txt"
    let content = Data((argument["content"]?.string ?? "").utf8)
    let id =
      name == "delete"
      ? useTool("Bash", ["command": .string("rm \(path)")])
      : useTool("Write", ["file_path": .string(path), "content": argument["content"] ?? ""])
    let url = URL(fileURLWithPath: path)
    do {
      switch name {
      case "delete": try FileManager.default.removeItem(at: url)
      case "append":
        let old = (try? Data(contentsOf: url)) ?? Data()
        try (old + content).write(to: url)
      default:
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
      }
      toolResult(id, "File changed successfully at: \(path)")
    } catch {
      toolResult(id, "\(error)", isError: true)
    }
  }

  private mutating func runCommand(_ command: String) {
    let id = useTool("Bash", ["command": .string(command)])
    let (status, output) = runTool(["/bin/sh", "-c", command])
    let text = output.isEmpty ? "(Bash completed with no output)" : output
    toolResult(id, status == 0 ? text : "Exit code \(status)\n\(output)", isError: status != 0)
  }

  /// Works on until a hook says something, and leaves that in a file.
  private mutating func untilTold(_ argument: JSON) {
    while hears == nil {
      runCommand("true")
      pause(0.2)
    }
    _ = FileManager.default.createFile(atPath: argument.string ?? "", contents: Data((hears ?? "").utf8))
  }

  private mutating func commit(_ message: String) {
    let id = useTool("Bash", ["command": .string("git add -A && git commit -m '\(message)'")])
    var (status, output) = runTool(["git", "add", "-A"])
    if status == 0 { (status, output) = runTool(["git", "commit", "-m", message]) }
    toolResult(id, output, isError: status != 0)
  }

  private mutating func denied(_ tool: String, _ input: JSON) {
    let id = useTool(tool, input)
    let message = "Claude requested permissions to use \(tool), but you haven't granted it yet."
    event([
      "type": "system", "subtype": "permission_denied", "tool_name": .string(tool), "tool_use_id": .string(id),
      "message": .string(message),
    ])
    toolResult(id, message, isError: true)
    denials.append(["tool_name": .string(tool), "tool_use_id": .string(id), "tool_input": input])
  }

  private func apiRetry(_ argument: JSON) {
    event([
      "type": "system", "subtype": "api_retry", "attempt": argument["attempt"] ?? 1, "max_retries": 10,
      "retry_delay_ms": 500, "error_status": argument["status"] ?? 529, "error": argument["error"] ?? "overloaded",
    ])
  }

  // MARK: - Endings

  private mutating func result(_ argument: JSON) {
    hasResult = true
    costSinceResult = argument["cost"]?.double ?? costSinceResult
    session.cost += costSinceResult
    session.save()
    let isError = argument["is_error"]?.bool ?? false
    if isError, argument["api_error_status"] != nil || argument["error"] != nil { apiFailure(argument) }
    var members: [(key: String, value: JSON)] = [
      (key: "duration_api_ms", value: 10), (key: "session_id", value: .string(session.id)),
      (key: "total_cost_usd", value: .number(session.cost)),
      (key: "permission_denials", value: .array(denials)),
      (key: "terminal_reason", value: argument["terminal_reason"] ?? (isError ? "api_error" : "completed")),
      (key: "is_error", value: .bool(isError)), (key: "num_turns", value: .number(Double(turns))),
      (key: "subtype", value: argument["subtype"] ?? "success"), (key: "type", value: "result"),
      (key: "result_index", value: .number(Double(resultCount))),
      (
        key: "model_usage_since_last_result",
        value: [
          "claude-scripted-1": [
            "inputTokens": .number(Double(100 * turns)), "outputTokens": .number(Double(20 * turns)),
            "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0, "costUSD": .number(costSinceResult),
          ]
        ]
      ),
    ]
    for name in ["api_error_status", "api_error_type", "errors"] {
      if let value = argument[name] { members.append((key: name, value: value)) }
    }
    if argument["errors"] == nil { members.append((key: "result", value: argument["text"] ?? .string(lastText))) }
    if let structured {
      members.append((key: "structured_output", value: structured))
    }
    resultCount += 1
    (costSinceResult, turns, denials) = (0, 0, [])
    if isStream || options["--output-format"] == "json" { printLine(JSON.object(members).text) }
    if isError { wantsExitCode = 1 }
    if let code = argument["exit"]?.int { wantsExitCode = Int32(code) }
  }

  /// What the process will exit with after the last step: 1 after an error, as the client.
  private(set) var wantsExitCode: Int32 = 0

  private func apiFailure(_ argument: JSON) {
    event([
      "type": "assistant",
      "message": [
        "model": "<synthetic>", "role": "assistant", "type": "message",
        "content": [["type": "text", "text": argument["text"] ?? "API Error"]],
      ], "error": argument["error"] ?? "unknown", "is_api_error_message": true,
      "api_error_status": argument["api_error_status"] ?? .null,
    ])
  }

  private func crash(_ number: Int32) -> Never {
    signal(number, SIG_DFL)
    kill(getpid(), number)
    while true { pause(3600) }
  }

  private func pause(_ seconds: Double) {
    var left = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
  }

  private func hugeLine(_ size: Int) {
    printBytes(Array(#"{"type":"assistant","message":{"content":[{"type":"text","text":""#.utf8))
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    var left = size
    while left > 0 {
      printBytes(left >= piece.count ? piece : Array(piece[..<left]))
      left -= piece.count
    }
    printBytes(Array("\"}]}}\n".utf8))
  }

  /// A process that outlives us: in a session of its own, deaf to SIGTERM. Its pid is written to `pid-file`.
  private func spawnOrphan(_ argument: JSON) {
    let seconds = argument["seconds"]?.int ?? 600
    let file = argument["pid-file"]?.string ?? argument.string ?? "/dev/null"
    let command = "trap '' TERM; echo $$ > \"$0.new\" && mv \"$0.new\" \"$0\"; exec sleep \(seconds)"
    // The shell between ends at once, so that the orphan's parent is gone.
    let middle = ["/bin/sh", "-c", "\"$@\" >/dev/null 2>&1 &", "sh", "/bin/sh", "-c", command, file]
    _ = runTool(middle)
    while access(file, F_OK) != 0 { pause(0.005) }
  }
}
