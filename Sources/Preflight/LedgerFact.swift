import Engine
import Settings

extension Preflight {
  /// Whether the run gets the ledger that the settings ask for; nil where they ask for none.
  package func ledger() -> Fact? {
    guard let name = place.settings[.ledgerRemote] else { return nil }
    do {
      try place.requireLedgerRemote(name)
    } catch {
      return Fact(
        "Ledger", .warning, "there will be no ledger of a run: \(error)",
        advice: ["set orchestrator.ledger.remote to the name of a remote: git remote"])
    }
    return Fact("Ledger", .good, "runs are pushed to '\(name)' for other clones to see")
  }
}
