import Basics

/// Why a ledger cannot be written or read.
package enum LedgerError: Error, Equatable, CustomStringConvertible {
  case noIdentity(String)
  case newerSchema(run: String, schema: Int)
  case damaged(run: String, reason: String)
  case noLedgers(remote: String)
  case noRemote(String)
  case noLogs(run: String)

  package var description: String {
    switch self {
    case .noIdentity(let file): "cannot read '\(file)'; it is made again when you remove it"
    case .newerSchema(let run, let schema):
      "the ledger of run \(run) has schema \(schema), which a newer git-orch wrote; this one reads \(LedgerSchema.version)"
    case .damaged(let run, let reason): "the ledger of run \(run) cannot be read: \(reason)"
    case .noLedgers(let remote):
      """
      '\(remote)' has no ledgers of runs
      hint: where runs are started: git config orchestrator.ledger.remote \(remote)
      """
    case .noRemote(let name):
      "'\(sanitized(name))', which orchestrator.ledger.remote names, is not a remote of this repository"
    case .noLogs(let run):
      """
      the ledger of run \(run) has no logs
      hint: where runs are started: git config orchestrator.ledger.include logs
      """
    }
  }
}
