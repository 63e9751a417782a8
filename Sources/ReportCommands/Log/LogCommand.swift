package import ArgumentParser
import Basics
package import CommandSupport
import Git
import Journal
import Ledger
import SystemPackage
import TerminalUI

/// `git orch log`: what an agent did, in words.
package struct LogCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "log", abstract: "Show an agent's readable log, or list the tasks that have one",
    usage: """
      git orch log [-f] [--raw] [--attempt <n>] [--run <run>] <task>
      git orch log --all [-f] [--run <run>]
      git orch log [--run <run>]
      git orch log --remote[=<remote>] [--run <run>] [--all | <task>]
      """)

  @Flag(name: [.short, .long], help: "Keep printing what is added, through all attempts, until the task ends")
  var follow = false

  @Flag(help: "Show the logs of all tasks, each line with its task")
  var all = false

  @Flag(help: "Show the agent's own stream, unchanged")
  var raw = false

  @Option(help: ArgumentHelp("Show this attempt, counted from 1 (default: the newest)", valueName: "n"))
  var attempt: Int?

  @Option(
    help: ArgumentHelp(
      "A run's id or its beginning (default: the newest with this task)", valueName: "run"))
  var run: String?

  @Option(defaultAsFlag: RemoteRuns.unnamed, parsing: .next, help: RemoteRuns.help)
  var remote: String?

  @Argument(help: "The task's id (default: list the tasks)")
  var task: String?

  package init() {}

  package func validate() throws {
    if let attempt, attempt < 1 { throw ValidationError("--attempt must be 1 or more") }
    if remote != nil, follow || raw {
      throw ValidationError("--remote shows what was fetched, and cannot be combined with --follow or --raw")
    }
    if all, let task { throw ValidationError("--all shows every task: leave out '\(task)'") }
    guard task == nil else { return }
    if follow, !all { throw ValidationError("which task? name it, or follow all of them: git orch log --all -f") }
    if raw { throw ValidationError("--raw is for one task") }
    if attempt != nil { throw ValidationError("--attempt is for one task") }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await RemoteRuns(remote: remote).perform(in: context) { try await command.show($0, in: context) }
  }

  private func show(_ store: RunStore, in context: CommandContext) async throws -> ExitStatus {
    guard let task else { return try await showAll(store, context) }
    let (folder, state) = try store.run(run, having: task)
    guard let found = state[task: task] else {
      throw LogError.noSuchTask(task, run: state.header.id, tasks: state.tasks.map(\.header.id))
    }
    var log = AttemptLog(folder: folder, store: store, task: task, isRaw: raw, context: context)
    if follow { return try await log.follow(from: attempt) }
    guard let newest = found.attempts.last?.number else {
      let candidates = state.candidates(of: task).map(\.header.id)
      if !candidates.isEmpty { throw LogError.onlyCandidates(candidates, task: task) }
      throw LogError.noAttempt(task, status: found.status, message: found.message)
    }
    let number = attempt ?? newest
    guard number <= newest else { throw LogError.noSuchAttempt(number, task: task, newest: newest) }
    if store.remote != nil, !folder.attempt(number, of: task).log.isRegularFile {
      throw LedgerError.noLogs(run: folder.id)
    }
    if newest > 1 { context.console.narrate("attempt \(number) of \(newest)") }
    try log.copy(number)
    return .done
  }
}

extension LogCommand {
  private func showAll(_ store: RunStore, _ context: CommandContext) async throws -> ExitStatus {
    let folder = try store.run(run)
    guard all else {
      list(try folder.state(), in: folder, of: store.remote, context)
      return .done
    }
    if store.remote != nil, !RemoteLedgers.hasLogs(folder) { throw LedgerError.noLogs(run: folder.id) }
    var logs = AllLogs(folder: folder, store: store, context: context)
    if follow { return try await logs.follow() }
    try logs.copy(folder.state())
    return .done
  }

  /// A line for each task: how it stands, how many attempts it had, and how large the log of the newest is.
  private func list(_ state: RunState, in folder: RunFolder, of remote: String?, _ context: CommandContext) {
    let console = context.console
    let rows = state.tasks.map { task -> [Table.Cell] in
      let newest = task.attempts.last?.number
      let size = newest.flatMap { FileStamp(folder.attempt($0, of: task.header.id).log)?.size }
      return [
        Table.Cell(task.header.id), Table.Cell(task.status.rawValue), Table.Cell(newest.map(String.init) ?? ""),
        Table.Cell(size.map { byteText(Int64($0)) } ?? "no log yet"),
      ]
    }
    let table = Table(
      columns: [
        .init("TASK", isFlexible: true), .init("STATUS"), .init("ATTEMPTS", alignment: .right),
        .init("LOG", alignment: .right),
      ], rows: rows)
    for line in table.lines(
      width: console.output.isInteractive ? console.output.size().columns : nil, palette: console.output.palette)
    { console.answer(line) }
    let option = (remote.map { " --remote=\(shellQuoted($0))" } ?? "") + (run.map { " --run \(shellQuoted($0))" } ?? "")
    console.narrate("\nOf run \(state.header.id). Show one: git orch log\(option) TASK")
  }
}

enum LogError: Error, CustomStringConvertible {
  case noSuchTask(String, run: String, tasks: [String])
  case noAttempt(String, status: TaskStatus, message: String?)
  case noSuchAttempt(Int, task: String, newest: Int)
  case onlyCandidates([String], task: String)

  var description: String {
    switch self {
    case .noSuchTask(let task, let run, let tasks):
      "run \(run) has no task '\(task)'; it has: \(tasks.joined(separator: ", "))"
    case .noAttempt(let task, let status, let message):
      "task '\(task)' has no log: its agent has not started (\(status.rawValue)\(message.map { ": \($0)" } ?? ""))"
    case .noSuchAttempt(let number, let task, let newest):
      "task '\(task)' has no attempt \(number); its newest is \(newest)"
    case .onlyCandidates(let candidates, let task):
      "task '\(task)' has no log of its own, as its candidates do the work: \(candidates.joined(separator: ", "))"
    }
  }
}
