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
package struct PlanningCosts {
  private static let most = 20

  private struct Entry: Codable {
    let plan: String
    let planning: PlanningRecord
  }

  private let file: FilePath

  package init(_ store: RunStore) { file = store.folder.appending("planning-costs.json") }

  /// A plan was written there; what another one had taken that no run executed is not a run's.
  package func note(_ planning: PlanningRecord?, of plan: FilePath) {
    let others = entries.filter { $0.plan != plan.string }
    guard planning != nil || others.count < entries.count else { return }
    write(others + (planning.map { [Entry(plan: plan.string, planning: $0)] } ?? []))
  }

  /// For the first run of that plan alone.
  package func take(_ plan: FilePath) -> PlanningRecord? {
    let all = entries
    guard let entry = all.last(where: { $0.plan == plan.string }) else { return nil }
    write(all.filter { $0.plan != plan.string })
    return entry.planning
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
