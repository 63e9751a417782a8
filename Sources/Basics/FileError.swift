package import SystemPackage

/// What the system said against something that was to be done with a file.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `open`, `read`, `write`, …
  package let action: String
  package let path: FilePath
  package let reason: Errno

  /// - Parameter error: an `Errno`; anything else counts as an input/output error.
  package init(_ action: String, _ path: FilePath, _ error: any Error) {
    self.action = action
    self.path = path
    reason = error as? Errno ?? .ioError
  }

  package var description: String { "cannot \(action) '\(path)': \(reason)" }
}
