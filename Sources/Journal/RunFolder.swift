import Basics
import Platform
import Processes
package import SystemPackage
import Trace

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A run's id: the UTC time at which it began, so that ids sort by time, and four random digits.
package enum RunID {
  package static func make(at date: Date, random: UInt16 = .random(in: 0...UInt16.max)) -> String {
    let stamp = JournalTime(date).description.prefix(19).filter { $0 != "-" && $0 != ":" }
    return stamp.replacing("T", with: "-") + "-" + hex(random, digits: 4, uppercase: false)
  }
}

/// The files of one run, under `<git-common-dir>/orchestrator/runs/<id>/`.
package struct RunFolder: Sendable, Equatable {
  package let id: String
  package let path: FilePath

  package init(id: String, path: FilePath) {
    self.id = id
    self.path = path
  }

  package var journal: FilePath { FilePath("\(path)/journal.ndjson") }
  package var plan: FilePath { FilePath("\(path)/plan.yaml") }

  /// What a run in the background says.
  package var narration: FilePath { FilePath("\(path)/narration.log") }

  package func task(_ id: String) -> FilePath { FilePath("\(path)/tasks/\(id)") }

  /// Where the `attempt`th life of a task's agent leaves its files; `attempt` counts from 1.
  package func attempt(_ attempt: Int, of task: String) -> AttemptPaths {
    AttemptPaths(folder: self.task(task), attempt: attempt)
  }

  /// By what the processes of this run are known, and those of no other clone that performs it, too: a folder that was
  /// copied is another one, and one that was moved is the same. It need hold only as long as processes live.
  package var mark: String {
    let records = path.removingLastComponent().removingLastComponent()
    return FileStamp(records, following: true).map { "\(id)@\($0.place)" } ?? id
  }

  /// Whether there is a first entry: a run that was killed before it was written down has done nothing.
  package var hasBegun: Bool {
    guard let file = try? FileDescriptor.open(journal, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
      // Whoever reads it is told why it cannot be read.
      return true
    }
    defer { try? file.close() }
    return withUnsafeTemporaryAllocation(byteCount: FileFollower.pieceSize, alignment: 16) { buffer in
      while let count = try? file.read(into: buffer), count > 0 {
        if buffer[..<count].contains(UInt8(ascii: "\n")) { return true }
      }
      return false
    }
  }

  /// Reads the run's journal and folds it.
  package func state() throws(JournalError) -> RunState { try readJournal().state }

  /// The same for whoever needs what the state does not keep: `each` gets the entries in their order.
  package func state(each: (JournalEntry) -> Void) throws(JournalError) -> RunState {
    var fold = JournalFold(path: journal.string)
    do {
      try readPieces { piece in try fold.feed(piece) { entry, _ in each(entry) } }
    } catch let error as JournalError {
      throw error
    } catch {
      throw .inaccessible(path: journal.string, reason: systemReason(error))
    }
    guard let state = fold.state else { throw .noHeader(path: journal.string) }
    return state
  }

  struct Reading: Sendable {
    let state: RunState
    /// The bytes of the file, and those up to the end of its last whole line.
    let size: Int
    let end: Int
    /// Counted for the trace alone.
    let lines: Int
  }

  func readJournal() throws(JournalError) -> Reading {
    let path = journal.string
    var fold = JournalFold(path: path)
    var (size, end, lines) = (0, 0, 0)
    do {
      size = try readWholeLines { piece in
        try fold.feed(lines: piece)
        if Trace.isOn { lines += piece.count { $0 == UInt8(ascii: "\n") } }
        end += piece.count
      }
      try fold.finish()
    } catch let error as JournalError {
      throw error
    } catch {
      throw .inaccessible(path: path, reason: systemReason(error))
    }
    guard let state = fold.state else { throw .noHeader(path: path) }
    return Reading(state: state, size: size, end: end, lines: lines)
  }

  /// As much as is read at once. A larger one would be of use to more threads than there are.
  private static let blockSize = 1 << 20

  /// Reads the journal in blocks that end with a line, and returns its size; what follows the last line is no entry.
  private func readWholeLines(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
    let file = try FileDescriptor.open(journal, .readOnly, options: [.closeOnExec, .nonBlocking])
    defer { try? file.close() }
    let known = Int(clamping: FileStamp(journal, following: true)?.size ?? 0)
    var block = [UInt8](repeating: 0, count: min(Self.blockSize, max(4096, known + 1)))
    var (filled, size) = (0, 0)
    while true {
      if filled == block.count { block += [UInt8](repeating: 0, count: block.count) }
      let count = try block.withUnsafeMutableBytes {
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      size += count
      filled += count
      if count > 0, filled < block.count { continue }
      if let newline = block[..<filled].lastIndex(of: UInt8(ascii: "\n")) {
        try block.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[...newline])) }
        let rest = Array(block[(newline + 1)..<filled])
        block.replaceSubrange(..<rest.count, with: rest)
        filled = rest.count
      }
      if count == 0 { break }
    }
    return size
  }

  func readPieces(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let file = try FileDescriptor.open(journal, .readOnly, options: [.closeOnExec, .nonBlocking])
    defer { try? file.close() }
    try withUnsafeTemporaryAllocation(byteCount: FileFollower.pieceSize, alignment: 16) { buffer in
      while case let count = try file.read(into: buffer), count > 0 {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }
}

/// The files of one attempt.
package struct AttemptPaths: Sendable, Equatable {
  package var prompt: FilePath { FilePath("\(folder)/prompt-\(attempt).md") }
  /// The schema of its answer, for an agent that takes it from a file.
  package var schema: FilePath { FilePath("\(folder)/answer-\(attempt).json") }
  package var stream: FilePath { FilePath("\(folder)/attempt-\(attempt).ndjson") }
  package var errors: FilePath { FilePath("\(folder)/attempt-\(attempt).stderr") }
  package var log: FilePath { FilePath("\(folder)/attempt-\(attempt).log") }

  /// What the attempt's job and we tell each other, where it runs on another machine.
  package var job: FilePath { FilePath("\(folder)/attempt-\(attempt).job") }

  let folder: FilePath
  let attempt: Int
}

/// The runs of a repository, under `<git-common-dir>/orchestrator/runs/`.
package struct RunStore: Sendable {
  package let folder: FilePath
  /// Whose runs these are: those of other clones, as their ledgers on this remote were when they were fetched last; nil
  /// for those of this clone.
  package let remote: String?

  package init(commonDirectory: FilePath) {
    folder = FilePath("\(commonDirectory)/orchestrator")
    remote = nil
  }

  /// The runs whose ledgers were fetched from a remote.
  package init(commonDirectory: FilePath, remote: String) {
    folder = FilePath("\(commonDirectory)/orchestrator/remotes/\(remote)")
    self.remote = remote
  }

  /// Whether the process that performs the run may still do: of a run of another clone that is not known.
  /// - Parameter holder: of this store's lock, asked before the journal is read.
  package func mayBeAlive(_ state: RunState, holder: LockHolder?) -> Bool {
    remote != nil || holder?.run == state.header.id
  }

  package var lock: FilePath { FilePath("\(folder)/lock") }
  /// The plan as it was last generated, by which an edited one is known.
  package var generatedPlan: FilePath { folder.appending("generated-plan.yaml") }

  /// The runs' ids, oldest first. Folders without a journal (a run that failed before it began) are left out.
  package func runs() throws(JournalError) -> [RunFolder] {
    let runs = "\(folder)/runs"
    guard let names = namesInFolder(runs) else {
      let fault = Errno(rawValue: errno)
      if fault == .noSuchFileOrDirectory { return [] }
      throw .inaccessible(path: runs, reason: systemReason(fault))
    }
    return names.sorted()
      .filter { FileStatus("\(runs)/\($0)/journal.ndjson") != nil }
      .map { RunFolder(id: $0, path: FilePath("\(runs)/\($0)")) }
  }

  /// All folders of runs, newest first, those without a journal included.
  package func folders() -> [RunFolder] {
    let runs = folder.appending("runs")
    return (runs.entries ?? []).sorted().reversed().map { RunFolder(id: $0, path: runs.appending($0)) }
      .filter(\.path.isDirectory)
  }

  /// The run with that id or unambiguous beginning of one; the newest that has begun when `id` is nil.
  package func run(_ id: String?) throws(JournalError) -> RunFolder {
    let all = try runs()
    guard let id else {
      guard let newest = all.last(where: \.hasBegun) ?? all.last else { throw .noRuns }
      return newest
    }
    if let exact = all.first(where: { $0.id == id }) { return exact }
    let candidates = all.filter { $0.id.hasPrefix(id) }
    guard let only = candidates.first, !id.isEmpty else { throw .noSuchRun(id) }
    guard candidates.count == 1 else { throw .ambiguousRun(id, candidates: candidates.map(\.id)) }
    return only
  }

  /// The run that is named; otherwise the newest that has such a task, since a review may have followed the run. The
  /// newest of all when none has.
  package func run(_ id: String?, having task: String) throws(JournalError) -> (folder: RunFolder, state: RunState) {
    let newest = try run(id)
    let state = try newest.state()
    guard id == nil, state[task: task] == nil else { return (newest, state) }
    for folder in try runs().reversed().dropFirst() {
      // One that cannot be read does not have it.
      if let state = try? folder.state(), state[task: task] != nil { return (folder, state) }
    }
    return (newest, state)
  }

  /// An id for a run that begins then. It sorts after those that there are, also of the same second: which run is the
  /// newest is asked often, as after a run that was reviewed at once.
  package func newID(at date: Date) -> String {
    let id = RunID.make(at: date)
    let stamp = id.dropLast(4)
    let last = (folder.appending("runs").entries ?? []).filter { $0.hasPrefix(stamp) }
      .compactMap { UInt16($0.dropFirst(stamp.count), radix: 16) }.max()
    guard let last else { return id }
    guard last < .max else { return newID(at: date.addingTimeInterval(1)) }
    return RunID.make(at: date, random: .random(in: last + 1 ... .max))
  }

  /// The folder of a run, whether it is there or not.
  package func folder(of id: String) -> RunFolder { RunFolder(id: id, path: FilePath("\(folder)/runs/\(id)")) }

  /// Makes the folder of a new run. Its files may hold what the agents saw, so it is the user's alone (mode 700).
  package func create(_ id: String) throws(JournalError) -> RunFolder {
    let run = folder(of: id)
    do {
      try FileManager.default.createDirectory(
        atPath: run.path.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .inaccessible(path: run.path.string, reason: systemReason(error))
    }
    return run
  }
}

/// The system's words for an error, of Foundation's without its page of user info.
func systemReason(_ error: any Error) -> String {
  if let error = error as? FileReadError {
    return switch error {
    case .missing: Errno.noSuchFileOrDirectory.description
    case .unreadable(let errno): errno.description
    default: error.summary
    }
  }
  guard let cocoa = error as? CocoaError else { return "\(error)" }
  if let underlying = cocoa.underlying as? POSIXError {
    return Errno(rawValue: underlying.code.rawValue).description
  }
  return switch cocoa.code {
  case .fileReadNoSuchFile, .fileNoSuchFile: "No such file or directory"
  case .fileReadNoPermission, .fileWriteNoPermission: "Permission denied"
  case .fileWriteOutOfSpace: "No space left on device"
  default: "input/output error (\(cocoa.code.rawValue))"
  }
}
