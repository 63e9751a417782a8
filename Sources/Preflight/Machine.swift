import Basics
import Engine
import Git
import Platform
import Processes
import SystemPackage

/// Whether the machine has room for as many agents as are to work at a time.
extension Preflight {
  /// What is more than any worktrees take: then nobody adds up what theirs would.
  private static let plenty = 50 << 30

  /// The sizes of all files are not added up where there is plenty of room.
  package func disk() async -> Fact {
    let name = "Disk"
    guard let folder = worktreeFolder else { return Fact(name, .unknown, "where worktrees would go is not known") }
    guard let free = folder.freeBytes.map({ Int($0) }) else {
      return Fact(name, .unknown, "the system does not say how much is free in '\(folder)'")
    }
    if free > Self.plenty { return Fact(name, .good, "\(byteText(Int64(free))) free") }
    do {
      guard try await !place.inRepository({ $0.isPartialClone }) else {
        // To ask for the sizes would fetch the files.
        return Fact(
          name, .good, "\(byteText(Int64(free))) free; what a worktree takes is not known in a partial clone")
      }
      let listing = try await place.git.run(.reading, ["ls-tree", "-r", "-l", "-z", "HEAD"])
      guard listing.isSuccess else {
        return Fact(name, .unknown, "\(byteText(Int64(free))) free; there is no commit yet")
      }
      return Self.disk(free: free, checkout: Self.totalSize(listing.bytes), jobs: jobs)
    } catch {
      return Fact(name, .unknown, "what worktrees take is not known: \(Self.oneLine("\(error)"))")
    }
  }

  /// What the files of `git ls-tree -r -l -z` come to, in bytes: `<mode> blob <id> <size>\t<path>`.
  package static func totalSize(_ listing: [UInt8]) -> Int {
    var total = 0
    for record in listing.split(separator: 0) {
      let fields = record.prefix { $0 != UInt8(ascii: "\t") }.split(separator: UInt8(ascii: " "))
      if fields.count == 4 { total += Int(String(decoding: fields[3], as: UTF8.self)) ?? 0 }
    }
    return total
  }

  package static func disk(free: Int, checkout: Int, jobs: Int) -> Fact {
    let name = "Disk"
    let needed = checkout * jobs
    let words =
      "\(byteText(Int64(free))) free; \(jobs) \(jobs == 1 ? "worktree takes" : "worktrees take") "
      + byteText(Int64(needed))
    if free < needed {
      return Fact(
        name, .fault, "too little space on the disk: \(words)",
        advice: [
          "run fewer at a time with --jobs N, or always with 'orchestrator.run.jobs'",
          "or put them on another disk: git config orchestrator.worktreeDir DIR",
        ])
    }
    // What agents build takes room as well, and nobody knows how much.
    if free - needed < 1 << 30 { return Fact(name, .warning, "\(words), which leaves little for what agents build") }
    return Fact(name, .good, words)
  }

  /// An agent at its peak (Claude Code 2.1.330: 227 MiB in a short session), and room for the programs that it runs.
  static let memoryPerAgent = 400 << 20

  package static func memory(jobs: Int) -> Fact {
    guard let available = AvailableMemory().bytes.map({ Int($0) }) else {
      return Fact("Memory", .unknown, "the system does not say how much is available")
    }
    return memory(available: available, jobs: jobs)
  }

  package static func memory(available: Int, jobs: Int) -> Fact {
    let fitting = max(1, available / memoryPerAgent)
    let words =
      "\(byteText(Int64(available))) available; \(jobs) \(jobs == 1 ? "agent takes" : "agents take") about "
      + byteText(Int64(jobs * memoryPerAgent))
    guard available < jobs * memoryPerAgent else { return Fact("Memory", .good, words) }
    return Fact(
      "Memory", .warning, "\(words) (400 MiB each, including what they run)",
      advice: ["let fewer work at a time: git config orchestrator.run.jobs \(fitting)"])
  }

  package static func openFiles(jobs: Int) -> Fact {
    let name = "Open files"
    guard let limit = openFileLimit() else { return Fact(name, .unknown, "the system does not say its limit") }
    // Streams, logs, pipes and a watch for each agent; libraries and the journal for all.
    let needed = jobs * 16 + 128
    guard limit < needed else { return Fact(name, .good, "up to \(limit)") }
    return Fact(
      name, .warning, "this user's programs may open \(limit); \(jobs) agents take up to \(needed)",
      advice: ["raise it with 'ulimit -n \(needed)'; the hard limit may have to be raised first (ulimit -Hn)"])
  }
}

/// The hard limit, up to which a run raises its own; nil when there is none to be known.
private func openFileLimit() -> Int? {
  var present: UInt64 = 0
  var highest: UInt64 = 0
  return platform_file_limit(&present, &highest) ? Int(clamping: highest) : nil
}
