extension SettingType where Value == Duration {
  /// A span of time: a whole number with `ms`, `s`, `m`, `h`, `d` or `w`; seconds when no unit is given. At most 366 days.
  ///
  /// `zeroAdvice` says why 0 is refused, and what to write instead; it is nil where 0 has a meaning.
  static func duration(zeroAdvice: String?) -> Self {
    scalar("duration") { text throws(ValueFault) in
      guard let text else { throw .missing }
      guard let (count, unit) = parts(of: text) else {
        throw ValueFault(bad: "duration", text, advice: "write it as 300, 300s, 5m, 1h or 500ms")
      }
      let (milliseconds, overflow) = (Int64(count) ?? .max).multipliedReportingOverflow(by: unit)
      guard !overflow, milliseconds <= 366 * 24 * 3_600_000 else {
        throw ValueFault(bad: "duration", text, advice: "it must be at most 366 days")
      }
      if milliseconds == 0, let zeroAdvice {
        throw ValueFault(bad: "duration", text, advice: zeroAdvice)
      }
      return .milliseconds(milliseconds)
    } format: { duration in
      let (seconds, attoseconds) = duration.components
      if attoseconds != 0 { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
      if seconds >= 48 * 3600, seconds % (24 * 3600) == 0 { return "\(seconds / (24 * 3600))d" }
      if seconds != 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
      if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
      return "\(seconds)s"
    }
  }

  /// The digits of `text`, and the milliseconds in its unit; nil when it is anything else.
  private static func parts(of text: String) -> (count: Substring, unit: Int64)? {
    let count = text.prefix { ("0"..."9").contains($0) }
    let units: [String: Int64] = [
      "": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]
    guard !count.isEmpty, let unit = units[text.dropFirst(count.count).lowercased()] else { return nil }
    return (count, unit)
  }
}
