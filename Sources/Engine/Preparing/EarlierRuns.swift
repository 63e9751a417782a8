import Basics
import Git
import Journal
import Processes
import SystemPackage

/// What must be known of earlier runs before another begins in the same repository.
package struct EarlierRuns: Sendable {
  private let place: RepositoryContext
  /// How many of the newest are looked at.
  private static let mostRuns = 50
  /// How many are named.
  private static let mostNamed = 5

  package init(_ place: RepositoryContext) { self.place = place }

  /// Ends what runs have left running whose own process was killed: nobody watches it, or waits for it. For whoever holds
  /// the lock on runs.
  /// - Returns: what to tell the user of these runs, a line each.
  package func endUnwatched() async throws -> [String] {
    let place = place
    let dead = try await offPool { () throws(JournalError) in
      var dead: [(RunState, RunFolder)] = []
      for folder in try place.store.runs().suffix(Self.mostRuns).reversed() where folder.summary() == nil {
        // What cannot be read is doctor's to tell.
        guard folder.hasBegun, let state = try? folder.state(), state.phase != .ended else { continue }
        dead.append((state, folder))
      }
      return dead
    }
    var notes: [String] = []
    let jobs = DeadJobs(place)
    for (run, folder) in dead {
      let id = run.header.id
      let ended = await sweepDeadRun(folder.mark)
      let jobs = await jobs.end(of: run, in: folder)
      guard notes.count < Self.mostNamed else { continue }
      let stopped =
        (ended > 0 ? "; stopped \(ended) process\(ended == 1 ? "" : "es") that it had left running" : "")
        + (jobs.ended > 0 ? "; canceled \(jobs.ended) job\(jobs.ended == 1 ? "" : "s") of it" : "")
      notes += jobs.notes.map { "of run \(id): \($0)" }
      let left = run.ownTasks.count { !$0.status.isGood }
      guard run.header.isRun, left > 0 else {
        if run.header.landing != nil, left > 0 {
          notes.append("landing \(id) was cut short\(stopped); to continue it: git orch land --continue")
        } else if ended > 0 || jobs.ended > 0 {
          notes.append("review \(id) was cut short\(stopped)")
        }
        continue
      }
      notes.append(
        "run \(id) was cut short, and \(left == 1 ? "1 task is" : "\(left) tasks are") not done\(stopped); "
          + "to continue it: git orch run --continue \(id)")
    }
    return notes
  }
}
