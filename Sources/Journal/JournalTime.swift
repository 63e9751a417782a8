#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A moment as journals and JSON answers write it: ISO 8601 in UTC with milliseconds (`2026-11-22T20:37:05.123Z`).
package struct JournalTime: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  package let date: Date

  /// From 1970 to the end of 9999, the last year that the format has.
  private static let writable = 0.0...253_402_300_799.0

  /// Rounds down to the millisecond, so that a moment survives being written and read. One that could not be written
  /// becomes the first or the last that can.
  package init(_ date: Date) {
    let seconds = (date.timeIntervalSince1970 * 1000).rounded(.down) / 1000
    let bounded = min(max(seconds, Self.writable.lowerBound), Self.writable.upperBound)
    self.date = Date(timeIntervalSince1970: seconds.isNaN ? 0 : bounded)
  }

  package static var now: JournalTime { JournalTime(Date()) }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let date = try? Self.style.parse(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an ISO 8601 time")
    }
    // Half a millisecond against the parser's rounding of the fraction.
    self.init(date.addingTimeInterval(0.0005))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  // The half millisecond keeps binary fractions such as .122999… from printing one millisecond early.
  package var description: String { Self.style.format(date.addingTimeInterval(0.0004)) }

  package static func < (a: JournalTime, b: JournalTime) -> Bool { a.date < b.date }
}
