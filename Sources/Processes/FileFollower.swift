package import Basics
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
    if offset > 0 { _ = try? file.seek(offset: offset, from: .start) }
  }

  deinit { try? file.close() }

  /// Hands what has been appended to `body`, piece by piece, at most `limit` bytes of it.
  ///
  /// Returns whether the end of the file was reached. A file that cannot be read has ended.
  // Inlined into an async function, its buffer would be part of that function's frame: 64 KiB for each waiting agent.
  @inline(never)
  package func readAvailable(limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { buffer in
      var total = 0
      while total < limit {
        guard let count = try? file.read(into: buffer), count > 0 else { return true }
        body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        total += count
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
}
