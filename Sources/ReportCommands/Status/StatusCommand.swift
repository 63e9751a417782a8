package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Git
import Journal
import Landing
import Restacking
import RunViews
import SystemPackage
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `git orch status`: what a run did or is doing.
package struct StatusCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "status", abstract: "Show what a run did, or is doing",
    usage: """
      git orch status [--watch | --refresh] [--json | --porcelain] [<run>]
      git orch status --remote [<remote>] [--json | --porcelain] [<run>]
      git orch status --all [--remote [<remote>]] [--json]
      """)

  @Flag(help: "Follow the run until it ends")
  var watch = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Flag(help: "Print lines for scripts (version 1)")
  var porcelain = false

  @Flag(help: "Ask the forge first what became of the pull requests")
  var refresh = false

  @Flag(help: "List all runs, the newest first")
  var all = false

  @Option(defaultAsFlag: RemoteRuns.unnamed, parsing: .next, help: RemoteRuns.help)
  var remote: String?

  @Argument(help: "A run's id or its beginning (default: the newest)")
  var run: String?

  package init() {}

  package mutating func validate() throws {
    (run, remote) = RemoteRuns.toldApart(run: run, remote: remote)
    if remote != nil && (watch || refresh) {
      throw ValidationError("--remote shows what was fetched, and cannot be combined with --watch or --refresh")
    }
    if json && porcelain { throw ValidationError("--json and --porcelain cannot be used together") }
    if all && (porcelain || watch || refresh || run != nil) {
      throw ValidationError("--all can only be combined with --json")
    }
    if watch && refresh { throw ValidationError("--watch and --refresh cannot be used together") }
    if watch && (json || porcelain) {
      throw ValidationError("--watch cannot be combined with --json or --porcelain")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    if refresh {
      let work = LiveSession(context: context, answersInJSON: json)
      return try await work.interruptibly {
        let place = try await work.workplace()
        let folder = try place.store.run(command.run)
        try await PullRequestRefresh(
          folder, in: place, stop: work.stop, send: LiveSession.send, note: work.note
        ).perform()
        return try await command.show(place.store, in: context)
      }
    }
    return try await RemoteRuns(remote: remote).perform(in: context) { try await command.show($0, in: context) }
  }

  private func show(_ store: RunStore, in context: CommandContext) async throws -> ExitStatus {
    if all { return try list(store, context) }
    let folder = try store.run(run)
    if watch {
      return try await RunScreen(folder, in: store, context: context).follow { view in
        for line in Self.text(view, context) { context.console.answer(line) }
      }
    }
    var view = try RunView(folder, in: store)
    // What is next is for the clone that has the work.
    if store.remote != nil { view.isLast = false }
    if run != nil { view.isNewest = (try? store.run(nil))?.id == folder.id }
    if json {
      context.console.answer(try StatusDocument(view).json())
    } else if porcelain {
      for line in PorcelainStatus.lines(view) { context.console.answer(verbatim: line) }
    } else {
      for line in Self.text(view, context) { context.console.answer(line) }
    }
    RemoteRuns.narrate(asOf: view.updatedAt, folder, of: store, context)
    return .done
  }

  static func text(_ view: RunView, _ context: CommandContext) -> [String] {
    StatusText.lines(
      view, directory: context.directory, palette: context.console.output.palette,
      links: Hyperlinks(context.console.output, context.environment))
  }

  private func list(_ store: RunStore, _ context: CommandContext) throws -> ExitStatus {
    // Newest first.
    let folders = try store.runs().reversed()
    if json {
      let documents = folders.compactMap { view(of: $0, in: store, context).map(StatusDocument.init) }
      context.console.answer(try StatusDocument.json(documents))
      return .done
    }
    let rows = folders.compactMap { folder in
      folder.summary().map { RunTable.Row($0) } ?? view(of: folder, in: store, context).map { RunTable.Row($0) }
    }
    guard !rows.isEmpty else { throw JournalError.noRuns }
    for line in RunTable.lines(rows, terminal: context.console.output) { context.console.answer(line) }
    return .done
  }

  /// Reads a run's journal, and leaves a summary for the next list. nil for one that cannot be read: one damaged run
  /// must not hide the others.
  private func view(of folder: RunFolder, in store: RunStore, _ context: CommandContext) -> RunView? {
    do throws(JournalError) {
      let holder = RunLock.currentHolder(at: store.lock)
      let state = try folder.state()
      folder.writeSummary(of: state)
      return RunView(state, isAlive: store.mayBeAlive(state, holder: holder), now: Date())
    } catch {
      context.console.narrate("warning: \(error)")
      return nil
    }
  }
}
