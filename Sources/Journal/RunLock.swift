package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
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

/// The lock that allows one run at a time in a repository: `flock` on `<git-common-dir>/orchestrator/lock`.
///
/// The system releases it when the process ends, however it ends: a lock can never be stale. The file itself stays.
package enum RunLock {
  /// Runs `body` while holding the lock.
  /// - Throws: `JournalError.locked` when somebody else holds it; what `body` throws.
  package static func hold<Result>(
    at path: FilePath, as holder: LockHolder, while body: () async throws -> Result
  ) async throws -> Result {
    let descriptor = try acquire(path, as: holder)
    defer {
      // Emptied first, so that nobody reads of a holder that is gone; closing releases the lock.
      try? descriptor.resize(to: 0)
      try? descriptor.close()
    }
    return try await body()
  }

  /// Who holds the lock now; nil when nobody does.
  package static func currentHolder(at path: FilePath) -> LockHolder? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? descriptor.close() }
    guard flock(descriptor.rawValue, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return holder(at: path)
  }

  private static func acquire(_ path: FilePath, as holder: LockHolder) throws(JournalError) -> FileDescriptor {
    let descriptor: FileDescriptor
    do {
      try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      // Close-on-exec: agents and git must not inherit the lock and hold it longer than the run.
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .inaccessible(path: path.string, reason: systemReason(error))
    }
    do {
      guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw Errno(rawValue: errno) }
      try descriptor.resize(to: 0)
      _ = try descriptor.writeAll(toAbsoluteOffset: 0, JSONEncoder().encode(holder))
      return descriptor
    } catch {
      try? descriptor.close()
      if error as? Errno == .wouldBlock { throw .locked(path: path.string, holder: Self.holder(at: path)) }
      throw .inaccessible(path: path.string, reason: systemReason(error))
    }
  }

  private static func holder(at path: FilePath) -> LockHolder? {
    guard let bytes = try? Data(contentsOf: URL(filePath: path.string)) else { return nil }
    return try? JSONDecoder().decode(LockHolder.self, from: bytes)
  }
}
