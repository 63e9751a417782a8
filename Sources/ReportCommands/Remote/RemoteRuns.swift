import ArgumentParser
import Basics
import CommandSupport
import Engine
import Git
import Journal
import Ledger
import Processes
import Settings

/// `--remote`, of commands that show runs: those of other clones, by their ledgers. An option of each of them, and not a
/// group: every start of a command would pay for that.
struct RemoteRuns: Sendable {
  /// As the option has it.
  let remote: String?

  static let help = ArgumentHelp("Show runs of other clones, by their ledgers there", valueName: "remote")
  /// What `--remote` alone means.
  static let unnamed = "configured"

  /// `--remote RUN`: the id of a run is not the name of a remote.
  /// - Parameters:
  ///   - run: the one that is named besides.
  ///   - remote: as the option has it.
  static func toldApart(run: String?, remote: String?) -> (run: String?, remote: String?) {
    guard run == nil, let value = remote, value.utf8.count > 8, value.utf8.prefix(8).allSatisfy({ 0x30...0x39 ~= $0 }),
      value.dropFirst(8).hasPrefix("-")
    else { return (run, remote) }
    return (value, unnamed)
  }

  /// The runs that are to be shown: those of this clone, or, once they have been fetched, those of a remote.
  func store(in context: CommandContext) async throws -> RunStore {
    guard let named = remote else {
      return RunStore(
        commonDirectory: try Repository.commonDirectory(around: context.directory, environment: context.environment))
    }
    let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    let remote = named == Self.unnamed ? place.settings[.ledgerRemote] ?? place.settings[.gitRemote] : named
    let ledgers = RemoteLedgers(remote: remote, commonDirectory: place.commonDirectory, git: place.git)
    let failure = await Self.fetch(ledgers)
    if let failure {
      // What was fetched before can be shown all the same.
      let isUseless = failure.code == .cancelled || failure.code == .invalidName
      let earlier = isUseless ? [] : try await ledgers.store().store.runs()
      if earlier.isEmpty { throw failure }
      context.console.narrate("warning: as of the last fetch: \(failure)")
    }
    let (store, faults) = try await ledgers.store()
    for fault in faults { context.console.narrate("warning: \(fault)") }
    guard try !store.runs().isEmpty else { throw LedgerError.noLedgers(remote: remote) }
    return store
  }

  private static func fetch(_ ledgers: RemoteLedgers) async -> GitError? {
    do throws(GitError) {
      try await ledgers.fetch()
      return nil
    } catch {
      return error
    }
  }

  /// Runs a command that shows runs; a signal ends it, whatever it waits for.
  func perform(
    in context: CommandContext, _ body: @escaping @Sendable (RunStore) async throws -> ExitStatus
  ) async throws -> ExitStatus {
    guard remote != nil else {
      return try await offPool(awaiting: { try await body(try await self.store(in: context)) })
    }
    let session = LiveSession(context: context, answersInJSON: false)
    return try await session.interruptibly {
      let store = try await session.stop.cancelling(at: .graceful) { try await self.store(in: context) }
      return try await offPool(awaiting: { try await body(store) })
    }
  }

  /// Says whose run it is that was shown.
  static func narrate(asOf time: JournalTime, _ folder: RunFolder, of store: RunStore, _ context: CommandContext) {
    guard let remote = store.remote else { return }
    let host = RemoteLedgers.host(of: folder).map { ", performed on '\(sanitized($0))'" } ?? ""
    context.console.narrate("from the ledger on '\(sanitized(remote))'\(host), as of \(time)")
  }
}
