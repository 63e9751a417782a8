#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// How long a server asks to be left alone.
package enum RetryAfter {
  package static func duration(_ response: HTTPResponse) -> Duration? { duration(response, now: Date()) }

  /// From `retry-after-ms`, or `retry-after` in seconds or as a date; never negative, at most a day.
  package static func duration(_ response: HTTPResponse, now: Date) -> Duration? {
    func bounded(_ seconds: Double) -> Duration? {
      seconds.isFinite ? .seconds(min(max(0, seconds), 86_400)) : nil
    }
    if let milliseconds = response.headers["retry-after-ms"].flatMap({ Double($0) }) {
      return bounded(milliseconds / 1_000)
    }
    guard let value = response.headers["retry-after"] else { return nil }
    if let seconds = Double(value) { return bounded(seconds) }
    return seconds(ofHTTPDate: value).flatMap { bounded($0 - now.timeIntervalSince1970) }
  }

  /// When the server answered, by its own clock; nil without a `date` header that can be read.
  package static func serverTime(_ response: HTTPResponse) -> Date? {
    response.headers["date"].flatMap { seconds(ofHTTPDate: $0) }.map { Date(timeIntervalSince1970: $0) }
  }

  /// `Wed, 21 Oct 2015 07:28:00 GMT` in seconds since 1970: the one form that servers may send (RFC 9110, 5.6.7).
  private static func seconds(ofHTTPDate text: String) -> Double? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), (1...31).contains(day),
      let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3, zip(clock, [24, 60, 61]).allSatisfy({ (0..<$1).contains($0) }) else { return nil }
    // Days of the proleptic Gregorian calendar, with years that begin in March.
    let shifted = month < 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return Double(days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2])
  }
}
