/// The same numbers for the same seed, on every machine (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Words of a little English, of about that many bytes.
  mutating func prose(_ length: Int) -> String {
    var text = ""
    while text.utf8.count < length {
      text += Self.words[Int(next() % UInt64(Self.words.count))]
      text += " "
    }
    return text
  }

  /// Forty hexadecimal digits, as commits have.
  mutating func objectID() -> String {
    let digits = (0..<3).map { _ in
      let digits = String(next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return String(digits.joined().prefix(40))
  }

  private static let words = [
    "the", "a", "test", "file", "of", "function", "returns", "when", "it", "is", "called", "with", "an", "empty",
    "list",
    "so", "I", "will", "change", "this", "and", "run", "all", "tests", "again", "error:", "expected", "value", "naïve",
    "path", "in", "branch", "to", "“quoted”", "server", "client", "→", "module", "parse", "line", "two", "cases",
  ]
}
