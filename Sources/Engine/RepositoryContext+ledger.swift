import Basics
import Git
package import Journal
package import Ledger
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RepositoryContext {
  /// Brings the ledger of a run up to date with what a command other than the run wrote into its journal.
  /// - Returns: what the user should hear.
  package func updateLedger(of folder: RunFolder) async -> [String] {
    do {
      return try await ledgerWriter(of: folder)?.finish() ?? []
    } catch {
      return ["the ledger of run \(folder.id) cannot be written: \(error)"]
    }
  }

  /// Completes the ledger of the run before that one: it may have been killed between its last entry and its last commit,
  /// or the remote was not reached.
  func completeLedger(before run: RunFolder) async {
    let store = store
    guard let earlier = await offPool({ try? store.runs().last { $0.id < run.id } }) else { return }
    let reference = LedgerReference.run(earlier.id)
    let tip = try? await withRepository { repository throws(GitError) in try repository.reference(reference) }
    guard case .some = tip else { return }
    // What is wrong was told at its end.
    _ = await updateLedger(of: earlier)
  }

  /// What writes the ledger of a run; nil unless `orchestrator.ledger.remote` is set.
  package func ledgerWriter(of folder: RunFolder) throws(LedgerError) -> LedgerWriter? {
    guard let remote = settings[.ledgerRemote] else { return nil }
    try requireLedgerRemote(remote)
    return LedgerWriter(
      of: folder, commonDirectory: commonDirectory, git: git,
      identity: try .ours(commonDirectory: commonDirectory), remote: remote, redactor: redactor(of: folder))
  }

  /// What takes a run over from another clone; nil unless `orchestrator.ledger.remote` is set.
  package func ledgerClaim(of folder: RunFolder) throws(LedgerError) -> LedgerClaim? {
    guard let remote = settings[.ledgerRemote] else { return nil }
    try requireLedgerRemote(remote)
    return LedgerClaim(
      run: folder.id, remote: remote, commonDirectory: commonDirectory, git: git,
      identity: try .ours(commonDirectory: commonDirectory), redactor: redactor(of: folder))
  }

  /// What was pushed to something else than a remote of the repository, nobody could find again.
  package func requireLedgerRemote(_ name: String) throws(LedgerError) {
    guard remote(name) == nil || !BranchName.isValid(name) else { return }
    throw LedgerError.noRemote(name)
  }

  private func redactor(of folder: RunFolder) -> Redactor {
    let hidden = environment.filter { SecretVariables.contains($0.key, value: $0.value) }.map(\.value)
    // Worktrees are next to the repository unless the user says otherwise.
    let places =
      [root, root.removingLastComponent(), commonDirectory, directory, folder.path] + [checkout].compactMap(\.self)
    return Redactor(environment: environment, hiding: hidden, places: places, includes: Set(settings[.ledgerInclude]))
  }
}
