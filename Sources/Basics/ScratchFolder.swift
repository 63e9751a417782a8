import Platform
package import SystemPackage

/// A new, empty folder for temporary files, in that of `TMPDIR`, for us alone.
package struct ScratchFolder: Sendable {
  package let path: FilePath

  package init(_ environment: [String: String]) throws(Errno) {
    try self.init(in: Self.parent(environment), prefix: "git-orch")
  }

  /// Where temporary files belong.
  package static func parent(_ environment: [String: String]) -> FilePath {
    FilePath(environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp")
  }

  /// A folder elsewhere, whose name begins with `prefix` and a dot.
  package init(in parent: FilePath, prefix: String) throws(Errno) {
    var template = Array("\(parent)/\(prefix).XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, mkdtemp(base) != nil else { return nil }
      return String(cString: base)
    }
    guard let made else { throw Errno(rawValue: errno) }
    path = FilePath(made)
  }

  package func remove() throws(Errno) { try path.removeTree() }
}

/// Runs `body` with a folder that is gone after it.
package func withScratchFolder<Result>(
  _ environment: [String: String], _ body: (FilePath) async throws -> Result
) async throws -> Result {
  let folder = try ScratchFolder(environment)
  let result: Result
  do {
    result = try await body(folder.path)
  } catch {
    // Its own error says more than that something is left behind.
    try? folder.remove()
    throw error
  }
  try folder.remove()
  return result
}
