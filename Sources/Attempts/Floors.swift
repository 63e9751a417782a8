import Basics
import Processes
package import Settings
package import SystemPackage

/// What must be there of memory and disk before a further agent starts: `run.memoryFloor` and `run.diskFloor`.
package struct Floors: Sendable {
  /// In bytes; 0 for none.
  package let memory: Int64
  package let disk: Int64
  /// In whose file systems the disk's must be free.
  package let folders: [FilePath]
  /// What is there, in bytes; nil where the system does not tell.
  private let availableMemory: @Sendable () -> Int64?
  private let freeDisk: @Sendable (FilePath) -> Int64?

  package init(
    memory: Int64, disk: Int64, folders: [FilePath],
    availableMemory: @escaping @Sendable () -> Int64? = { AvailableMemory().bytes },
    freeDisk: @escaping @Sendable (FilePath) -> Int64? = { $0.freeBytes }
  ) {
    self.memory = memory
    self.disk = disk
    self.folders = folders
    self.availableMemory = availableMemory
    self.freeDisk = freeDisk
  }

  package init(_ settings: Settings, folders: [FilePath]) {
    self.init(memory: settings[.runMemoryFloor], disk: settings[.runDiskFloor], folders: folders)
  }

  package static let none = Floors(memory: 0, disk: 0, folders: [])

  /// What there is too little of, as a clause; nil when there is enough of everything.
  package func shortage() -> String? {
    if memory > 0, let available = availableMemory(), available < memory {
      return "only \(byteText(available)) of memory are available (orchestrator.run.memoryFloor is "
        + "\(byteText(memory)))"
    }
    guard disk > 0 else { return nil }
    for folder in folders {
      guard let free = freeDisk(folder), free < disk else { continue }
      return "only \(byteText(free)) are free on the disk of '\(folder)' (orchestrator.run.diskFloor is "
        + "\(byteText(disk)))"
    }
    return nil
  }
}
