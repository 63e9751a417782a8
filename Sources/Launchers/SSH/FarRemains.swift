import Basics
import Git
import Processes
package import SystemPackage

/// What is on hosts of jobs that nobody waits for: attempts that were given up as their host did not answer, and folders
/// that we died before removing.
extension SSH {
  /// The folders of a run's jobs of which something may be on a host. Reads only which files are there.
  package static func remains(of run: FilePath) -> [JobFolder] {
    let tasks = run.appending("tasks")
    return remains(in: run) + (namesInFolder(tasks.string) ?? []).flatMap { remains(in: tasks.appending($0)) }
  }

  /// The same of one folder, such as a task's.
  private static func remains(in folder: FilePath) -> [JobFolder] {
    (namesInFolder(folder.string) ?? []).filter { $0.hasSuffix(".job") }.compactMap { name in
      let far = FarJob(folder: JobFolder(folder.appending(name)))
      return far.departedFile.exists && !far.removed.exists ? far.folder : nil
    }
  }

  /// The host of one of a run's attempts whose end has not come home; nil where there is none.
  package static func openHost(of run: FilePath) -> String? { openHost(of: remains(of: run)) }

  /// The same of one task, by its folder.
  package static func openHost(ofTask folder: FilePath) -> String? { openHost(of: remains(in: folder)) }

  private static func openHost(of folders: [JobFolder]) -> String? {
    folders.first { $0.isOpen && !$0.isProgram }.map { FarJob(folder: $0).departed?.host ?? "another host" }
  }

  /// Ends what still runs, brings home what was done, and removes what is there.
  /// - Returns: what is to be told, as a sentence without a full stop; nil where there is nothing.
  package func clear(_ folder: JobFolder) async throws(LaunchError) -> String? {
    let far = FarJob(folder: folder)
    guard let travel = far.travel, let departed = far.departed else { return nil }
    let job = Job(key: travel.key, folder: folder)
    let place = "\(departed.host):\(departed.job(travel))"
    if folder.isOpen {
      guard try await endThere(job) else {
        // It never came there.
        try? FileSystem.replace(far.removed, with: "")
        return nil
      }
      for _ in 0..<Self.mostLooks where folder.isOpen {
        try await fetch(job)
        if folder.isOpen { await sleepUncancelled(for: .seconds(1)) }
      }
      guard !folder.isOpen else { throw .unavailable("the job in '\(place)' has not ended") }
      if folder.isProgram { return nil }
      let trouble = far.trouble.readTail(limit: 2000).trimmed
      return trouble.isEmpty
        ? "what \(travel.key) did on \(departed.host) was brought into '\(travel.worktree)'"
        : "what \(travel.key) did on \(departed.host) was brought home: \(trouble)"
    }
    let left = folder.path.appending("left").readTail(limit: 500).trimmed
    if !left.isEmpty { return "left on \(departed.host): \(left)" }
    try await remove(travel, departed, hosts[departed.host], far)
    return nil
  }

  private static let mostLooks = 30
}
