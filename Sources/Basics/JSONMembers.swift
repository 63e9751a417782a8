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

  /// The first member of that name, which must need no escapes.
  package subscript(_ name: String) -> JSONValue? {
    var name = name
    return name.withUTF8 { name in
      members.first { $0.name.count == name.count && $0.name.elementsEqual(name) }?.value
    }
  }
}
