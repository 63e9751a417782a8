import Basics
package import Journal
import Launchers
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The jobs of runs whose own process is gone, on other machines.
package struct DeadJobs: Sendable {
  private let place: RepositoryContext
  private let launchers: Launchers

  /// How often is asked whether they have ended, a second each.
  private static let mostLooks = 20

  package init(_ place: RepositoryContext) {
    self.place = place
    launchers = Launchers(place.settings, environment: place.environment)
  }

  /// A job of which nothing says that it is over.
  package struct Open: Sendable {
    package let task: String
    package let record: JobRecord
    /// Whether it is a run of tests, which nobody takes up.
    package var isTests = false
    let folder: JobFolder
  }

  package static func open(in state: RunState, _ folder: RunFolder) -> [Open] {
    state.tasks.compactMap { task in
      guard let attempt = task.attempts.last, attempt.result == nil, let record = attempt.job else { return nil }
      let job = JobFolder(folder.attempt(attempt.number, of: task.header.id).job)
      return job.isOpen ? Open(task: task.header.id, record: record, folder: job) : nil
    } + tests(in: folder.path, of: folder.id)
      + state.tasks.flatMap { tests(in: folder.task($0.header.id), of: $0.header.id) }
  }

  /// Test runs that are jobs. No journal tells of them: they are not taken up, but run again.
  private static func tests(in folder: FilePath, of task: String) -> [Open] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    return names.filter { $0.hasPrefix("tests") && $0.hasSuffix(".job") }.sorted().compactMap { name in
      let job = JobFolder(folder.appending(name))
      guard job.isOpen, let owner = job.owner else { return nil }
      return Open(
        task: task, record: JobRecord(launcher: owner.launcher, key: owner.key, stage: .submitting), isTests: true,
        folder: job)
    }
  }

  /// Ends those of a run that nobody continues. Their folders then say so.
  /// - Parameter spared: tasks whose agents are left alone.
  /// - Returns: how many were ended, and what could not be made sure of, a line each.
  package func end(
    of state: RunState, in folder: RunFolder, sparing spared: Set<String> = []
  ) async -> (ended: Int, notes: [String]) {
    let open = Self.open(in: state, folder).filter { $0.isTests || !spared.contains($0.task) }
    guard !open.isEmpty else { return (0, []) }
    var (ended, notes) = (0, [String]())
    for job in open {
      // Whatever the scheduler says: one that begins, or lives, finds that it is not wanted.
      job.folder.forbid(killing: true)
      guard let launcher = launchers.named(job.record.launcher) else {
        notes.append("'\(job.record.launcher)', which has job \(job.record.key), is not known here")
        continue
      }
      do throws(LaunchError) {
        if try await end(job, with: launcher) { ended += 1 }
      } catch {
        let name = job.record.id.map { "job \($0)" } ?? "the job of \(job.task)"
        notes.append("\(name) may still run: \(error)")
      }
    }
    return (ended, notes)
  }

  /// Whether there was anything to end.
  private func end(_ open: Open, with launcher: any Launcher) async throws(LaunchError) -> Bool {
    let job = Job(key: open.record.key, folder: open.folder)
    let handles = try await launcher.find(job)
    for handle in handles {
      var isPending = false
      if case .pending = try await launcher.state(handle) { isPending = true }
      try await launcher.kill(handle, isPending: isPending)
    }
    var sign = open.folder.sign
    for _ in 0..<Self.mostLooks {
      // What it did elsewhere comes home first.
      try await launcher.fetch(job)
      guard open.folder.isOpen else { return true }
      var isOver = true
      for handle in handles {
        switch try await launcher.state(handle) {
        case .pending, .running: isOver = false
        case .ended, .unknown: break
        }
      }
      // Its script gives a sign of life each two seconds.
      if isOver, handles.isEmpty || !launcher.travels, !handles.isEmpty || open.folder.sign == sign {
        open.folder.close()
        return !handles.isEmpty
      }
      sign = open.folder.sign
      await pause()
    }
    throw .unavailable("it has not ended")
  }

  private func pause() async { try? await Task.sleep(for: .seconds(3)) }
}
