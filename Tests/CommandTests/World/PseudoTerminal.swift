import Foundation
import Platform
import Synchronization
import SystemPackage

/// Both ends of a terminal: what is typed at one is read from the other.
final class PseudoTerminal: Sendable {
  private let controller: FileDescriptor
  /// For the program's standard input.
  let device: FileDescriptor

  init() throws {
    var (controller, device) = (Int32(-1), Int32(-1))
    guard openpty(&controller, &device, nil, nil, nil) == 0 else { throw Errno(rawValue: errno) }
    self.controller = FileDescriptor(rawValue: controller)
    self.device = FileDescriptor(rawValue: device)
  }

  deinit {
    try? controller.close()
    try? device.close()
  }

  /// The path of the device.
  var path: String { ttyname(device.rawValue).map { String(cString: $0) } ?? "/dev/null" }

  /// Everything that is written to the device while `body` runs.
  func shown(during body: () async throws -> Void) async throws -> String {
    let isOver = Flag()
    let controller = controller
    async let text = withCheckedContinuation { continuation in
      Thread.detachNewThread {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
          let wasOver = isOver.isSet.withLock(\.self)
          var ready = pollfd(fd: controller.rawValue, events: Int16(POLLIN), revents: 0)
          if poll(&ready, 1, 20) > 0,
            let count = try? piece.withUnsafeMutableBytes({ try controller.read(into: $0) }), count > 0
          {
            bytes += piece[..<count]
          } else if wasOver {
            break
          }
        }
        continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
      }
    }
    do {
      try await body()
    } catch {
      isOver.isSet.withLock { $0 = true }
      _ = await text
      throw error
    }
    isOver.isSet.withLock { $0 = true }
    return await text
  }

  func type(_ text: String) throws { try controller.writeAll(text.utf8) }
}

private final class Flag: Sendable {
  let isSet = Mutex(false)
}
