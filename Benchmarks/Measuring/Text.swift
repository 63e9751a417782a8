/// Figures as the results show them: three digits that count.
enum Text {
  static func fixed(_ value: Double, _ places: Int) -> String {
    let factor = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let scaled = Int((value.magnitude * factor).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % Int(factor))
    return "\(sign)\(scaled / Int(factor))." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  static func number(_ value: Double) -> String { fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) }

  static func seconds(_ seconds: Double) -> String {
    seconds < 1 ? "\(number(seconds * 1000)) ms" : "\(number(seconds)) s"
  }

  static func bytes(_ count: Int) -> String {
    let mega = Double(count) / 1_000_000
    return mega < 1000 ? "\(number(mega)) MB" : "\(number(mega / 1000)) GB"
  }

  static func ratio(_ ratio: Ratio) -> String {
    let pairs = ratio.count == 1 ? "1 pair" : "\(number(ratio.low))–\(number(ratio.high)), \(ratio.count) pairs"
    return "\(number(ratio.median)) × (\(pairs))"
  }

  /// `1000` as `1,000`.
  static func count(_ count: Int) -> String {
    var digits = String(count)
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    return digits
  }
}
