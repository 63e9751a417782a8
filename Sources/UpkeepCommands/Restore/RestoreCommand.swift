package import ArgumentParser
import Basics
package import CommandSupport
import RunViews
import SystemPackage
import TerminalUI
import Upkeep
import Worktrees

/// `git orch restore`: put saved work back.
package struct RestoreCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "restore", abstract: "Put back work that was saved from a task's worktree",
    usage: """
      git orch restore [--run <run>] [--attempt <n>] [--into <dir>] <task>
      usage: git orch restore --list [--run <run>] [--json] [<task>]
      """)

  @Flag(help: "List what is saved (the default without a task)")
  var list = false

  @Option(help: ArgumentHelp("A run's id or its beginning (default: the newest)", valueName: "run"))
  var run: String?

  @Option(help: ArgumentHelp("Of this attempt, counted from 1 (default: the last)", valueName: "n"))
  var attempt: String?

  @Option(
    help: ArgumentHelp("Make a new worktree there instead of using the task's", valueName: "dir"))
  var into: String?

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Argument(help: "The task's id")
  var task: String?

  package init() {}

  package func validate() throws {
    if let attempt {
      let parts = attempt.split(separator: "-", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.allSatisfy({ Int($0).map { $0 > 0 } ?? false }) else {
        throw ValidationError("--attempt takes a number from 1, or one of those that --list shows")
      }
    }
    if list || task == nil {
      if into != nil { throw ValidationError("--into needs a task, and cannot be combined with --list") }
    }
    if into?.isEmpty ?? false { throw ValidationError("--into takes the path of a folder") }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let saved = try await SavedWorkList.read(from: context.directory, environment: context.environment)
    guard let task, !list else { return try answer(saved.entries(task: task, run: run, attempt: attempt), context) }
    let entry = try saved.entry(task: task, run: run, attempt: attempt)
    let restoration = Restoration(saved, entry, environment: context.environment)
    let (folder, result): (FilePath?, RestoredWork)
    if let into {
      let made = context.directory.pushing(FilePath(into)).normalized
      (folder, result) = (made, try await restoration.perform(into: made))
    } else {
      (folder, result) = try await restoration.perform()
    }
    if json {
      context.console.answer(try RestoreDocument(entry, folder: folder, result).json())
    } else {
      let text = RestoreText(entry: entry, folder: folder?.relative(to: context.directory), result: result)
      if result.refused.isEmpty {
        for line in text.lines { context.console.answer(line) }
        let others = saved.entries(task: task, run: entry.run).filter { $0.reference != entry.reference }
        if attempt == nil, let line = RestoreText.others(others) { context.console.answer(line) }
      } else {
        for line in text.refusal { context.console.narrate(line) }
      }
    }
    return result.refused.isEmpty ? .done : .no
  }

  private func answer(_ entries: [SavedEntry], _ context: CommandContext) throws -> ExitStatus {
    if json {
      context.console.answer(try SavedListDocument(entries).json())
    } else if entries.isEmpty {
      context.console.narrate("no work is saved\(task.map { " of '\($0)'" } ?? "")")
    } else {
      for line in RestoreText.list(entries, terminal: context.console.output) { context.console.answer(line) }
    }
    return .done
  }
}
