package import Basics

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Numbers that an agent reports are read only through these: a stream may hold any digits.
extension JSONValue {
  /// A number of things, from 0 to the greatest that an `Int` holds; nil for what is not a number.
  package var count: Int? {
    double.map { $0 >= Double(Int.max) ? .max : Int(max($0, 0)) }
  }

  /// US dollars, from 0 to a million millions; nil for what is not a number.
  package var dollars: Double? { double.map { min(max($0, 0), 1e12) } }

  /// Seconds since 1970; nil for what is not a number, or no moment of this millennium.
  package var moment: Date? { double.flatMap { Date(boundedSecondsSince1970: $0) } }
}

extension Date {
  /// nil for what is no moment before the year 3000.
  package init?(boundedSecondsSince1970 seconds: Double) {
    guard (0..<32_503_680_000).contains(seconds) else { return nil }
    self.init(timeIntervalSince1970: seconds)
  }
}
