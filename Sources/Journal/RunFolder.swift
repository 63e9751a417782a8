import Basics
import Platform
import Processes
package import SystemPackage

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

  package var journal: FilePath { path.appending("journal.ndjson") }
  package var plan: FilePath { path.appending("plan.yaml") }

  package func task(_ id: String) -> FilePath { path.appending("tasks").appending(id) }

  /// Where the `attempt`th life of a task's agent leaves its files; `attempt` counts from 1.
  package func attempt(_ attempt: Int, of task: String) -> AttemptPaths {
    AttemptPaths(folder: self.task(task), attempt: attempt)
  }

  /// A journal of 100,000 entries has some 30 MB; none is as large as this.
  private static let journalLimit = 1 << 30

  /// Reads the run's journal and folds it.
  package func state() throws(JournalError) -> RunState {
    var fold = JournalFold(path: journal.string)
    do {
      let file = try FileDescriptor.open(journal, .readOnly, options: [.closeOnExec, .nonBlocking])
      defer { try? file.close() }
      try withUnsafeTemporaryAllocation(byteCount: FileFollower.pieceSize, alignment: 16) { buffer in
        while case let count = try file.read(into: buffer), count > 0 {
          try fold.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    } catch let error as JournalError {
      throw error
    } catch {
      throw .inaccessible(path: journal.string, reason: systemReason(error))
    }
    guard let state = fold.state else { throw .noHeader(path: journal.string) }
    return state
  }

  func journalBytes() throws(JournalError) -> [UInt8] {
    do {
      return try journal.readBytes(limit: Self.journalLimit, .regularOnly)
    } catch {
      throw .inaccessible(path: journal.string, reason: systemReason(error))
    }
  }

  /// Folds what was read of the run's journal.
  func state(of bytes: [UInt8]) throws(JournalError) -> RunState {
    var fold = JournalFold(path: journal.string)
    var failure: JournalError?
    bytes.withUnsafeBytes { piece in
      do throws(JournalError) { try fold.feed(piece) } catch { failure = error }
    }
    if let failure { throw failure }
    guard let state = fold.state else { throw .noHeader(path: journal.string) }
    return state
  }
}

/// The files of one attempt.
package struct AttemptPaths: Sendable, Equatable {
  package let prompt: FilePath
  package let stream: FilePath
  package let errors: FilePath
  package let log: FilePath

  init(folder: FilePath, attempt: Int) {
    prompt = folder.appending("prompt-\(attempt).md")
    stream = folder.appending("attempt-\(attempt).ndjson")
    errors = folder.appending("attempt-\(attempt).stderr")
    log = folder.appending("attempt-\(attempt).log")
  }
}

/// The runs of a repository, under `<git-common-dir>/orchestrator/runs/`.
package struct RunStore: Sendable {
  package let folder: FilePath

  package init(commonDirectory: FilePath) {
    folder = commonDirectory.appending("orchestrator")
  }

  package var lock: FilePath { folder.appending("lock") }
  /// The plan as it was last generated, by which an edited one is known.
  package var generatedPlan: FilePath { folder.appending("generated-plan.yaml") }

  /// The runs' ids, oldest first. Folders without a journal (a run that failed before it began) are left out.
  package func runs() throws(JournalError) -> [RunFolder] {
    let runs = folder.appending("runs")
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: runs.string)
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return []
    } catch {
      throw .inaccessible(path: runs.string, reason: systemReason(error))
    }
    return names.sorted()
      .map { RunFolder(id: $0, path: runs.appending($0)) }
      .filter { FileManager.default.fileExists(atPath: $0.journal.string) }
  }

  /// The run with that id or unambiguous beginning of one; the newest when `id` is nil.
  package func run(_ id: String?) throws(JournalError) -> RunFolder {
    let all = try runs()
    guard let id else {
      guard let newest = all.last else { throw .noRuns }
      return newest
    }
    if let exact = all.first(where: { $0.id == id }) { return exact }
    let candidates = all.filter { $0.id.hasPrefix(id) }
    guard let only = candidates.first, !id.isEmpty else { throw .noSuchRun(id) }
    guard candidates.count == 1 else { throw .ambiguousRun(id, candidates: candidates.map(\.id)) }
    return only
  }

  /// Makes the folder of a new run. Its files may hold what the agents saw, so it is the user's alone (mode 700).
  package func create(_ id: String) throws(JournalError) -> RunFolder {
    let run = RunFolder(id: id, path: folder.appending("runs").appending(id))
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
