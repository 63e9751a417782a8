import Basics
import SystemPackage

/// The log that people read: one line an event, bounded and free of control characters. Written as events come, so that
/// it can be followed.
///
/// ```
/// [INIT] Session: 8b05f910... Model: claude-opus-4-5-20251101
/// [TOOL] Bash: git status
/// [RESULT] On branch feature/my-task...
/// [COMPLETE] Duration: 45.2s
/// ```
struct ReadableLog {
  private static let lineLimit = 400
  private static let textLines = 40
  private static let thinkingLines = 20

  private let file: FileDescriptor
  private var pending: [UInt8] = []

  /// Writes to `file`, which it does not close.
  init(file: FileDescriptor) {
    self.file = file
  }

  mutating func note(_ event: AgentEvent) {
    switch event {
    case .initialised(let start):
      add("[INIT]", "Session: \(start.sessionID.prefix(8))... Model: \(start.model)")
      for server in start.mcpServers where server.status == "failed" {
        add("[ERROR]", "MCP server '\(server.name)' could not be started")
      }
    case .text(let text): addText(text)
    case .thinking(let text):
      // Each line tagged: it is what is left out first.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
      for line in lines.prefix(Self.thinkingLines) { add("[THINKING]", String(line)) }
      if lines.count > Self.thinkingLines { add("[THINKING]", "… \(lines.count - Self.thinkingLines) more lines") }
    case .toolUse(let use): add("[TOOL]", "\(use.name): \(use.summary)")
    case .toolResult(let result): add(result.isError ? "[RESULT] (error)" : "[RESULT]", result.summary)
    case .denied(let tool):
      let notes = [tool.deniedBy.map { "by \($0)" }, tool.suggestion.map { "to allow it: \($0)" }].compactMap { $0 }
      let hint = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
      // The hint is what must not be cut off.
      add("[DENIED]", "\(plainText("\(tool.tool): \(tool.summary)", limit: Self.lineLimit / 2))\(hint)")
    case .apiRetry(let retry):
      let status = retry.status.map { " \($0)" } ?? ""
      add("[RETRY]", "API\(status) \(retry.error), try \(retry.attempt) of \(retry.maxRetries)")
    case .apiError(let failure): add("[ERROR]", failure.message)
    case .rateLimit(let notice): if notice.status != "allowed" { add("[LIMIT]", "\(notice.window): \(notice.status)") }
    // What a result says of a failure is the attempt's end.
    case .progress, .usage, .waiting, .result, .other: break
    }
  }

  /// Adds a line of our own.
  mutating func error(_ message: String) {
    add("[ERROR]", message)
  }

  mutating func complete(duration: Duration) {
    let (seconds, attoseconds) = duration.components
    add("[COMPLETE]", "Duration: \(seconds).\(attoseconds / 100_000_000_000_000_000)s")
  }

  private mutating func add(_ tag: String, _ text: String) {
    pending.append(contentsOf: "\(tag) \(plainText(text, limit: Self.lineLimit))\n".utf8)
  }

  private mutating func addText(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    for (index, line) in lines.prefix(Self.textLines).enumerated() {
      add(index == 0 ? "[TEXT]" : "      ", String(line))
    }
    if lines.count > Self.textLines { add("      ", "… \(lines.count - Self.textLines) more lines") }
  }

  /// Writes what was noted. A log that cannot be written (a full disk) must not end the work: it is dropped.
  mutating func flush() {
    guard !pending.isEmpty else { return }
    _ = try? file.writeAll(pending)
    pending.removeAll(keepingCapacity: pending.capacity <= 64 << 10)
  }
}
