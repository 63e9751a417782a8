import Synchronization
import SystemPackage

/// Reads what a program prints into a file, while it prints.
final class OutputReading: Sendable {
  private static let pieceSize = 64 << 10
  private static let pace = Duration.milliseconds(250)

  private let file: FileDescriptor
  private let body: @Sendable (UnsafeRawBufferPointer) -> Void
  private let position = Mutex<Int64>(0)

  init(_ file: FileDescriptor, _ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
    self.file = file
    self.body = body
  }

  /// Reads until the task is cancelled.
  func follow() async {
    while !Task.isCancelled {
      readOn()
      try? await Task.sleep(for: Self.pace)
    }
  }

  /// Reads what has come since.
  func readOn() {
    position.withLock { position in
      var piece = [UInt8](repeating: 0, count: Self.pieceSize)
      // The position in the file is the program's.
      while let count = piece.withUnsafeMutableBytes({ try? file.read(fromAbsoluteOffset: position, into: $0) }),
        count > 0
      {
        position += Int64(count)
        piece.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      }
    }
  }
}
