import Platform

/// The members of an object of which many are looked up: found in one walk. Valid only as long as the value's bytes.
package struct JSONMembers {
  private var members: [(name: UnsafeRawBufferPointer, value: JSONValue)] = []

  /// `nil` for a value that is no object.
  package init?(_ value: JSONValue) {
    guard value.isObject else { return nil }
    members.reserveCapacity(16)
    value.forEachMember { name, value in
      members.append((name, value))
      return true
    }
  }

  /// An object from bytes that somebody else wrote, in one walk; `nil` when they are not one JSON object.
  package init?(checking bytes: UnsafeRawBufferPointer) {
    var scanner = JSONScanner(bytes)
    scanner.skipSpace()
    guard scanner.take(UInt8(ascii: "{")) else { return nil }
    members.reserveCapacity(16)
    if !scanner.take(UInt8(ascii: "}")) {
      repeat {
        let start = scanner.position
        guard scanner.skipString() else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: bytes[start + 1..<scanner.position - 1])
        scanner.skipSpace()
        guard scanner.take(UInt8(ascii: ":")) else { return nil }
        members.append((name, JSONValue(beginning: bytes, at: scanner.position)))
        guard scanner.skipValue(depth: 1) else { return nil }
      } while scanner.take(UInt8(ascii: ","))
      guard scanner.take(UInt8(ascii: "}")) else { return nil }
    }
    guard scanner.isAtEnd else { return nil }
  }

  /// The first member of that name, which must need no escapes.
  package subscript(_ name: String) -> JSONValue? {
    var name = name
    return name.withUTF8 { name in
      for member in members where member.name.count == name.count {
        guard let theirs = member.name.baseAddress, let ours = name.baseAddress else { continue }
        if memcmp(theirs, ours, name.count) == 0 { return member.value }
      }
      return nil
    }
  }
}
