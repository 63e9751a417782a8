import Basics
import Engine
import Journal
package import SystemPackage
package import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RunContext {
  /// What the set-up command left uncommitted in a task's worktree; nothing where none ran.
  package func traces(of task: String) -> WorktreeTraces {
    guard let bytes = try? tracesFile(of: task).readBytes(limit: 16 << 20, .plainFile),
      let traces = try? JSONDecoder().decode(WorktreeTraces.self, from: Data(bytes))
    else { return WorktreeTraces() }
    return traces
  }

  /// Looks at what the set-up command has left, and keeps it for whoever judges the task's work, in this process or the
  /// next.
  package func keepTraces(of task: String, in worktree: FilePath) async throws {
    let traces = try await WorktreeTraces(in: worktree, environment: place.environment)
    guard !traces.isEmpty || tracesFile(of: task).exists else { return }
    try FileSystem.replace(tracesFile(of: task), with: [UInt8](try JSONEncoder().encode(traces)))
    guard !traces.isEmpty else { return }
    let names = traces.files.keys.sorted()
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    let warning =
      "the set-up command leaves changes that are in no commit, and that count as nobody's work: "
      + names.prefix(5).joined(separator: ", ") + more
    if await !journal.state.warnings.contains(warning) { try await journal.append(.warned(message: warning)) }
  }

  private func tracesFile(of task: String) -> FilePath { journal.folder.task(task).appending("setup-left.json") }
}
