import Agents
import Basics
import ClaudeCode
import Foundation
import OrchTestSupport
import Processes
import Synchronization
import SystemPackage
import Testing

/// A value that closures of any thread may change.
final class Box<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  init(_ value: Value) { state = Mutex(value) }

  var value: Value { state.withLock { $0 } }

  func set(_ change: (inout Value) -> Void) {
    state.withLock { value in
      var copy = value
      change(&copy)
      value = copy
    }
  }
}

/// A folder of a test's own, removed with everything in it when the test is over.
final class Scratch: Sendable {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for name in ["home", "work", "run"] { try folder.makeDirectory(name) }
  }

  var path: String { folder.path.string }

  var home: String { "\(path)/home" }
  var work: FilePath { FilePath("\(path)/work") }

  var environment: [String: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "\(home)/gitconfig", "SCRIPTED_AGENT_RECORD": "\(path)/record",
    ]
  }

  func file(_ name: String) -> FilePath { FilePath("\(path)/run/\(name)") }

  @discardableResult
  func write(_ name: String, _ text: String, executable: Bool = false) throws -> FilePath {
    let file = file(name)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file.string))
    if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.string) }
    return file
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name).string)), as: UTF8.self)
  }

  /// What the scripted agent was started with.
  func record(_ name: String) throws -> Record {
    try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(fileURLWithPath: "\(path)/record/\(name).json")))
  }

  struct Record: Decodable {
    var arguments: [String]
    var environment: [String: String]
    var directory: String
    var prompt: String
  }
}

let scriptedAgent = FilePath("\(BuiltPrograms.folder)/scripted-agent")
let claude = ClaudeCode(executable: scriptedAgent, version: "2.1.330")

/// One attempt of a task with the scripted agent.
struct Trial {
  let scratch: Scratch
  let request: AttemptRequest
  let run: String

  init(
    _ scratch: Scratch, script: String, session: AgentSession = .new(UUID()), attempt: Int = 1,
    limits: AttemptLimits = AttemptLimits(inactivity: .seconds(60), maxRuntime: .seconds(120))
  ) throws {
    self.scratch = scratch
    run = "run-\(UUID().uuidString)"
    try scratch.write("prompt-\(attempt)", "Task: task\n\nDo it.\n")
    var environment = scratch.environment
    environment["SCRIPTED_AGENT_SCRIPT"] = try scratch.write("script-\(attempt).json", script).string
    request = AttemptRequest(
      agent: claude, session: session, options: AgentOptions(), workingDirectory: scratch.work,
      files: AttemptFiles(
        prompt: scratch.file("prompt-\(attempt)"), stream: scratch.file("stream-\(attempt)"),
        errors: scratch.file("errors-\(attempt)"), log: scratch.file("log-\(attempt)")), limits: limits,
      environment: environment, mark: RunMark(run: run, task: "task", attempt: attempt))
  }

  func perform(
    stop: StopRequest = StopRequest(), launched: @escaping @Sendable (ProcessIdentity) async -> Void = { _ in },
    observe: @escaping @Sendable (AgentEvent) async -> Void = { _ in }
  ) async -> AttemptOutcome {
    await performAttempt(request, stop: stop, launched: launched, observe: observe)
  }
}

/// Events of a whole stream, and what it comes to.
func decode(
  _ bytes: [UInt8], pieceSize: Int = 64 << 10, lineLimit: Int = 16 << 20,
  permissions: ToolPermissions = ToolPermissions()
) -> (events: [AgentEvent], summary: StreamSummary, counts: StreamCounts) {
  var stream = AgentStream(reader: ClaudeStreamReader(permissions: permissions), lineLimit: lineLimit)
  var events: [AgentEvent] = []
  var start = 0
  while start < bytes.count {
    let end = min(start + pieceSize, bytes.count)
    bytes[start..<end].withUnsafeBytes { stream.feed($0) { events.append($0) } }
    start = end
  }
  stream.finish { events.append($0) }
  var summary = StreamSummary()
  for event in events { summary.note(event) }
  return (events, summary, stream.counts)
}
