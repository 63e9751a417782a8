import Basics
import Platform
import SystemPackage

/// How much a program may print into its files, looked at while it prints: one that prints forever would fill the disk.
struct OutputBound: Sendable {
  /// Most programs have ended by then, and need not be watched.
  private static let start = Duration.milliseconds(100)
  /// What is kept of the errors is bounded by who reads them; no program has so many to report.
  private static let errorLimit = 1 << 30

  let output: FileDescriptor
  let errors: FileDescriptor
  /// In bytes, of the output.
  let limit: Int

  /// The limit that was passed; nil while there is none.
  var passedLimit: Int? {
    if Self.size(output) > limit { return limit }
    let errorLimit = max(limit, Self.errorLimit)
    return Self.size(errors) > errorLimit ? errorLimit : nil
  }

  /// Waits until too much was printed; false when the task is cancelled before.
  func isExceeded() async -> Bool {
    try? await Task.sleep(for: Self.start)
    let growth = AsyncSignal()
    let watches = [output, errors].map { FileChanges.shared.watch($0, growth) }
    defer { withExtendedLifetime(watches) {} }
    while !Task.isCancelled {
      if passedLimit != nil { return true }
      await growth.wait()
    }
    return false
  }

  private static func size(_ file: FileDescriptor) -> Int {
    var status = stat()
    return fstat(file.rawValue, &status) == 0 ? Int(status.st_size) : 0
  }
}
