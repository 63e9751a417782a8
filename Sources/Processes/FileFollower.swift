package import Basics
import Platform
package import SystemPackage

/// Reads a file that another process appends to, as it grows; the same for a supervisor and for `log -f`.
///
/// Not Sendable: one task reads. Holds no bytes between reads.
package final class FileFollower {
  /// How much one read takes at most, in bytes.
  package static let pieceSize = 64 << 10

  private let file: FileDescriptor
  private let wakeup: AsyncSignal
  // Kept for its life only: the watch ends with the follower.
  private let watch: FileChanges.Watch
  private var position: Int64 = 0
  /// The bytes that were freed just before what is read next, as far as that is known.
  private var gap: Int64 = 0
  /// The same, behind the piece that is being handed on.
  private var following: Int64 = 0

  /// - `path`: a file that exists.
  /// - `offset`: where to begin, in bytes.
  package convenience init(path: FilePath, from offset: Int64 = 0) throws(FileError) {
    try self.init(path: path, from: offset, wakeup: AsyncSignal())
  }

  package init(path: FilePath, from offset: Int64 = 0, wakeup: AsyncSignal) throws(FileError) {
    do {
      file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    } catch {
      throw FileError("open", path, error)
    }
    self.wakeup = wakeup
    watch = FileChanges.shared.watch(path, wakeup)
    if offset > 0 { position = (try? file.seek(offset: offset, from: .start)) ?? 0 }
  }

  deinit { try? file.close() }

  /// Hands what has been appended to `body`, piece by piece, at most `limit` bytes of it. What was freed of the file (see
  /// ``StreamCutter`` in Agents) is passed over; `gap` is told how many bytes it was.
  ///
  /// Returns whether the end of the file was reached. A file that cannot be read has ended.
  // Inlined into an async function, its buffer would be part of that function's frame: 64 KiB for each waiting agent.
  @inline(never)
  package func readAvailable(
    limit: Int = .max, gap told: (Int64) -> Void = { _ in }, _ body: (UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { buffer in
      var total = 0
      while total < limit {
        guard let count = try? file.read(into: buffer), count > 0 else { return true }
        let start = position
        position += Int64(count)
        total += count
        var piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        // No line of text holds a zero: only then it is worth asking.
        if piece[0] == 0 || piece[count - 1] == 0 { piece = withoutGap(piece, at: start) }
        guard !piece.isEmpty else { continue }
        if gap > 0 {
          told(gap)
          gap = 0
        }
        body(piece)
        // The gap that follows the piece.
        gap = following
        following = 0
      }
      return false
    }
  }

  /// The next piece of the file, waiting for it; `nil` once the task is cancelled.
  package func next() async -> [UInt8]? {
    while !Task.isCancelled {
      var piece: [UInt8] = []
      _ = readAvailable(limit: 1) { piece = Array($0) }
      if !piece.isEmpty { return piece }
      await wakeup.wait()
    }
    return nil
  }

  /// What of a piece is no part of a gap, whose ends are zeros up to the next block. Goes on behind the gap.
  private func withoutGap(_ piece: UnsafeRawBufferPointer, at start: Int64) -> UnsafeRawBufferPointer {
    var piece = piece
    var start = start
    if gap > 0 {
      let zeros = piece.firstIndex { $0 != 0 } ?? piece.count
      gap += Int64(zeros)
      start += Int64(zeros)
      piece = UnsafeRawBufferPointer(rebasing: piece[zeros...])
    }
    defer { _ = lseek(file.rawValue, off_t(position), SEEK_SET) }
    let hole = platform_next_hole(file.rawValue, start)
    guard !piece.isEmpty, hole >= start, hole <= start + Int64(piece.count) else { return piece }
    let data = platform_next_data(file.rawValue, hole)
    // The end of the file counts as a hole.
    guard data > hole else { return piece }
    let before = piece.prefix(Int(hole - start))
    let kept = (before.lastIndex { $0 != 0 } ?? -1) + 1
    let missing = Int64(before.count - kept) + data - hole
    if kept == 0 { gap += missing } else { following = missing }
    position = data
    return UnsafeRawBufferPointer(rebasing: piece[..<kept])
  }
}
