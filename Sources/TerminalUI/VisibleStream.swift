import Basics

/// Bytes on their way to a terminal, piece by piece, made safe: control characters become visible.
package struct VisibleStream {
  /// The beginning of a character that the last piece was cut in.
  private var rest: [UInt8] = []

  package init() {}

  package mutating func text(of piece: UnsafeRawBufferPointer) -> String {
    rest += piece
    let end = rest.count - Self.unfinished(rest)
    let text = String(decoding: rest[..<end], as: UTF8.self)
    rest.removeFirst(end)
    return sanitized(text, .keepLines)
  }

  /// How many bytes at the end begin a character, and do not end it; a carriage return may be the first half of a line's
  /// end.
  private static func unfinished(_ bytes: [UInt8]) -> Int {
    if bytes.last == 0x0D { return 1 }
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte < 0x80 { return 0 }
      if byte >= 0xC0 { return (~byte).leadingZeroBitCount > count ? count : 0 }
    }
    return 0
  }
}
