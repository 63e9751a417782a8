import Basics
import Platform
import Synchronization
package import SystemPackage

/// How many bytes the streams of a run may take on the disk, all attempts together.
package final class StreamBudget: Sendable {
  private struct State: Sendable {
    var used: Int64
    /// Whether parts of files can be freed, as far as is known.
    var works = true
    var hasBegun = false
    var notes: [String] = []
  }

  private let limit: Int64
  private let state: Mutex<State>

  /// - Parameters:
  ///   - limit: in bytes; 0 for none.
  ///   - used: what is there already.
  package init(limit: Int64, used: Int64 = 0) {
    self.limit = limit
    state = Mutex(State(used: used))
  }

  /// The same for a run that may have begun earlier, from the files of its tasks, each in a folder of its own.
  package convenience init(limit: Int64, tasks: FilePath) {
    var used: Int64 = 0
    for task in limit > 0 ? tasks.entries ?? [] : [] {
      for name in tasks.appending(task).entries ?? [] where name.hasPrefix("attempt-") {
        var status = stat()
        let path = "\(tasks)/\(task)/\(name)"
        // In blocks of 512 bytes, whatever those of the file system are.
        if lstat(path, &status) == 0 { used += Int64(status.st_blocks) * 512 }
      }
    }
    self.init(limit: limit, used: used)
  }

  /// What is to be told, once.
  package func takeNotes() -> [String] {
    state.withLock { state in
      defer { state.notes = [] }
      return state.notes
    }
  }

  func add(_ bytes: Int) {
    guard limit > 0, bytes > 0 else { return }
    state.withLock { $0.used += Int64(bytes) }
  }

  /// Whether something is to be freed, and can be.
  var isExceeded: Bool { limit > 0 && state.withLock { $0.works && $0.used > limit } }

  /// Frees a part of a file; returns whether that went well.
  func free(_ range: Range<Int64>, of file: FileDescriptor) -> Bool {
    let isFreed =
      platform_punch_hole(file.rawValue, range.lowerBound, range.upperBound - range.lowerBound) == 0
    let reason = Errno(rawValue: errno)
    state.withLock { state in
      if isFreed {
        state.used -= range.upperBound - range.lowerBound
        if !state.hasBegun {
          state.notes.append(
            "the streams of the agents are larger than orchestrator.run.maxLogSize: of those that grow, only the "
              + "beginning and the end are kept")
        }
        state.hasBegun = true
      } else if state.works {
        state.works = false
        state.notes.append(
          "the streams of the agents are larger than orchestrator.run.maxLogSize, and no part of them can be freed here: "
            + "\(reason)")
      }
    }
    return isFreed
  }
}

/// Frees the middle of a file that an agent appends to, while the run's streams are too large: behind what was read, and
/// between whole lines where there are some. Offsets stay as they are: readers pass over it.
///
/// Holds a few numbers, however large the file is.
struct StreamCutter {
  /// How much of the beginning and of the end is kept.
  static let kept: Int64 = 1 << 20
  /// Less is not worth a call.
  static let least: Int64 = 4 << 20

  private(set) var size: Int64 = 0
  /// Up to where the beginning is kept.
  private var headEnd: Int64?
  private var freedTo: Int64 = 0
  /// Where lines end, one for each piece, from the last one before the kept end on.
  private var lineEnds: [Int64] = []

  /// Takes note of what was appended.
  mutating func note(_ bytes: UnsafeRawBufferPointer) {
    let start = size
    size += Int64(bytes.count)
    if headEnd == nil, size > Self.kept {
      let from = max(0, Int(Self.kept - start))
      if let newline = bytes[from...].firstIndex(of: UInt8(ascii: "\n")) {
        headEnd = start + Int64(newline) + 1
      } else if size > 2 * Self.kept {
        headEnd = size
      }
    }
    if let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) { lineEnds.append(start + Int64(newline) + 1) }
    while lineEnds.count > 1, lineEnds[1] <= size - Self.kept { lineEnds.removeFirst() }
  }

  /// The same for a file that nobody reads as it grows.
  mutating func note(size: Int64) {
    self.size = size
    if headEnd == nil, size > Self.kept { headEnd = Self.kept }
  }

  mutating func cut(_ file: FileDescriptor, _ budget: StreamBudget) {
    guard let headEnd, budget.isExceeded else { return }
    let tail = size - Self.kept
    let end = lineEnds.first.map { $0 <= tail ? $0 : tail } ?? tail
    let start = max(headEnd, freedTo)
    guard end - start >= Self.least, budget.free(start..<end, of: file) else { return }
    freedTo = end
  }
}
