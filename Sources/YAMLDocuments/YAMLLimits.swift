/// How much one text may ask for: who writes it decides neither over our stack nor over our memory.
package struct YAMLLimits: Sendable {
  package enum Excess: Sendable, Equatable, CustomStringConvertible {
    case depth(Int)
    case nodes(Int)
    case bytes(Int)
    case directives(Int)

    package var description: String {
      switch self {
      case .depth(let limit): "nested more than \(limit) levels deep"
      case .nodes(let limit): "more than \(limit) values"
      case .bytes(let limit): "larger than \(limit >> 20) MB"
      case .directives(let limit): "more than \(limit) lines begin with '%TAG'"
      }
    }
  }

  /// Lists and maps within each other. Code that walks the tree may do so by recursion.
  package var depth = 100
  /// Keys, values and items: each takes memory, however short it is written.
  package var nodes = 1_000_000
  package var bytes = 16 << 20
  /// libyaml compares each with all before it.
  package var directives = 100

  package init() {}

  /// What must hold before libyaml sees the text.
  func check(_ text: UnsafeBufferPointer<UInt8>) throws(YAMLFault) {
    guard text.count <= bytes else { throw YAMLFault(.limit(.bytes(bytes)), at: nil) }
    var (line, count) = (1, 0)
    var isLineStart = true
    for (offset, byte) in text.enumerated() {
      if isLineStart, byte == UInt8(ascii: "%"), text[offset...].starts(with: "%TAG".utf8) {
        count += 1
        if count > directives {
          throw YAMLFault(.limit(.directives(directives)), at: SourcePosition(line: line, column: 1))
        }
      }
      isLineStart = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
  }
}
