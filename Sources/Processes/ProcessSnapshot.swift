import Basics
import Platform

/// All processes at one moment.
package struct ProcessSnapshot: Sendable {
  package let records: [ProcessEntry]

  /// The living processes that carry the mark, ourselves excepted.
  package func marked(_ pattern: MarkPattern) -> Set<ProcessIdentity> {
    let ourselves = getpid()
    return Set(
      records.filter { record in record.pid != ourselves && record.mark.map(pattern.matches) == true }.map(\.identity))
  }

  /// The living descendants of `root`, without it. Those whose parent has died are not among them any more: look before
  /// a kill.
  package func descendants(of root: ProcessIdentity) -> Set<ProcessIdentity> {
    var children: [Int32: [ProcessIdentity]] = [:]
    for record in records where !record.isZombie { children[record.parent, default: []].append(record.identity) }
    var found: Set<ProcessIdentity> = []
    var open = [root.pid]
    while let parent = open.popLast() {
      for child in children[parent] ?? [] where child != root && found.insert(child).inserted { open.append(child.pid) }
    }
    return found
  }

  /// Of the living processes that carry the mark, the one that the others come from; nil when there is none.
  package func root(marked pattern: MarkPattern) -> ProcessIdentity? {
    let marked = marked(pattern)
    let pids = Set(marked.map(\.pid))
    let roots = records.filter { marked.contains($0.identity) && !pids.contains($0.parent) && $0.session == $0.pid }
    return roots.min { ($0.identity.startTime, $0.pid) < ($1.identity.startTime, $1.pid) }?.identity
  }

  /// The program that a sandbox's own processes were started for, so many `layers` below `root`: of those that the
  /// innermost of them has below it the oldest, since orphans come to it too. `nil` while there is none.
  func program(below root: ProcessIdentity, layers: Int) -> ProcessEntry? {
    var parent = root.pid
    var program: ProcessEntry?
    for _ in 0..<layers {
      let children = records.filter { $0.parent == parent && $0.pid != parent && !$0.isZombie }
      program = children.min { ($0.identity.startTime, $0.pid) < ($1.identity.startTime, $1.pid) }
      guard let next = program else { return nil }
      parent = next.pid
    }
    return program
  }
}

/// Takes snapshots for all who ask, one at a time. Whoever asks while one is being taken shares the next with all who
/// ask meanwhile: a thousand agents that end together cost a handful of looks at the system, not a thousand.
package actor ProcessWatch {
  package static let shared = ProcessWatch()

  private var running: Task<ProcessSnapshot, Never>?
  private var queued: Task<ProcessSnapshot, Never>?

  /// A snapshot that was begun after this call.
  package func snapshot() async -> ProcessSnapshot {
    if let queued { return await queued.value }
    let before = running
    // Owned by `queued` and `running`, awaited by everyone who asked.
    let next = Task {
      _ = await before?.value
      begin()
      defer { finish() }
      return await Self.take()
    }
    queued = next
    return await next.value
  }

  private func begin() {
    running = queued
    queued = nil
  }

  private func finish() {
    if queued == nil { running = nil }
  }

  // Off the actor, so that others can ask meanwhile, and off the pool: it opens two files for each process there is.
  private nonisolated static func take() async -> ProcessSnapshot {
    await offPool { ProcessSnapshot.take() }
  }
}

/// The value of an environment's entry `GIT_ORCH_RUN=value`; `nil` for any other entry.
package func markValue(_ entry: UnsafeRawBufferPointer) -> String? {
  let name: StaticString = "GIT_ORCH_RUN="
  let length = name.utf8CodeUnitCount
  guard entry.count > length, let start = entry.baseAddress, memcmp(start, name.utf8Start, length) == 0 else {
    return nil
  }
  return String(decoding: entry[length...], as: UTF8.self)
}
