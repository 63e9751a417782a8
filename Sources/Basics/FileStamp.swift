package import Platform
package import SystemPackage

/// What the system says of a file without opening it. The time of its last change of state is part of it: that one
/// cannot be set back.
package struct FileStamp: Equatable, Sendable {
  package let mode: UInt32
  package let size: Int64
  private let device: UInt64
  package let inode: UInt64
  private let modified: Moment
  private let changed: Moment

  private struct Moment: Equatable, Sendable {
    let seconds: Int
    let nanoseconds: Int
  }

  /// How coarse the clock of a file system may be, in nanoseconds: what was written within it of the look may have been
  /// written again in the same tick.
  private static let tick = 50_000_000

  package var isFolder: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
  package var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
  package var isLink: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFLNK) }
  package var isExecutable: Bool { mode & 0o111 != 0 }

  /// Which file it is on this machine until that is started again, whatever its path becomes.
  package var place: String { String(device, radix: 16) + "-" + String(inode, radix: 16) }

  package init(_ status: stat) {
    mode = UInt32(status.st_mode)
    size = Int64(status.st_size)
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
    #if canImport(Darwin)
      modified = Moment(seconds: status.st_mtimespec.tv_sec, nanoseconds: status.st_mtimespec.tv_nsec)
      changed = Moment(seconds: status.st_ctimespec.tv_sec, nanoseconds: status.st_ctimespec.tv_nsec)
    #else
      modified = Moment(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
      changed = Moment(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
    #endif
  }

  /// Of what is at the path, a symbolic link itself unless `following`; nil when there is nothing.
  package init?(_ path: FilePath, following: Bool = false) {
    guard let status = path.withPlatformString({ Self.status(of: $0, following: following) }) else { return nil }
    self.init(status)
  }

  /// The same for a path in text form; see ``FileStatus``.
  package init?(_ path: String, following: Bool = false) {
    guard let status = Self.status(of: path, following: following) else { return nil }
    self.init(status)
  }

  private static func status(of path: UnsafePointer<CChar>, following: Bool) -> stat? {
    var status = stat()
    return (following ? stat(path, &status) : lstat(path, &status)) == 0 ? status : nil
  }

  /// How long ago its state changed last, by the system's clock; negative when that is yet to come.
  package func age(at moment: timespec) -> Duration {
    .seconds(moment.tv_sec - changed.seconds) + .nanoseconds(moment.tv_nsec - changed.nanoseconds)
  }

  /// Whether the file may have changed after the look at that time without its stamp telling.
  package func isFresh(at look: timespec) -> Bool {
    let age =
      (look.tv_sec - changed.seconds).multipliedReportingOverflow(by: 1_000_000_000).partialValue
      &+ (look.tv_nsec - changed.nanoseconds)
    return age < Self.tick
  }

  package static func now() -> timespec {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time
  }
}
