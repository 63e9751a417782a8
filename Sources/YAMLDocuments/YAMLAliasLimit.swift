/// Refuses texts whose aliases could grow without bound ("billion laughs") before the YAML library sees them.
///
/// The library shares what aliases stand for, but hashes the keys of mappings, and a key may be such an alias.
package enum YAMLAliasLimit {
  /// How many times larger than the text its aliases may make it, at the very most.
  private static let limit = 100_000.0

  /// Where aliases pass the bound, line and column from 1, or `nil`.
  ///
  /// Looks at words that could be anchors (`&a`) or aliases (`*a`) of an anchor seen before, also within texts: a
  /// definition that is used n times makes at most n + 1 of what it holds. Prose and code in prose do not come near.
  package static func firstExcess(in yaml: String) -> (line: Int, column: Int)? {
    var uses: [[UInt8]: Double] = [:]
    var growth = 1.0
    var line = 1
    var lineStart = 0
    let bytes = Array(yaml.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        lineStart = index
      }
      guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") else { continue }
      let isAtWordStart = index < 2 || " \t\r\n[{,:?-!".utf8.contains(bytes[index - 2])
      let end = bytes[index...].firstIndex { !isNameByte($0) } ?? bytes.count
      let name = Array(bytes[index..<end])
      guard isAtWordStart, !name.isEmpty, end == bytes.count || " \t\r\n,]}:".utf8.contains(bytes[end]) else {
        continue
      }
      if byte == UInt8(ascii: "&") {
        uses[name] = 1
      } else if let count = uses[name] {
        uses[name] = count + 1
        growth *= (count + 1) / count
        if growth > limit { return (line, index - lineStart) }
      }
      index = end
    }
    return nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
