/// A span of time as people read it: `0.4s`, `45s`, `3m12s`, `1h02m`, `2d03h`. Parts of a second (above one: of the last
/// unit shown) are cut off, as on a clock; a negative span is `0s`.
package func shortText(_ duration: Duration) -> String {
  let (seconds, attoseconds) = max(duration, .zero).components
  if seconds == 0 {
    let tenths = attoseconds / 100_000_000_000_000_000
    return tenths == 0 ? "0s" : "0.\(tenths)s"
  }
  if seconds < 60 { return "\(seconds)s" }
  if seconds < 3600 { return "\(seconds / 60)m\(twoDigits(seconds % 60))s" }
  if seconds < 86400 { return "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m" }
  return "\(seconds / 86400)d\(twoDigits(seconds / 3600 % 24))h"
}

/// A number with three digits at most: `812`, `9.4k`, `118k`, `1.4M`, `34M`; cut off, not rounded.
/// - Parameter isSum: keeps a decimal for as long as there are three digits: `10.7M`.
package func countText(_ count: Int, isSum: Bool = false) -> String {
  var (unit, divisor) = ("", 1)
  for (next, size) in [("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)] where count >= size {
    (unit, divisor) = (next, size)
  }
  guard divisor > 1 else { return "\(max(0, count))" }
  let whole = count / divisor
  return whole < (isSum ? 100 : 10) ? "\(whole).\(count % divisor / (divisor / 10))\(unit)" : "\(min(whole, 999))\(unit)"
}

/// Changed lines: `+402 -377`, from 10,000 on `+12k`.
package func linesText(added: Int, removed: Int) -> String {
  func text(_ count: Int) -> String { count < 10_000 ? "\(count)" : countText(count) }
  return "+\(text(added)) -\(text(removed))"
}

/// An amount of US dollars where there is little room: from a thousand on `$1.2k`.
package func shortDollarText(_ amount: Double) -> String {
  guard amount.isFinite, amount >= 1000 else { return dollarText(amount) }
  guard amount < 1e12 else { return "$?" }
  return "$" + countText(Int(amount))
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
