import Platform

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Times of day where the user is.
package struct LocalClock: Sendable {
  private let seconds: @Sendable (Date) -> Int

  /// - Parameter seconds: the seconds since midnight of a moment.
  package init(_ seconds: @escaping @Sendable (Date) -> Int) { self.seconds = seconds }

  package static let system = LocalClock { date in
    var time = time_t(min(max(date.timeIntervalSince1970, 0), 253_402_300_799))
    var parts = tm()
    guard localtime_r(&time, &parts) != nil else { return 0 }
    return Int(parts.tm_hour) * 3600 + Int(parts.tm_min) * 60 + Int(parts.tm_sec)
  }

  package static let utc = LocalClock { Int(min(max($0.timeIntervalSince1970, 0), 253_402_300_799)) % 86_400 }

  /// `09:29`
  package func minutes(_ date: Date) -> String { String(full(date).prefix(5)) }

  /// `09:29:03`
  package func full(_ date: Date) -> String {
    let time = seconds(date)
    return [time / 3600, time / 60 % 60, time % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }
}
