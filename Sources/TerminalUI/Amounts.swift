/// A span of time as people read it: `0.4s`, `45s`, `3m12s`, `1h02m`. Parts of a second (above one: of the last
/// unit shown) are cut off, as on a clock; a negative span is `0s`.
package func shortText(_ duration: Duration) -> String {
  let (seconds, attoseconds) = max(duration, .zero).components
  if seconds == 0 {
    let tenths = attoseconds / 100_000_000_000_000_000
    return tenths == 0 ? "0s" : "0.\(tenths)s"
  }
  if seconds < 60 { return "\(seconds)s" }
  if seconds < 3600 { return "\(seconds / 60)m\(twoDigits(seconds % 60))s" }
  return "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m"
}

/// An amount of US dollars in cents: `$0.41`; `<$0.01` for less than a cent that is not nothing.
package func dollarText(_ amount: Double) -> String {
  guard amount.isFinite, amount.magnitude < 1e15 else { return "$?" }
  if amount > 0, amount < 0.005 { return "<$0.01" }
  let cents = Int64((amount.magnitude * 100).rounded())
  return (amount < 0 && cents > 0 ? "-" : "") + "$\(cents / 100).\(twoDigits(cents % 100))"
}

private func twoDigits(_ number: Int64) -> String {
  number < 10 ? "0\(number)" : "\(number)"
}
