import Agents
import Basics
import Engine
import Git
import Plans
import Platform
import Processes
import Settings
import SystemPackage

/// Whether the machine has room for as many agents as are to work at a time.
extension Doctor {
  private var jobs: Int { scene.settings[.runJobs] }

  func checkWorktreeFolder(_ notes: Findings) async {
    let name = "Worktrees"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    do {
      let folder = try worktreeFolder(of: place)
      if let reason = FileSystem.whyNotWritable(folder) {
        return notes.fault(
          name, "cannot create worktrees in '\(folder)': \(reason)", fixes: ["git config orchestrator.worktreeDir DIR"])
      }
      notes.ok(name, "\(folder) is writable")
    } catch {
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  private func worktreeFolder(of place: RepositoryContext) throws -> FilePath {
    try place.worktreeFolder(plan: scene.plan?.settings.worktreeDir)
  }

  func checkDisk(_ notes: Findings) async {
    let name = "Disk"
    guard let place = scene.place, let folder = try? worktreeFolder(of: place) else {
      return notes.skip(name, "not in a repository")
    }
    guard let free = folder.freeBytes.map({ Int($0) }) else {
      return notes.skip(name, "the system does not say how much is free in '\(folder)'")
    }
    do {
      guard try await !place.inRepository({ try $0.shape() }).isPartialClone else {
        // To ask for the sizes would fetch the files.
        return notes.ok(name, "\(Self.size(free)) free; what a worktree takes is not known in a partial clone")
      }
      let listing = try await place.git.run(.reading, ["ls-tree", "-r", "-l", "-z", "HEAD"])
      guard listing.isSuccess else { return notes.skip(name, "\(Self.size(free)) free; there is no commit yet") }
      notes.add(Self.diskFinding(free: free, checkout: Self.totalSize(listing.bytes), jobs: jobs))
    } catch {
      if (error as? GitError)?.code == .cancelled { return }
      notes.add(DoctorFinding(name, .warning, error: error))
    }
  }

  /// What the files of `git ls-tree -r -l -z` come to, in bytes: `<mode> blob <id> <size>\t<path>`.
  static func totalSize(_ listing: [UInt8]) -> Int {
    var total = 0
    for record in listing.split(separator: 0) {
      let fields = record.prefix { $0 != UInt8(ascii: "\t") }.split(separator: UInt8(ascii: " "))
      if fields.count == 4 { total += Int(String(decoding: fields[3], as: UTF8.self)) ?? 0 }
    }
    return total
  }

  static func diskFinding(free: Int, checkout: Int, jobs: Int) -> DoctorFinding {
    let name = "Disk"
    let needed = checkout * jobs
    let words = "\(size(free)) free; \(jobs) \(jobs == 1 ? "worktree takes" : "worktrees take") \(size(needed))"
    if free < needed {
      return DoctorFinding(
        name, .fault, words,
        hints: [
          "run fewer at a time: git orch run --jobs N, or git config orchestrator.run.jobs N",
          "or put them on another disk: git config orchestrator.worktreeDir DIR",
        ])
    }
    // What agents build takes room as well, and nobody knows how much.
    if free - needed < 1 << 30 {
      return DoctorFinding(name, .warning, "\(words), which leaves little for what agents build")
    }
    return DoctorFinding(name, .ok, words)
  }

  // MARK: - Memory and files

  /// An agent at its peak (Claude Code 2.1.330: 227 MiB in a short session), and room for the programs that it runs.
  static let memoryPerAgent = 400 << 20

  func checkMemory(_ notes: Findings) async {
    guard let available = AvailableMemory().bytes.map({ Int($0) }) else {
      return notes.skip("Memory", "the system does not say how much is available")
    }
    notes.add(Self.memoryFinding(available: available, jobs: jobs))
  }

  static func memoryFinding(available: Int, jobs: Int) -> DoctorFinding {
    let fitting = max(1, available / memoryPerAgent)
    let words =
      "\(size(available)) available; \(jobs) \(jobs == 1 ? "agent takes" : "agents take") about "
      + size(jobs * memoryPerAgent)
    guard available < jobs * memoryPerAgent else { return DoctorFinding("Memory", .ok, words) }
    return DoctorFinding(
      "Memory", .warning, "\(words) (400 MiB each, including what they run)",
      fixes: ["git config orchestrator.run.jobs \(fitting)"])
  }

  func checkOpenFiles(_ notes: Findings) async {
    let name = "Open files"
    guard let limit = openFileLimit() else { return notes.skip(name, "the system does not say its limit") }
    // Streams, logs, pipes and a watch for each agent; libraries and the journal for all.
    let needed = jobs * 16 + 128
    guard limit < needed else { return notes.ok(name, "up to \(limit)") }
    notes.warn(
      name, "this user's programs may open \(limit); \(jobs) agents take up to \(needed)",
      fixes: ["ulimit -n \(needed)"], hints: ["the hard limit may have to be raised first (ulimit -Hn)"])
  }

  /// `1.5 GiB`.
  static func size(_ bytes: Int) -> String { byteText(Int64(bytes)) }
}

/// The hard limit, up to which a run raises its own; nil when there is none to be known.
private func openFileLimit() -> Int? {
  var present: UInt64 = 0
  var highest: UInt64 = 0
  return platform_file_limit(&present, &highest) ? Int(clamping: highest) : nil
}
