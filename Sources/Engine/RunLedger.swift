import Basics
import Ledger

/// The ledger of the run in whose course something is done.
package struct RunLedger: Sendable {
  /// nil where there is none.
  @TaskLocal package static var current: RunLedger?

  private let writer: LedgerWriter

  init(_ writer: LedgerWriter) { self.writer = writer }

  /// Brings the ledger up to date, before a branch is pushed: whoever continues the run knows then that it was proven.
  /// - Returns: why this clone pushes nothing more of the run; nil where it may.
  package func reasonToStop() async -> String? { await writer.successor().map(Self.reason) }

  static func reason(for successor: LedgerWriterIdentity) -> String {
    "taken over by the clone on '\(sanitized(successor.host))'"
  }
}
