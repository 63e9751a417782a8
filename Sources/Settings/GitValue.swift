/// The spellings of booleans and integers that git itself accepts in its configuration.
///
/// These follow git's parse.c, so that `git config --type=bool` and a setting never disagree.
enum GitValue {
  /// A boolean as git reads it; nil for text that is none. A key without `=` is true, an empty value false.
  static func boolean(_ text: String?) -> Bool? {
    guard let text else { return true }
    switch text.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off", "": return false
    default: break
    }
    guard case .value(let number) = integer(text) else { return nil }
    return number != 0
  }

  enum IntegerResult: Equatable {
    case value(Int)
    case outOfRange
    case invalid
  }

  /// An integer as git reads it: C notation (`0x10`, `010` is octal), with `k`, `m` or `g` for powers of 1024.
  static func integer(_ text: String) -> IntegerResult {
    var rest = Substring(text).drop { $0 == " " || $0 == "\t" }
    var isNegative = false
    if let sign = rest.first, sign == "-" || sign == "+" {
      isNegative = sign == "-"
      rest.removeFirst()
    }
    var factor = 1
    if let unit = rest.last?.lowercased(), let power = ["k": 10, "m": 20, "g": 30][unit] {
      factor = 1 << power
      rest.removeLast()
    }
    var radix = 10
    if rest.lowercased().hasPrefix("0x") {
      radix = 16
      rest.removeFirst(2)
    } else if rest.count > 1, rest.first == "0" {
      radix = 8
      rest.removeFirst()
    }
    guard !rest.isEmpty, rest.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? 99) < radix }) else { return .invalid }
    guard let magnitude = Int(rest, radix: radix) else { return .outOfRange }
    let (product, overflow) = magnitude.multipliedReportingOverflow(by: isNegative ? -factor : factor)
    return overflow ? .outOfRange : .value(product)
  }
}
