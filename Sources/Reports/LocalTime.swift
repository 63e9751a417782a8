import Journal
import Platform

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  package import Foundation
#endif

/// Where a reader's clock stands.
package enum Zone: Sendable {
  case local, utc
}

/// A moment as a clock on the wall shows it.
struct LocalTime {
  private let fields: tm

  init(_ date: Date, _ zone: Zone) {
    var seconds = time_t(min(max(date.timeIntervalSince1970, 0), 253_402_300_799))
    var fields = tm()
    switch zone {
    case .local: localtime_r(&seconds, &fields)
    case .utc: gmtime_r(&seconds, &fields)
    }
    self.fields = fields
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `09:15`.
  var clock: String { "\(Self.two(fields.tm_hour)):\(Self.two(fields.tm_min))" }
  /// `09:15:07`.
  var seconds: String { "\(clock):\(Self.two(fields.tm_sec))" }
  /// `26 Nov`.
  var day: String { "\(fields.tm_mday) \(Self.months[Int(min(max(fields.tm_mon, 0), 11))])" }
  /// `26 Nov 2026, 09:15`.
  var full: String { "\(day) \(fields.tm_year + 1900), \(clock)" }
  /// `2026-11-26`.
  var date: String { "\(fields.tm_year + 1900)-\(Self.two(fields.tm_mon + 1))-\(Self.two(fields.tm_mday))" }
}
