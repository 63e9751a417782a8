import Basics
import Engine
package import Journal
package import Plans
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// From which to-do lists the plans were made, by the paths of the plans: a plan may be made by one command, edited, and
/// executed by another one, more than once.
package struct TodoSources {
  private static let most = 20

  private struct Entry: Codable {
    let plan: String
    let todo: TodoRecord
  }

  private let file: FilePath

  package init(_ store: RunStore) { file = store.folder.appending("todo-lists.json") }

  /// A plan was written there.
  func note(_ todo: TodoRecord?, of plan: FilePath) {
    let others = entries.filter { $0.plan != plan.string }
    guard todo != nil || others.count < entries.count else { return }
    let all = others + (todo.map { [Entry(plan: plan.string, todo: $0)] } ?? [])
    // Without it, the list is left alone: nothing of the run depends on it.
    guard let data = try? JSONEncoder().encode(all.suffix(Self.most)) else { return }
    try? FileSystem.replace(file, with: Array(data))
  }

  /// nil where the plan there is another one by now, as far as its tasks show.
  package func source(of plan: FilePath, _ tasks: [AgentTask]) -> TodoRecord? {
    guard let todo = entries.last(where: { $0.plan == plan.string })?.todo else { return nil }
    let ids = Set(tasks.map(\.id))
    return todo.items.isEmpty || todo.items.contains { !ids.isDisjoint(with: $0.tasks) } ? todo : nil
  }

  private var entries: [Entry] {
    guard let bytes = try? file.readBytes(limit: 16 << 20, .plainFile) else { return [] }
    return bytes.withUnsafeBytes { try? JSONValue(checking: $0)?.decode([Entry].self) } ?? []
  }
}
