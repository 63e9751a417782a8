import OrchTestSupport

/// Spoils a text in the ways in which texts from outside have been seen to be bad.
///
/// It knows no format but what JSON, YAML, Markdown and lines have in common: numbers, quoted words, lines.
struct Mutator {
  var random: SeededRandom
  /// The longest result, in bytes: each input must be done with in a moment.
  static let limit = 192 << 10

  private static let numbers = [
    "9e18", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e300",
    "-1e300", "1e308", "1.7976931348623157e308", "1e400", "-1e400", "0", "-0", "-0.0", "-1", "1e-400", "NaN", "nan",
    "Infinity", "-Infinity", ".inf", ".nan", "1e19", "4294967296", "2147483648", "-2147483649", "253402300800",
    "32503680000", "1e15", "0x7fffffffffffffff", "1_000", "0007", "1e", "0.1", "3.0000000000000001", "1e18",
    "4611686018427387904", String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 400) + "1", "null",
    "true", "\"7\"", "[]", "{}",
  ]

  /// Escapes and raw bytes; what a format does not know as an escape is some text, too.
  private static let texts: [[UInt8]] =
    [
      "", " ", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\ud83d\\ude00", "\\u001b[2J", "\u{1b}]0;x\u{7}", "\u{9b}31m",
      "\\u009b31m", "\\n", "\\r\\n", "\n", "\t", "\u{202e}evil", "\\u202e", "a\u{200b}b", "\u{feff}", "\u{2028}",
      "../../x",
      "/etc/passwd", "~/.ssh", "-rf", "--", "@everyone", "closes #2", "`", "```", "<!--", "$(id)", "%s%n", "\\", "\\\"",
      "null", "refs/heads/x", "a..b", "x.lock", "\u{e9}\u{301}", "\u{1f468}\u{200d}\u{1f469}", "&a", "*a", "!!binary",
      "https://a:b@c/?token=d", "Wed, 21 Oct 2015 07:28:00 GMT", "2026-11-22T20:37:05.123Z", "9999-12-31T23:59:59.999Z",
      "-262143-01-01T00:00:00Z", "+292277026596-12-04T15:30:07Z", "/login", "usage limit reached|9999999999999999999",
    ].map { Array($0.utf8) } + [
      [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0], [0xe2, 0x82],
      Array(String(repeating: "A", count: 70_000).utf8), Array(String(repeating: "\u{301}", count: 3000).utf8),
      Array(String(repeating: "\\u0001", count: 2000).utf8),
    ]

  /// `seed` with one to six faults, at times with parts of `others`.
  mutating func mutate(_ seed: [UInt8], with others: [[UInt8]]) -> [UInt8] {
    var bytes = seed
    for _ in 0...random.below(6) {
      switch random.below(14) {
      case 0...4: replaceNumber(&bytes)
      case 5, 6: replaceText(&bytes)
      case 7: nest(&bytes)
      case 8: bytes.removeLast(random.below(bytes.count / 2 + 1))
      case 9: moveLine(&bytes)
      case 10: splice(&bytes, from: random.pick(others) ?? [])
      case 11: changeByte(&bytes)
      case 12: remove(&bytes)
      default: repeatPart(&bytes)
      }
      if bytes.count > Self.limit { bytes.removeLast(bytes.count - Self.limit) }
    }
    return bytes
  }

  private mutating func replaceNumber(_ bytes: inout [UInt8]) {
    // A piece of it is looked through, from somewhere on: some inputs are long.
    let start = random.below(bytes.count)
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    guard let digit = bytes[start...].firstIndex(where: isDigit) ?? bytes[..<start].firstIndex(where: isDigit) else {
      return replaceText(&bytes)
    }
    let isPart: (UInt8) -> Bool = { isDigit($0) || "+-.eE".utf8.contains($0) }
    let begin = bytes[..<digit].lastIndex { !isPart($0) }.map { $0 + 1 } ?? 0
    let end = bytes[digit...].firstIndex { !isPart($0) } ?? bytes.count
    bytes.replaceSubrange(begin..<end, with: Array((random.pick(Self.numbers) ?? "").utf8))
  }

  private mutating func replaceText(_ bytes: inout [UInt8]) {
    let text = random.pick(Self.texts) ?? []
    let start = random.below(bytes.count)
    let quote = UInt8(ascii: "\"")
    guard let open = bytes[start...].firstIndex(of: quote),
      let close = bytes[(open + 1)...].firstIndex(of: quote), random.below(3) > 0
    else {
      bytes.insert(contentsOf: text, at: start)
      return
    }
    let place = random.once(in: 3) ? open + 1 : close
    bytes.replaceSubrange(random.once(in: 2) ? open + 1..<close : place..<place, with: text)
  }

  /// Puts a value into many others.
  private mutating func nest(_ bytes: inout [UInt8]) {
    let depth = random.pick([3, 60, 127, 130, 600, 20_000]) ?? 3
    let (open, close) = random.pick([("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("> ", ""), ("  ", "")]) ?? ("", "")
    let place = bytes.firstIndex(of: UInt8(ascii: ":")).map { first in
      bytes[(first + random.below(bytes.count - first))...].firstIndex(of: UInt8(ascii: ":")) ?? first
    }
    let text =
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: random.once(in: 3) ? 0 : depth)
    bytes.insert(contentsOf: Array(text.utf8), at: place.map { $0 + 1 } ?? random.below(bytes.count))
  }

  private mutating func moveLine(_ bytes: inout [UInt8]) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let (one, other) = (random.below(lines.count), random.below(lines.count))
    switch random.below(3) {
    case 0: lines.swapAt(one, other)
    case 1: lines.insert(lines[one], at: other)
    default: lines.remove(at: one)
    }
    bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  private mutating func splice(_ bytes: inout [UInt8], from other: [UInt8]) {
    let lines = other.split(separator: UInt8(ascii: "\n"))
    let first = random.below(lines.count)
    let piece = lines.dropFirst(first).prefix(1 + random.below(5)).joined(separator: [UInt8(ascii: "\n")])
    let place = bytes[random.below(bytes.count)...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    bytes.insert(contentsOf: Array(piece) + [UInt8(ascii: "\n")], at: place)
  }

  private mutating func changeByte(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let place = random.below(bytes.count)
    let marks = Array("\"'{}[]:,-#|>&*!%@`\\\n\t \u{0}".utf8)
    bytes[place] = random.once(in: 2) ? random.pick(marks) ?? 0 : UInt8.random(in: 0...255, using: &random)
  }

  private mutating func remove(_ bytes: inout [UInt8]) {
    let start = random.below(bytes.count)
    bytes.removeSubrange(start..<min(bytes.count, start + 1 + random.below(60)))
  }

  private mutating func repeatPart(_ bytes: inout [UInt8]) {
    let start = random.below(bytes.count)
    let part = bytes[start..<min(bytes.count, start + 1 + random.below(80))]
    let times = random.pick([1, 2, 40, 1200]) ?? 1
    bytes.insert(contentsOf: Array(repeatElement(part, count: times).joined()), at: start)
  }
}
