package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An empty folder of a test's own, removed with all it holds when the last reference to it goes.
package final class TemporaryDirectory: Sendable {
  /// Absolute, and without symbolic links on the way, as git will report it.
  package let path: FilePath

  package init() throws {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "git-orch-test-\(UUID().uuidString.prefix(13))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = FilePath(folder.path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  /// Makes a folder inside, with what lies between.
  @discardableResult
  package func makeDirectory(_ name: String) throws -> FilePath {
    let folder = path.appending(name)
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    return folder
  }
}
