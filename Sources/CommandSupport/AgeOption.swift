#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What `--older-than` and `--since` take: `12h`, `30d`, `2w`, or a day such as `2026-11-01`, which is meant in UTC.
package enum AgeOption {
  package static func parse(_ text: String, now: Date) -> Duration? {
    let count = text.prefix { ("0"..."9").contains($0) }
    let units: [String: Int64] = ["h": 3600, "d": 86_400, "w": 604_800]
    if !count.isEmpty, let unit = units[text.dropFirst(count.count).lowercased()] {
      let (seconds, overflow) = (Int64(count) ?? .max).multipliedReportingOverflow(by: unit)
      return overflow ? .seconds(Int64.max / 2) : .seconds(seconds)
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], text.allSatisfy({ ("0"..."9").contains($0) || $0 == "-" }),
      let day = try? Date.ISO8601FormatStyle().parse("\(text)T00:00:00Z"), day <= now
    else { return nil }
    return .seconds(Int64(now.timeIntervalSince(day)))
  }
}
