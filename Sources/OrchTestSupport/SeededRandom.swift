/// The same numbers for the same seed, on every machine (SplitMix64).
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// - Parameter parts: numbers and words that together name what is made.
  package init(_ parts: any CustomStringConvertible...) {
    // FNV-1a: hashes of the standard library differ from one start to the next.
    state = parts.map(\.description).joined(separator: "/").utf8.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// True once in `n` times.
  package mutating func once(in n: Int) -> Bool { Int.random(in: 0..<n, using: &self) == 0 }

  package mutating func below(_ limit: Int) -> Int { limit > 0 ? Int.random(in: 0..<limit, using: &self) : 0 }

  package mutating func pick<Value>(_ values: [Value]) -> Value? { values.randomElement(using: &self) }
}
