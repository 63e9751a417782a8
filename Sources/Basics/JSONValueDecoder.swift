extension JSONValue {
  /// Decodes the value straight from its bytes.
  ///
  /// Foundation's decoder first maps the whole text, and looks for protocols among all of the program's types: it takes
  /// ten times as long, and of a command that reads a few lines nearly all the time. Names must need no escapes.
  package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    try Value(from: JSONValueDecoder(value: self))
  }

  fileprivate func decoded() throws -> String { try require(wholeString) }
  fileprivate func decoded() throws -> Bool { try require(bool) }
  /// Finite, as JSON has no other number: what comes of it can be written again.
  fileprivate func decoded() throws -> Double { try require(double.flatMap { $0.isFinite ? $0 : nil }) }
  fileprivate func decoded() throws -> Float { Float(try decoded() as Double) }

  // Inlined down to the containers' witnesses, where the type is known: generic arithmetic takes many times as long.
  @inline(__always)
  fileprivate func decoded<Number: FixedWidthInteger>() throws -> Number {
    if let integer {
      guard let number = Number(exactly: integer) else { throw mismatch("a number out of range") }
      return number
    }
    guard let double, let number = Number(exactly: double) else { throw mismatch("no integer") }
    return number
  }

  private func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw mismatch("a value of another type") }
    return value
  }

  fileprivate func mismatch(_ reason: String) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: reason))
  }
}

/// What is decoded must not keep it: the bytes are lent.
private struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
  let value: JSONValue
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard let members = JSONMembers(value) else { throw value.mismatch("no object") }
    return KeyedDecodingContainer(Members(object: value, members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try Elements(value) }
  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { value.isNull }
  func decode(_ type: String.Type) throws -> String { try value.decoded() }
  func decode(_ type: Bool.Type) throws -> Bool { try value.decoded() }
  func decode(_ type: Double.Type) throws -> Double { try value.decoded() }
  func decode(_ type: Float.Type) throws -> Float { try value.decoded() }
  @inline(__always)
  func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number { try value.decoded() }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value.decode() }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let object: JSONValue
  let members: JSONMembers
  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    var keys: [Key] = []
    object.forEachNamedMember { name, _ in Key(stringValue: name).map { keys.append($0) } }
    return keys
  }

  private func member(_ key: Key) throws -> JSONValue {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "no '\(key.stringValue)'"))
    }
    return value
  }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decoded() }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decoded() }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).decoded() }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try member(key).decoded() }

  @inline(__always)
  func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type, forKey key: Key) throws -> Number {
    try member(key).decoded()
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try member(key).decode() }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder(forKey: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try Elements(try member(key)) }
  func superDecoder() throws -> any Decoder { JSONValueDecoder(value: object) }
  func superDecoder(forKey key: Key) throws -> any Decoder { JSONValueDecoder(value: try member(key)) }
}

private struct Elements: UnkeyedDecodingContainer {
  private var elements: [JSONValue] = []
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { [] }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }

  init(_ array: JSONValue) throws {
    guard array.isArray else { throw array.mismatch("no array") }
    array.forEachElement { elements.append($0) }
  }

  private mutating func next() throws -> JSONValue {
    guard !isAtEnd else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "too few elements"))
    }
    defer { currentIndex += 1 }
    return elements[currentIndex]
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: String.Type) throws -> String { try next().decoded() }
  mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decoded() }
  mutating func decode(_ type: Double.Type) throws -> Double { try next().decoded() }
  mutating func decode(_ type: Float.Type) throws -> Float { try next().decoded() }

  @inline(__always)
  mutating func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
    try next().decoded()
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().decode() }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try Elements(try next()) }
  mutating func superDecoder() throws -> any Decoder { JSONValueDecoder(value: try next()) }
}
