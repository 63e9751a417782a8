import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A moment as journals and JSON answers write it: ISO 8601 in UTC with milliseconds (`2026-11-22T20:37:05.123Z`).
package struct JournalTime: Codable, Hashable, Comparable, Sendable {
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
    var text = try container.decode(String.self)
    if let time = text.withUTF8({ JournalTime(written: UnsafeRawBufferPointer($0)) }) {
      self = time
      return
    }
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

  package static func < (a: JournalTime, b: JournalTime) -> Bool { a.date < b.date }
}

// A journal has as many times as entries, and Foundation's style takes longer for one than all the rest of its entry.
extension JournalTime: CustomStringConvertible {
  private static let millisecondsOfDay = 86_400_000

  private var milliseconds: Int { Int((date.timeIntervalSince1970 * 1000).rounded()) }

  package var description: String {
    let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: Self.millisecondsOfDay)
    let (year, month, day) = civilDate(daysSince1970: days)
    return String(unsafeUninitializedCapacity: 24) { text in
      var end = 0
      func write(_ number: Int, digits: Int, then mark: StaticString) {
        var rest = number
        for index in stride(from: end + digits - 1, through: end, by: -1) {
          text[index] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
          rest /= 10
        }
        text[end + digits] = mark.utf8Start.pointee
        end += digits + 1
      }
      write(year, digits: 4, then: "-")
      write(month, digits: 2, then: "-")
      write(day, digits: 2, then: "T")
      write(rest / 3_600_000, digits: 2, then: ":")
      write(rest / 60_000 % 60, digits: 2, then: ":")
      write(rest / 1000 % 60, digits: 2, then: ".")
      write(rest % 1000, digits: 3, then: "Z")
      return end
    }
  }

  /// The same as decoding it, which takes twice as long.
  static func read(_ field: JSONValue?) throws -> JournalTime {
    if let bytes = field?.plainBytes(limit: 24), let time = JournalTime(written: bytes) { return time }
    guard let field else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "a field is missing"))
    }
    return try field.decode()
  }

  /// A moment as `description` has it; nil for one in another form.
  private init?(written bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 24 else { return nil }
    for (index, mark) in Self.marks where bytes[index] != mark { return nil }
    var isNumber = true
    func number(_ range: Range<Int>) -> Int {
      range.reduce(0) { number, index in
        let digit = bytes[index] &- 0x30
        if digit > 9 { isNumber = false }
        return number &* 10 &+ Int(digit)
      }
    }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    let days = daysSince1970(year: year, month: month, day: day)
    let milliseconds =
      days &* Self.millisecondsOfDay &+ ((hour &* 60 &+ minute) &* 60 &+ second) &* 1000 &+ number(20..<23)
    date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    guard isNumber, hour < 24, minute < 60, second < 60, Self.writable.contains(date.timeIntervalSince1970),
      // A 30th of February does not come back as it was.
      civilDate(daysSince1970: days) == (year, month, day)
    else { return nil }
  }

  /// What stands between the numbers.
  private static let marks: [(index: Int, mark: UInt8)] = [
    (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
    (16, UInt8(ascii: ":")), (19, UInt8(ascii: ".")), (23, UInt8(ascii: "Z")),
  ]
}

/// The day in the Gregorian calendar. Years begin in March here, so that the day that some have more is their last.
private func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
  // Days since 0000-03-01, by eras of 400 years, which are all of the same length.
  let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let month = (5 * dayOfYear + 2) / 153
  let isNextYear = month >= 10
  return (
    era * 400 + yearOfEra + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
    dayOfYear - (153 * month + 2) / 5 + 1
  )
}

/// The reverse. What is no date gives some number.
private func daysSince1970(year: Int, month: Int, day: Int) -> Int {
  let year = month <= 2 ? year - 1 : year
  let (era, yearOfEra) = year.quotientAndRemainder(dividingBy: 400)
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
