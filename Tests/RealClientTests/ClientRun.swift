import Agents
import ClaudeCode
import Foundation
import OrchTestSupport
import Processes
import Subprocess
import SystemPackage

typealias JSON = FakeMessagesAPI.JSON

/// One run of the client, decoded.
struct ClientRun: Sendable {
  let status: TerminationStatus
  /// Every line of the stream.
  let events: [JSON]
  let errors: String
  /// What it printed.
  let output: String

  init(_ finished: RealClientHarness.Finished) throws {
    status = finished.status
    errors = finished.errors
    output = finished.output
    events = try finished.output.split(separator: "\n").map { try JSON(data: Data($0.utf8)) }
  }

  /// The last result, which is the one that counts; `.null` if the run ended without.
  var result: JSON { events.last { $0["type"] == "result" } ?? .null }

  /// What became of each tool call, in order.
  var rulings: [Ruling] {
    let denied = Set(result["permission_denials"].items.compactMap { $0["tool_use_id"].string })
    let results = events.filter { $0["type"] == "user" }.flatMap { $0["message"]["content"].items }
    let calls = events.filter { $0["type"] == "assistant" }.flatMap { $0["message"]["content"].items }
      .filter { $0["type"] == "tool_use" }
    return calls.map { call in
      let id = call["id"]
      let what = call["input"]["command"].string ?? call["input"]["file_path"].string ?? call["name"].string ?? ""
      let result = results.first { $0["type"] == "tool_result" && $0["tool_use_id"] == id } ?? .null
      if let id = id.string, denied.contains(id) { return .denied(what) }
      return result["is_error"] == true ? .failed(what) : .ran(what)
    }
  }
}

/// Whether a tool call (a command, a file's path) was let through.
enum Ruling: Hashable, Sendable {
  case ran(String)
  /// Let through, and the command or tool itself reported an error.
  case failed(String)
  case denied(String)

  var what: String {
    switch self {
    case .ran(let what), .failed(let what), .denied(let what): what
    }
  }
}

extension RealClientHarness {
  /// The flags that keep a repository's own settings and servers from taking effect.
  static let guardFlags = ["--setting-sources", "user", "--strict-mcp-config"]

  /// Runs the client by the recipe, in the linked worktree, with the prompt on standard input.
  func claude(
    _ flags: [String], guards: [String] = guardFlags, prompt: String, in folder: FilePath? = nil,
    environment additions: [String: String] = [:], whileRunning: (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> ClientRun {
    let recipe = ["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    return try ClientRun(
      await run(
        client, recipe + guards + flags, in: folder ?? worktree, input: prompt,
        environment: [
          "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1", "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
        ].merging(additions) { _, addition in addition }, whileRunning: whileRunning))
  }

  /// Runs the client with the very command line of an agent that has these permissions.
  func agent(
    _ permissions: ToolPermissions, steps: [FakeMessagesAPI.Step], environment additions: [String: String] = [:]
  ) async throws -> ClientRun {
    await api.play(.init(steps + [.text("Done.")]), for: "scene: agent")
    let claude = try await ClaudeCode.locate(program: AgentProgram(command: client.string), environment: environment)
    let arguments = claude.invocation(
      session: .new(UUID()), options: AgentOptions(permissions: permissions), environment: environment,
      directory: worktree, mark: RunMark(run: "test", task: "t", attempt: 1)
    ).arguments
    // The recipe is the same.
    return try await self.claude(
      Array(arguments.drop { $0 != "--session-id" }), guards: [], prompt: "scene: agent", environment: additions)
  }

  /// Has the client make these tool calls one after the other, and returns what became of each.
  func rulings(on steps: [FakeMessagesAPI.Step], flags: [String]) async throws -> [Ruling] {
    await api.play(.init(steps + [.text("Done.")]), for: "scene: rulings")
    return try await claude(flags, prompt: "scene: rulings").rulings
  }
}
