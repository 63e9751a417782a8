import Platform

/// Cuts a stream of bytes into lines at 0x0A and nowhere else (U+2028 inside a JSON string is no line break).
///
/// Holds at most ``limit`` bytes: the rest of a longer line is passed over, and the line is reported as over-long.
package struct LineSplitter: Sendable {
  package enum Line {
    case whole(UnsafeRawBufferPointer)
    case overlong
  }

  /// The longest line that is handed on, in bytes.
  package let limit: Int
  private var carry: [UInt8] = []
  private var isSkipping = false

  package init(limit: Int = 16 << 20) {
    self.limit = limit
  }

  /// Hands each line that `bytes` completes to `body`, without its newline. The buffer is valid during the call only.
  package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (Line) -> Void) {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      guard let newline = memchr(start, 0x0A, rest.count) else {
        keep(rest)
        return
      }
      let length = UnsafeRawPointer(newline) - start
      let line = UnsafeRawBufferPointer(start: start, count: length)
      rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
      if isSkipping || carry.count + length > limit {
        isSkipping = false
        drop()
        body(.overlong)
      } else if carry.isEmpty {
        body(.whole(line))
      } else {
        carry.append(contentsOf: line)
        carry.withUnsafeBytes { body(.whole($0)) }
        drop()
      }
    }
  }

  /// Hands on what stands after the last newline, if anything does.
  package mutating func finish(_ body: (Line) -> Void) {
    if isSkipping {
      body(.overlong)
    } else if !carry.isEmpty {
      carry.withUnsafeBytes { body(.whole($0)) }
    }
    isSkipping = false
    drop()
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    guard !isSkipping else { return }
    if carry.count + bytes.count > limit {
      isSkipping = true
      drop()
    } else {
      carry.append(contentsOf: bytes)
    }
  }

  /// Empties the carry, and gives the memory of an unusually long line back.
  private mutating func drop() {
    carry.removeAll(keepingCapacity: carry.capacity <= 64 << 10)
  }
}
