import Basics
import Platform
import SystemPackage

/// A small file whose contents matter: a hook, a configuration, a line of a worktree's record.
struct GuardedFile: Sendable {
  /// Of larger ones only the stamp is compared.
  static let limit = 1 << 20

  /// Where it leads, if it is a symbolic link.
  let link: String?
  let isExecutable: Bool
  /// nil when it cannot be read or is too large.
  let contents: [UInt8]?
  private let size: Int64
  private let stamps: [FileStamp?]
  private let isFresh: Bool

  /// nil when there is no file.
  init?(_ path: String, previous: GuardedFile?, at look: timespec) {
    guard let own = FileStamp(path), !own.isFolder else { return nil }
    let target = own.isLink ? FileStamp(path, following: true) : own
    let stamps = [own, target]
    if let previous, !previous.isFresh, previous.stamps == stamps {
      self = previous
      return
    }
    self.stamps = stamps
    link = own.isLink ? linkTarget(at: path) : nil
    isExecutable = target?.isExecutable ?? false
    size = target?.size ?? 0
    contents = target?.isRegular == true ? try? FilePath(path).readBytes(limit: Self.limit, .regularOnly) : nil
    isFresh = own.isFresh(at: look) || target?.isFresh(at: look) ?? false
  }

  /// Whether it says and does the same.
  func isSame(as other: GuardedFile) -> Bool {
    link == other.link && isExecutable == other.isExecutable && contents == other.contents
      && (contents != nil || stamps == other.stamps)
  }

  var text: String? { contents.map { String(decoding: $0, as: UTF8.self).trimmed } }

  /// For people: `executable, 120 bytes`.
  var description: String {
    let kind = link.map { "a link to '\($0)', " } ?? ""
    return kind + (isExecutable ? "executable, " : "") + "\(size) byte\(size == 1 ? "" : "s")"
  }
}
