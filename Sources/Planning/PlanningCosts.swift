import Basics
import Engine
package import Journal
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the plans took that no run has taken over yet: a plan may be made by one command, read by its user, and executed
/// by another one. By the path of its file, as its user may edit it in between.
///
/// A run claims them before it begins, and lets them go once they are in its journal: whenever it is killed, they are in
/// one of the two, and are counted once.
package struct PlanningCosts {
  private static let most = 20

  private struct Entry: Codable {
    let plan: String
    let planning: PlanningRecord
    /// The run that has them in its journal, or is about to.
    var run: String?
  }

  private let store: RunStore
  private var file: FilePath { store.folder.appending("planning-costs.json") }

  package init(_ store: RunStore) { self.store = store }

  /// A plan was written there; what another one had taken that no run executed is not a run's.
  package func note(_ planning: PlanningRecord?, of plan: FilePath) {
    let others = entries.filter { $0.plan != plan.string || $0.run != nil }
    guard planning != nil || others.count < entries.count else { return }
    write(others + (planning.map { [Entry(plan: plan.string, planning: $0)] } ?? []))
  }

  /// For the first run of that plan alone; under the lock of runs, so that another one that claimed them is over.
  package func claim(_ plan: FilePath, for run: String) {
    var all = entries
    guard let index = all.lastIndex(where: { $0.plan == plan.string && !isCounted($0) }) else { return }
    all[index].run = run
    write(all)
  }

  /// Those of a run which are not in its journal yet; nil when there are none.
  package func claimed(by run: RunState) -> PlanningRecord? {
    run.planning == nil ? entries.last { $0.run == run.header.id }?.planning : nil
  }

  /// They are in the journal of that run.
  package func settle(_ run: String) {
    let all = entries
    if all.contains(where: { $0.run == run }) { write(all.filter { $0.run != run }) }
  }

  private func isCounted(_ entry: Entry) -> Bool {
    guard let id = entry.run, let folder = try? store.run(id), folder.id == id else { return false }
    return (try? folder.state())?.planning != nil
  }

  private var entries: [Entry] {
    guard let bytes = try? file.readBytes(limit: 1 << 20, .plainFile) else { return [] }
    return bytes.withUnsafeBytes { try? JSONValue(checking: $0)?.decode([Entry].self) } ?? []
  }

  /// Nothing but a figure is lost where it cannot be written.
  private func write(_ entries: [Entry]) {
    guard let data = try? JSONEncoder().encode(entries.suffix(Self.most)) else { return }
    try? FileSystem.replace(file, with: String(decoding: data, as: UTF8.self))
  }
}
