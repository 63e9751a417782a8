import Basics
import Engine
import Git
import Journal
import Processes
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The ledgers of runs: those of this clone, and those that were fetched.
extension LeftoverSurvey {
  struct Ledger: Sendable {
    let name: String
    let commit: String
    let run: String
    /// Where it was fetched from or pushed to; nil for this clone's own.
    let remote: String?
    let writtenAt: Date
  }

  func ledgers() async throws -> [Ledger] {
    let listing = try await place.git.require(
      .reading,
      [
        "for-each-ref", "--format=%(objectname) %(committerdate:unix) %(refname)", "refs/orchestrator/runs",
        "refs/orchestrator/remotes",
      ])
    return listing.text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard fields.count == 3, let seconds = Double(fields[1]) else { return nil }
      let parts = fields[2].split(separator: "/").map(String.init)
      // `refs/orchestrator/runs/<run>`, `refs/orchestrator/remotes/<remote>/runs/<run>`.
      guard let run = parts.last, parts.count >= 4, parts[parts.count - 2] == "runs" else { return nil }
      let remote = parts[2] == "remotes" ? parts[3..<(parts.count - 2)].joined(separator: "/") : nil
      if parts[2] == "runs", parts.count != 4 { return nil }
      return Ledger(
        name: fields[2], commit: fields[0], run: run, remote: remote, writtenAt: Date(timeIntervalSince1970: seconds))
    }
  }

  /// A ledger goes with its run's record; without one, when it is old.
  func addLedgers(_ ledgers: [Ledger], to collected: inout Collected) {
    let known = Set(collected.findings.runs.map(\.id))
    let going = Set(collected.findings.leftovers.filter { $0.kind == .run }.compactMap(\.run))
    let remotes = Set(place.settings.listing.entries.compactMap { Self.remote(ofKey: $0.key) })
    for (remote, ledgers) in Dictionary(grouping: ledgers, by: \.remote) {
      let newest = Set(ledgers.map(\.run).sorted().suffix(selection.keptRuns))
      for ledger in ledgers where ledger.run != collected.holder {
        let isOurs = known.contains(ledger.run)
        if let chosen = selection.runs, !chosen.contains(ledger.run) { continue }
        let age = FileAge.text(since: ledger.writtenAt, now: selection.now)
        let reason: String
        if let remote, !remotes.contains(remote) {
          reason = "'\(remote)' is no longer a remote"
        } else if isOurs {
          guard going.contains(ledger.run) else { continue }
          reason = "the record of its run goes"
        } else {
          let isOld = selection.isOld(ledger.writtenAt, selection.ageOfRecords)
          guard isOld, remote == nil || !newest.contains(ledger.run) else { continue }
          // What the remote still has comes back with the next fetch.
          guard remote == nil || remote == selection.ledgersOf else { continue }
          reason = remote == nil ? "run \(ledger.run) is gone" : "it was written \(age) ago"
        }
        var leftover = Leftover(.ledger, ledger.name, reason: reason)
        leftover.reference = ledger.name
        leftover.commit = ledger.commit
        leftover.run = ledger.run
        if let remote, remote == selection.ledgersOf, remotes.contains(remote) {
          leftover.remote = remote
          leftover.reason = "\(reason); it goes on '\(remote)', too"
        }
        collected.add(leftover)
      }
    }
  }

  private static func remote(ofKey key: String) -> String? {
    guard key.hasPrefix("remote."), key.hasSuffix(".url") else { return nil }
    return String(key.dropFirst("remote.".count).dropLast(".url".count))
  }
}
