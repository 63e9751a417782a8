#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Tells when nothing was said for so long that a reader without a terminal wonders whether anything happens.
package struct Silence: Sendable {
  package static let limit = 60.0

  private var spokenAt: Date

  package init(at time: Date) { spokenAt = time }

  package mutating func speak(at time: Date) { spokenAt = time }

  /// Whether something is to be said now, which then counts as said.
  package mutating func isOver(at time: Date) -> Bool {
    guard time.timeIntervalSince(spokenAt) >= Self.limit else { return false }
    spokenAt = time
    return true
  }
}
