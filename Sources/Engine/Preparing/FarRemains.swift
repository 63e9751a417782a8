import Basics
package import Journal
import Launchers
import SystemPackage

/// What is on other hosts of runs that have ended.
package struct FarRemains: Sendable {
  private let place: RepositoryContext

  package init(_ place: RepositoryContext) { self.place = place }

  /// The host of an attempt of the run whose work has not come home; nil where all has.
  package static func host(of run: RunFolder) -> String? { SSH.openHost(of: run.path) }

  /// The same of one of its tasks.
  package static func host(of task: String, in run: RunFolder) -> String? { SSH.openHost(ofTask: run.task(task)) }

  /// Brings home what is there, and removes it. A host that does not answer keeps it.
  /// - Returns: what is to be told, a line each.
  package func clear() async -> [String] {
    let place = place
    return await clear(
      await offPool {
        let runs = (try? place.store.runs()) ?? []
        // Of one that has not ended, its own process takes care, or whoever continues it or gives it up.
        return runs.filter { $0.summary() != nil }.flatMap { SSH.remains(of: $0.path) }
      })
  }

  /// Brings home what attempts did that were given up as their host did not answer, before their tasks go on.
  /// - Parameter spared: tasks whose agents are watched again.
  package func bringHome(of run: RunFolder, sparing spared: Set<String>) async -> [String] {
    await clear(
      await offPool {
        SSH.remains(of: run.path).filter {
          $0.isOpen && !$0.isProgram && !spared.contains($0.path.removingLastComponent().lastComponent?.string ?? "")
        }
      })
  }

  private func clear(_ folders: [JobFolder]) async -> [String] {
    guard !folders.isEmpty else { return [] }
    let launchers = Launchers(place.settings, environment: place.environment)
    var notes: [String] = []
    for folder in folders {
      do throws(LaunchError) {
        if let note = try await launchers.sender(of: folder)?.clear(folder) { notes.append(note) }
      } catch {
        notes.append("not brought home yet: \(error)")
      }
    }
    return notes
  }
}
