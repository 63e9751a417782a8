import Basics
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

enum FileAge {
  /// When what is at the path was last written to; nil when nothing is there.
  static func modified(_ path: FilePath) -> Date? {
    FileStatus(path).map { Date(timeIntervalSince1970: Double($0.modified)) }
  }

  /// `5 minutes`, `3 days`: how long ago something was, roughly.
  static func text(since date: Date, now: Date) -> String {
    let seconds = max(0, Int(now.timeIntervalSince(date)))
    let (count, unit) =
      switch seconds {
      case ..<3600: (seconds / 60, "minute")
      case ..<(2 * 86_400): (seconds / 3600, "hour")
      default: (seconds / 86_400, "day")
      }
    return "\(count) \(unit)\(count == 1 ? "" : "s")"
  }
}
