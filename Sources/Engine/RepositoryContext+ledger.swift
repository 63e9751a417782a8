package import Journal
package import Ledger
import Settings

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

  /// What writes the ledger of a run; nil unless `orchestrator.ledger.remote` is set.
  package func ledgerWriter(of folder: RunFolder) throws(LedgerError) -> LedgerWriter? {
    guard let remote = settings[.ledgerRemote] else { return nil }
    let hidden = environment.filter { SecretVariables.contains($0.key, value: $0.value) }.map(\.value)
    let places = [root, commonDirectory, directory, folder.path] + [checkout].compactMap(\.self)
    return LedgerWriter(
      of: folder, commonDirectory: commonDirectory, git: git,
      identity: try .ours(commonDirectory: commonDirectory), remote: remote,
      redactor: Redactor(
        environment: environment, hiding: hidden, places: places, includes: Set(settings[.ledgerInclude])))
  }
}
