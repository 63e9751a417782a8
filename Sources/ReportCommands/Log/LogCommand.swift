package import ArgumentParser
import Basics
package import CommandSupport
import Git
import Journal
import SystemPackage

/// `git orch log`: what an agent did, in words.
package struct LogCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "log", abstract: "Show an agent's readable log",
    usage: "git orch log [-f] [--raw] [--attempt <n>] [--run <run>] <task>")

  @Flag(name: [.short, .long], help: "Keep printing what is added, through all attempts, until the task ends")
  var follow = false

  @Flag(help: "Show the agent's own stream, unchanged")
  var raw = false

  @Option(help: ArgumentHelp("Show this attempt, counted from 1 (default: the newest)", valueName: "n"))
  var attempt: Int?

  @Option(
    help: ArgumentHelp(
      "A run's id or its beginning (default: the newest with this task)", valueName: "run"))
  var run: String?

  @Argument(help: "The task's id")
  var task: String

  package init() {}

  package func validate() throws {
    if let attempt, attempt < 1 { throw ValidationError("--attempt must be 1 or more") }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await offPool(awaiting: { try await command.show(in: context) })
  }

  private func show(in context: CommandContext) async throws -> ExitStatus {
    let store = RunStore(
      commonDirectory: try Repository.commonDirectory(around: context.directory, environment: context.environment))
    let (folder, state) = try store.run(run, having: task)
    guard let found = state[task: task] else {
      throw LogError.noSuchTask(task, run: state.header.id, tasks: state.tasks.map(\.header.id))
    }
    var log = AttemptLog(folder: folder, store: store, task: task, isRaw: raw, context: context)
    if follow { return try await log.follow(from: attempt) }
    guard let newest = found.attempts.last?.number else {
      throw LogError.noAttempt(task, status: found.status, message: found.message)
    }
    let number = attempt ?? newest
    guard number <= newest else { throw LogError.noSuchAttempt(number, task: task, newest: newest) }
    if newest > 1 { context.console.narrate("attempt \(number) of \(newest)") }
    try log.copy(number)
    return .done
  }
}

enum LogError: Error, CustomStringConvertible {
  case noSuchTask(String, run: String, tasks: [String])
  case noAttempt(String, status: TaskStatus, message: String?)
  case noSuchAttempt(Int, task: String, newest: Int)

  var description: String {
    switch self {
    case .noSuchTask(let task, let run, let tasks):
      "run \(run) has no task '\(task)'; it has: \(tasks.joined(separator: ", "))"
    case .noAttempt(let task, let status, let message):
      "task '\(task)' has no log: its agent has not started (\(status.rawValue)\(message.map { ": \($0)" } ?? ""))"
    case .noSuchAttempt(let number, let task, let newest):
      "task '\(task)' has no attempt \(number); its newest is \(newest)"
    }
  }
}
