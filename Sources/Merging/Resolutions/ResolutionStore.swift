import Basics
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Conflicts that were resolved in work that landed, as `git rerere` keeps them: by the conflict's own id, how it was and
/// how it was resolved. The user's own `rr-cache` is another one, which is neither read nor written.
package struct ResolutionStore: Sendable {
  /// A store with more of them loses the oldest.
  private static let most = 300
  private static let longest = 1 << 20
  /// As long as git keeps them.
  private static let expiry: TimeInterval = 60 * 24 * 3600

  package let folder: FilePath

  package init(commonDirectory: FilePath) {
    folder = commonDirectory.appending("orchestrator").appending("rr-cache")
  }

  /// How a conflict was, and how it was resolved.
  struct Resolution: Sendable {
    let before: [UInt8]
    let after: [UInt8]
  }

  /// nil when there is none, or what is kept of it cannot be read.
  func resolution(of conflict: String) -> Resolution? {
    let place = folder.appending(conflict)
    guard let before = try? place.appending("preimage").readBytes(limit: Self.longest, .regularOnly),
      let after = try? place.appending("postimage").readBytes(limit: Self.longest, .regularOnly)
    else { return nil }
    return Resolution(before: before, after: after)
  }

  /// Keeps a resolution; a newer one takes the place of an older. What cannot be kept is resolved by hand again.
  func keep(_ resolution: Resolution, of conflict: String) {
    guard resolution.before.count <= Self.longest, resolution.after.count <= Self.longest else { return }
    let place = folder.appending(conflict)
    // In this order: an old way out is never taken for that of another conflict, and one without its end is none.
    try? FileSystem.createFolder(place, permissions: 0o700)
    try? FileSystem.remove(place.appending("postimage"))
    try? FileSystem.replace(place.appending("preimage"), with: resolution.before)
    try? FileSystem.replace(place.appending("postimage"), with: resolution.after)
  }

  package func forget(_ conflicts: [String]) {
    for conflict in conflicts where Self.isName(conflict) { try? folder.appending(conflict).removeTree() }
  }

  package var isEmpty: Bool { folder.entries?.isEmpty ?? true }

  /// Removes what is old, and the oldest of too many.
  package func sweep(now: Date = .now) {
    let kept = (folder.entries ?? []).filter(Self.isName).map { name in
      let file = FileStatus(folder.appending(name).appending("postimage"))
      return (name: name, time: TimeInterval(file?.modified ?? 0))
    }.sorted { $0.time > $1.time }
    for (index, entry) in kept.enumerated()
    where index >= Self.most || now.timeIntervalSince1970 - entry.time > Self.expiry {
      forget([entry.name])
    }
  }

  private static func isName(_ text: String) -> Bool { text.count >= 40 && text.allSatisfy(\.isHexDigit) }
}
