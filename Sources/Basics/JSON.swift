/// A JSON value of whatever shape, written down in Swift or read from a text of moderate size. ``JSONValue`` reads streams.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])
}

// MARK: - Reading

extension JSON {
  /// `nil` for what is not JSON, or is nested more than ``JSONScanner/depthLimit`` deep. Of members with the same name
  /// the last counts.
  package init?(parsing text: String) {
    var text = text
    let value = text.withUTF8 { JSONValue(checking: UnsafeRawBufferPointer($0)).map(JSON.init) }
    guard let value else { return nil }
    self = value
  }

  private init(_ value: JSONValue) {
    if value.isObject {
      var members: [String: JSON] = [:]
      value.forEachNamedMember { members[$0] = JSON($1) }
      self = .object(members)
    } else if value.isArray {
      var elements: [JSON] = []
      value.forEachElement { elements.append(JSON($0)) }
      self = .array(elements)
    } else if let bool = value.bool {
      self = .bool(bool)
    } else if let text = value.wholeString {
      self = .string(text)
    } else {
      self = value.double.map { .number($0) } ?? .null
    }
  }

  package subscript(_ key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  package var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements of an array, otherwise none.
  package var elements: [JSON] {
    if case .array(let values) = self { values } else { [] }
  }

  /// The names of an object's members, sorted; otherwise none.
  package var keys: [String] {
    if case .object(let members) = self { members.keys.sorted() } else { [] }
  }
}

// MARK: - Writing

extension JSON: ExpressibleByNilLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(Double(value)) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }

  /// Compact, with sorted keys, so that equal values give equal texts.
  package var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    // Counts must not become 1.0, and JSON has no infinity.
    case .number(let value):
      text += Int(exactly: value).map(String.init) ?? (value.isFinite ? String(value) : "null")
    case .string(let value): Self.write(value, to: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { text += "," }
        Self.write(member.key, to: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20: text += "\\u\(hex(scalar.value, digits: 4))"
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
