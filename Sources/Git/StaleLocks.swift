import Basics
package import Platform
import Processes
package import SystemPackage

/// A lock file of git's that is in the way: `index.lock`, `HEAD.lock`, `refs/heads/….lock`.
package struct LockFile: Sendable, Hashable {
  package let path: FilePath
  /// Where it lies now; nil when it was left, since somebody may be at work.
  package let movedTo: FilePath?
}

/// Locks that a killed git has left: git makes such a file before it writes, renames or removes it at the end, and
/// refuses to work where there is one.
package enum StaleLocks {
  /// For how long, in seconds, a lock is left alone that nobody has open: git closes it a moment before it renames it.
  private static let pause = 2
  /// The same where the system does not say who has a file open.
  private static let longPause = 60

  /// Moves aside the lock of the repository's configuration, which a killed `git config` leaves, for its user, too.
  /// - Returns: the lock, if there is one.
  package static func clearConfiguration(
    commonDirectory: FilePath, at moment: timespec = FileStamp.now()
  ) -> LockFile? {
    let lock = "\(commonDirectory.string)/config.lock"
    guard FileStatus(lock)?.isRegularFile == true else { return nil }
    return clear(lock, into: "\(commonDirectory.string)/orchestrator/stale-locks", at: moment)
  }

  package static func clear(_ lock: String, into folder: String, at moment: timespec) -> LockFile? {
    guard !isHeld(lock, at: moment) else { return LockFile(path: FilePath(lock), movedTo: nil) }
    let name = FilePath(lock).lastComponent?.string ?? "lock"
    let target = FileSystem.firstFree(FilePath("\(folder)/\(name)"), "stale")
    do {
      try createDirectories(folder)
      try FilePath(lock).move(to: target)
      return LockFile(path: FilePath(lock), movedTo: target)
    } catch {
      // Gone meanwhile, or not ours to move.
      return FileStatus(lock) == nil ? nil : LockFile(path: FilePath(lock), movedTo: nil)
    }
  }

  private static func isHeld(_ lock: String, at moment: timespec) -> Bool {
    guard let stamp = FileStamp(lock), FileStatus(lock)?.owner == geteuid() else { return FileStatus(lock) != nil }
    guard let users = ProcessSnapshot.users(of: lock) else {
      return stamp.age(at: moment) < .seconds(longPause)
    }
    return !users.isEmpty || stamp.age(at: moment) < .seconds(pause)
  }
}
