import Foundation
import Platform
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

  func type(_ text: String) throws { try controller.writeAll(text.utf8) }
}
