import Basics
import Dispatch
import Platform
import SystemPackage
import Trace

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The append-only record of a run, and the state that follows from it.
///
/// An entry is on disk before `append` returns: only then is the step that it announces taken. Entries that are
/// appended at the same time share one write and one `fsync`.
package actor RunJournal {
  package nonisolated let folder: RunFolder
  /// The fold of all entries that were appended.
  package private(set) var state: RunState

  private let descriptor: FileDescriptor
  private let queue = DispatchQueue(label: "git-orch.journal")
  private let observe: @Sendable (JournalEntry, RunState) -> Void
  /// How many lines the file has; the next entry gets the number after it.
  private var lines = 0
  private var unwritten: [UInt8] = []
  private var waiting: [CheckedContinuation<Turn, Never>] = []
  private var isWriting = false

  /// What a writer that had to wait learns: its entry was written by another, or it is to write the next batch.
  private enum Turn {
    case written(Errno?)
    case lead
  }

  /// Begins the journal of a new run.
  /// - Parameter observe: called for each entry once it is on disk, with a state at least as new as the entry, on the
  ///   journal's own executor: it must be quick.
  package init(
    in folder: RunFolder, header: RunHeader, observe: @escaping @Sendable (JournalEntry, RunState) -> Void
  ) async throws(JournalError) {
    self.folder = folder
    self.observe = observe
    do {
      descriptor = try FileDescriptor.open(
        folder.journal, .writeOnly, options: [.append, .create, .exclusiveCreate, .closeOnExec],
        permissions: .ownerReadWrite)
    } catch {
      throw .inaccessible(path: folder.journal.string, reason: "\(error)")
    }
    let entry = JournalEntry(time: .now, event: .runStarted(header))
    state = RunState(header: header, startedAt: entry.time)
    try await write([entry])
    try syncFolder()
    observe(entry, state)
  }

  /// Continues the journal of a run that ended or died.
  /// - Parameter event: `.continued`, its first new entry.
  package init(
    continuing folder: RunFolder, with event: JournalEvent,
    observe: @escaping @Sendable (JournalEntry, RunState) -> Void
  ) async throws(JournalError) {
    self.folder = folder
    self.observe = observe
    let earlier = try await offPool { () throws(JournalError) in try folder.readJournal() }
    state = earlier.state
    lines = earlier.lines
    do {
      descriptor = try FileDescriptor.open(folder.journal, .readWrite, options: [.append, .closeOnExec])
      // A line that a crash has torn was never acknowledged; left there, it would spoil the next one.
      if earlier.end < earlier.size { try descriptor.resize(to: Int64(earlier.end)) }
    } catch {
      throw .inaccessible(path: folder.journal.string, reason: "\(error)")
    }
    try await append(event)
  }

  /// Records an event; returns once it is on disk.
  package func append(_ event: JournalEvent) async throws(JournalError) { try await append([event]) }

  /// Records events that belong together, by one write; returns once all are on disk.
  package func append(_ events: [JournalEvent]) async throws(JournalError) {
    let entries = events.map { JournalEntry(time: .now, event: $0.withoutPasswords) }
    guard !entries.isEmpty else { return }
    for entry in entries { state.apply(entry) }
    try await write(entries)
    for entry in entries { observe(entry, state) }
  }

  /// Closes the file. Nothing may be appended afterwards.
  package func close() throws(JournalError) {
    do {
      try descriptor.close()
    } catch {
      throw .inaccessible(path: folder.journal.string, reason: "\(error)")
    }
  }

  private func write(_ entries: [JournalEntry]) async throws(JournalError) {
    for entry in entries { KillPoint.before(entry: entry.event.name) }
    try await writeBatch(entries)
    for entry in entries { KillPoint.after(entry: entry.event.name) }
  }

  private func writeBatch(_ entries: [JournalEntry]) async throws(JournalError) {
    do {
      // All of them, or none.
      unwritten += try entries.flatMap { try $0.line() }
    } catch {
      throw .inaccessible(path: folder.journal.string, reason: "the entry cannot be encoded: \(error)")
    }
    for entry in entries {
      lines += 1
      Trace.note(.journal, "\(lines) \(entry.event.name) (\(folder.path))")
    }
    if isWriting {
      switch await withCheckedContinuation({ waiting.append($0) }) {
      case .written(let failure):
        return try throwIfFailed(failure)
      case .lead:
        break
      }
    }
    isWriting = true
    let batch = unwritten
    let followers = waiting
    unwritten = []
    waiting = []
    let failure = await flush(batch)
    for follower in followers { follower.resume(returning: .written(failure)) }
    if waiting.isEmpty {
      isWriting = false
    } else {
      waiting.removeFirst().resume(returning: .lead)
    }
    try throwIfFailed(failure)
  }

  private func throwIfFailed(_ failure: Errno?) throws(JournalError) {
    if let failure { throw .inaccessible(path: folder.journal.string, reason: failure.description) }
  }

  /// Writes off the cooperative threads, since `fsync` blocks.
  private func flush(_ batch: [UInt8]) async -> Errno? {
    await withCheckedContinuation { continuation in
      queue.async { [descriptor] in
        KillPoint.before(.halfEntry) { _ = try? descriptor.writeAll(batch.prefix(batch.count / 2)) }
        do {
          try descriptor.writeAll(batch)
          continuation.resume(returning: platform_sync(descriptor.rawValue) == 0 ? nil : Errno(rawValue: errno))
        } catch {
          continuation.resume(returning: error as? Errno ?? .ioError)
        }
      }
    }
  }

  /// Makes the new file's name as durable as its content.
  private func syncFolder() throws(JournalError) {
    do {
      let folder = try FileDescriptor.open(self.folder.path, .readOnly, options: [.directory, .closeOnExec])
      defer { try? folder.close() }
      guard platform_sync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      throw .inaccessible(path: folder.path.string, reason: "\(error)")
    }
  }
}

extension JournalEvent {
  /// For the trace: the event's name as types of the journal are written, without what it holds.
  fileprivate var name: String {
    let name = Mirror(reflecting: self).children.first?.label ?? "\(self)"
    return name.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
  }
}
