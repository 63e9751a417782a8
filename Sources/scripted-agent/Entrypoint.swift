import Platform

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The version that is reported: the one whose output is imitated.
let version = "2.1.330"

/// A stand-in for `claude -p` that follows a script, for tests and demonstrations: no key, no network, no model.
///
/// It takes the client's options, refuses unknown ones, prints the client's events and ends as the client does. What it
/// is to do is in the JSON file that `SCRIPTED_AGENT_SCRIPT` names; ``Script`` describes each step.
@main
struct Entrypoint {
  static func main() {
    let environment = ProcessInfo.processInfo.environment
    let arguments = Array(CommandLine.arguments.dropFirst())
    let options = Options(arguments)
    if options.showsVersion {
      print("\(version) (Claude Code)")
      return
    }
    if !options.isPrint {
      converse(options, environment, arguments)
      return
    }
    check(options, environment)
    let prompt = String(decoding: standardInput(), as: UTF8.self) + options.prompt.joined(separator: "\n")
    if prompt.allSatisfy(\.isWhitespace) {
      refuse("Error: Input must be provided either through stdin or as a prompt argument when using --print")
    }
    let (task, attempt) = currentTask(environment, prompt: prompt)
    // A reviewing agent answers by a schema too, but has a task.
    let isQuestion = options["--json-schema"] != nil && task == "-"
    record(arguments, environment, prompt: prompt, name: isQuestion ? "plan" : "\(task).\(attempt)")
    let steps = Script(environment).steps(task: task, attempt: attempt, isQuestion: isQuestion)
    let session = openSession(options, environment)
    Signals.install(
      interruptedLine: ([
        "type": "result", "subtype": "error_during_execution", "is_error": true, "terminal_reason": "aborted_tools",
        "num_turns": 1, "total_cost_usd": .number(session.cost), "session_id": .string(session.id),
        "permission_denials": [], "errors": ["interrupted"],
      ] as JSON).text)
    var player = Player(options: options, environment: environment, session: session)
    player.begin()
    player.play(steps)
    exit(player.wantsExitCode)
  }

  /// Stands in for the client on a terminal: each line that is typed is a command, run where the client stands; `exit` or
  /// Ctrl-D ends it.
  private static func converse(_ options: Options, _ environment: [String: String], _ arguments: [String]) {
    guard isatty(STDIN_FILENO) == 1 else { refuse("scripted-agent: only -p, and a terminal, are imitated") }
    let session = openSession(options, environment)
    record(arguments, environment, prompt: "", name: "interactive")
    print("session \(session.id) in \(FileManager.default.currentDirectoryPath)")
    while true {
      print("> ", terminator: "")
      fflush(nil)
      guard let line = readLine(), line != "exit" else { break }
      _ = system(line)
    }
  }

  private static func check(_ options: Options, _ environment: [String: String]) {
    guard options.isPrint else { refuse("scripted-agent: only -p is imitated") }
    let format = options["--output-format"] ?? "text"
    if format == "stream-json", !options.isVerbose {
      refuse("Error: When using --print, --output-format=stream-json requires --verbose")
    }
    guard ["text", "json", "stream-json"].contains(format) else {
      refuse("error: option '--output-format <format>' argument '\(format)' is invalid.")
    }
    let modes = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "manual", "plan"]
    if let mode = options["--permission-mode"], !modes.contains(mode) {
      refuse("error: option '--permission-mode <mode>' argument '\(mode)' is invalid.")
    }
    if options.skipsPermissions, geteuid() == 0, environment["IS_SANDBOX"] != "1" {
      refuse("--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons")
    }
  }

  private static func openSession(_ options: Options, _ environment: [String: String]) -> Session {
    if let id = options["--resume"] {
      guard let session = Session(resumed: id, environment) else {
        printLine(
          ([
            "type": "result", "subtype": "error_during_execution", "duration_ms": 0, "is_error": true, "num_turns": 0,
            "session_id": .string(id), "total_cost_usd": 0, "permission_denials": [],
            "errors": [.string("No conversation found with session ID: \(id)")],
          ] as JSON).text)
        refuse("No conversation found with session ID: \(id)")
      }
      return session
    }
    let id = options["--session-id"] ?? UUID().uuidString.lowercased()
    guard UUID(uuidString: id) != nil else { refuse("Error: Invalid session ID. Must be a valid UUID.") }
    guard let session = Session(new: id, environment) else { refuse("Error: Session ID \(id) is already in use.") }
    return session
  }

  /// Leaves what we were started with in SCRIPTED_AGENT_RECORD, for tests to look at.
  private static func record(
    _ arguments: [String], _ environment: [String: String], prompt: String, name: String
  ) {
    guard let folder = environment["SCRIPTED_AGENT_RECORD"] else { return }
    let record: JSON = [
      "arguments": .array(arguments.map { .string($0) }),
      "environment": .object(environment.sorted { $0.key < $1.key }.map { (key: $0.key, value: .string($0.value)) }),
      "directory": .string(FileManager.default.currentDirectoryPath), "prompt": .string(prompt),
    ]
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? Data(record.text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).json"), options: .atomic)
  }
}
