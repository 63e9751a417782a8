import Basics
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the holder of the lock says about itself, for those who find it held.
package struct LockHolder: Codable, Equatable, Sendable {
  package let pid: Int32
  package let run: String
  package let since: JournalTime

  package init(pid: Int32, run: String, since: JournalTime) {
    self.pid = pid
    self.run = run
    self.since = since
  }
}

/// The lock that allows one run at a time in a repository: `<git-common-dir>/orchestrator/lock`.
package enum RunLock {
  /// Runs `body` while holding the lock.
  /// - Throws: `JournalError.locked` when somebody else holds it; what `body` throws.
  package static func hold<Result>(
    at path: FilePath, as holder: LockHolder, while body: () async throws -> Result
  ) async throws -> Result {
    let lock = try await acquire(path, as: holder)
    defer { lock.release() }
    return try await body()
  }

  /// Who holds the lock now; nil when nobody does.
  package static func currentHolder(at path: FilePath) -> LockHolder? {
    guard var text = FileLock(path).holder() else { return nil }
    return text.withUTF8 { try? JSONValue(checking: UnsafeRawBufferPointer($0))?.decode() }
  }

  private static func acquire(_ path: FilePath, as holder: LockHolder) async throws(JournalError) -> FileLock.Held {
    do {
      try FileManager.default.createDirectory(
        atPath: FileSystem.folder(of: path.string), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      let held = try await FileLock(path).take()
      do {
        try held.note(String(decoding: JSONEncoder().encode(holder), as: UTF8.self))
        return held
      } catch {
        held.release()
        throw error
      }
    } catch FileLockError.held {
      throw .locked(path: path.string, holder: currentHolder(at: path))
    } catch FileLockError.unusable(let errno) {
      throw .inaccessible(path: path.string, reason: systemReason(errno))
    } catch {
      throw .inaccessible(path: path.string, reason: systemReason(error))
    }
  }
}
