package import ArgumentParser
import Basics
package import CommandSupport
import Git
import Journal
import Reports
import RunViews
import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `git orch stats`: what all runs of a repository come to.
package struct StatsCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "stats", abstract: "Show what the runs of a repository took and cost",
    usage: """
      git orch stats [--since <date | age>] [--by task | model | agent | day]
                     [--remote [<remote>]] [--json]
      """)

  @Option(help: ArgumentHelp("Only runs since then: 2026-11-01, 12h, 30d, 2w", valueName: "date | age"))
  var since: String?

  @Option(help: ArgumentHelp("Sum up by task, model, agent or day (default: day)", valueName: "group"))
  var by: String?

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Option(defaultAsFlag: RemoteRuns.unnamed, parsing: .next, help: RemoteRuns.help)
  var remote: String?

  package init() {}

  package func validate() throws {
    if let since, AgeOption.parse(since, now: Date()) == nil {
      throw ValidationError("--since takes an age such as 12h, 30d or 2w, or a past date such as 2026-01-31")
    }
    if let by, RunStatistics.Grouping(rawValue: by) == nil {
      throw ValidationError("--by takes task, model, agent or day")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    return try await RemoteRuns(remote: remote).perform(in: context) { try await command.show($0, in: context) }
  }

  private func show(_ store: RunStore, in context: CommandContext) async throws -> ExitStatus {
    let now = Date()
    let begin = since.flatMap { AgeOption.parse($0, now: now) }
      .map { JournalTime(now.addingTimeInterval(-($0 / .seconds(1)))) }
    var statistics = RunStatistics(by: by.flatMap(RunStatistics.Grouping.init) ?? .day)
    let folders = try store.runs()
    for folder in folders {
      // The id says when it began: the older need not be read.
      if let begin, Self.isOlder(folder.id, than: begin) { continue }
      guard let figures = figures(of: folder, context), begin.map({ figures.startedAt >= $0 }) ?? true else { continue }
      statistics.add(figures)
    }
    if json {
      context.console.answer(try StatusDocument.json(StatisticsDocument(statistics)))
      return .done
    }
    guard !folders.isEmpty else { throw JournalError.noRuns }
    guard statistics.runs + statistics.reviews + statistics.landings > 0 else {
      context.console.answer("no runs since \(since ?? "")")
      return .done
    }
    let terminal = context.console.output
    let lines = StatisticsText.lines(
      statistics, width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
    for line in lines { context.console.answer(line) }
    return .done
  }

  /// What the file next to the journal says, or the journal, which then leaves such a file for the next time. nil for one
  /// that cannot be read: one damaged run must not hide the others.
  private func figures(of folder: RunFolder, _ context: CommandContext) -> RunFigures? {
    if let figures = folder.figures() { return figures }
    guard folder.hasBegun else { return nil }
    do throws(JournalError) {
      let state = try folder.state()
      folder.writeFigures(of: state)
      return RunFigures(state)
    } catch {
      context.console.narrate("warning: \(error)")
      return nil
    }
  }

  /// Ids begin with the second at which the run began, as `20261122-203705`.
  private static func isOlder(_ id: String, than begin: JournalTime) -> Bool {
    let stamp = begin.description.prefix(19).filter { $0 != "-" && $0 != ":" }.replacing("T", with: "-")
    let mine = id.prefix(15)
    guard mine.utf8.count == 15, mine.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }) else {
      return false
    }
    return mine < stamp
  }
}
