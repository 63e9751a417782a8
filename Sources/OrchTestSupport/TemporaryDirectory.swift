import Platform
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

  /// Where these folders are made: `TMPDIR` where it is set, else a file system in memory where there is one for
  /// programs and with room, since making a small file on disk costs several times what its test does.
  package static let place: FilePath = {
    let isChosen = ProcessInfo.processInfo.environment["TMPDIR"] != nil
    if !isChosen, isRoomy("/dev/shm") { return "/dev/shm" }
    return FilePath(FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path)
  }()

  package init(prefix: String = "git-orch-test") throws {
    path = FilePath("\(Self.place)/\(prefix)-\(UUID().uuidString.prefix(13))")
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path.string) }

  /// Makes a folder inside, with what lies between.
  @discardableResult
  package func makeDirectory(_ name: String) throws -> FilePath {
    let folder = path.appending(name)
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    return folder
  }

  /// Whether the folder may be written, holds programs that can be run, and has 2 GiB left.
  private static func isRoomy(_ folder: String) -> Bool {
    #if os(Linux)
      var system = statvfs()
      guard access(folder, W_OK) == 0, statvfs(folder, &system) == 0 else { return false }
      // ST_NOEXEC of statvfs(3); containers often mount /dev/shm so.
      return system.f_flag & 8 == 0 && UInt64(system.f_bavail) * UInt64(system.f_frsize) >= 2 << 30
    #else
      return false
    #endif
  }
}

/// Runs `body` with an empty folder that is gone afterwards.
package func withTemporaryDirectory<R>(_ body: (FilePath) throws -> R) throws -> R {
  let directory = try TemporaryDirectory()
  return try withExtendedLifetime(directory) { try body(directory.path) }
}

/// The same for a body that waits.
package func withTemporaryDirectory<R>(
  isolation: isolated (any Actor)? = #isolation, _ body: (FilePath) async throws -> R
) async throws -> R {
  let directory = try TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  return try await body(directory.path)
}
