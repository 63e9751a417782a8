#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A moment as journals and JSON answers write it: ISO 8601 in UTC with milliseconds (`2026-11-22T20:37:05.123Z`).
package struct JournalTime: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  package let date: Date

  /// Rounds down to the millisecond, so that a moment survives being written and read.
  package init(_ date: Date) {
    self.date = Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded(.down) / 1000)
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
