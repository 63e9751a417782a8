package import ArgumentParser
import Basics
package import CommandSupport
package import Git
package import Journal
import SystemPackage
import TerminalUI

/// `git orch status`: what a run did or is doing.
package struct StatusCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    commandName: "git-orch-status", abstract: "Show what a run did, or is doing",
    usage: "git orch status [--watch] [--json | --porcelain] [<run>]\nusage: git orch status --all [--json]",
    version: versionLine)

  @Flag(help: "Refresh every second until the run ends")
  var watch = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Flag(help: "Print lines for scripts (version 1)")
  var porcelain = false

  @Flag(help: "List all runs, the newest first")
  var all = false

  @Argument(help: "A run's id or its beginning (default: the newest)")
  var run: String?

  package init() {}

  package func validate() throws {
    if json && porcelain { throw ValidationError("--json and --porcelain cannot be used together") }
    if all && (porcelain || watch || run != nil) { throw ValidationError("--all can only be combined with --json") }
    if watch && (json || porcelain) {
      throw ValidationError("--watch cannot be combined with --json or --porcelain")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let store = RunStore(
      commonDirectory: try Repository.commonDirectory(around: context.directory, environment: context.environment))
    if all { return try list(store, context) }
    let folder = try store.run(run)
    if watch { return try await RunWatch(folder: folder, store: store, context: context).follow() }
    let report = try RunReport(folder, in: store)
    if json {
      context.console.answer(try StatusDocument(report).json())
    } else if porcelain {
      for line in PorcelainStatus.lines(report) { context.console.answer(line) }
    } else {
      for line in Self.text(report, context) { context.console.answer(line) }
    }
    return .done
  }

  static func text(_ report: RunReport, _ context: CommandContext) -> [String] {
    let summary = SummaryText(
      report: report, directory: context.directory, palette: context.console.output.palette)
    let kind = report.state.header.review == nil ? "RUN" : "REVIEW"
    return summary.lines(
      title: report.phase == .ended
        ? summary.endedTitle : "\(kind) \(report.state.header.id) (\(report.phase.rawValue))")
  }

  private func list(_ store: RunStore, _ context: CommandContext) throws -> ExitStatus {
    let reports = try store.runs().reversed().compactMap { folder -> RunReport? in
      do throws(JournalError) {
        return try RunReport(folder, in: store)
      } catch {
        // One damaged run must not hide the others.
        context.console.narrate("warning: \(error)")
        return nil
      }
    }
    if json {
      context.console.answer(try StatusDocument.json(reports.map(StatusDocument.init)))
      return .done
    }
    guard !reports.isEmpty else { throw JournalError.noRuns }
    for line in RunTable.lines(reports, terminal: context.console.output) { context.console.answer(line) }
    return .done
  }
}
