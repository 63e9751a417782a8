package import Foundation

extension FakeMessagesAPI {
  /// Any JSON value, written as Swift literals in a scenario and read by keys from a recorded request.
  package indirect enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])
  }
}

extension FakeMessagesAPI.JSON {
  /// The value of a key, or `.null` when there is none or this is no object, so that look-ups can be chained.
  package subscript(key: String) -> Self {
    if case .object(let members) = self { members[key] ?? .null } else { .null }
  }

  /// The items of an array, otherwise none.
  package var items: [Self] {
    if case .array(let items) = self { items } else { [] }
  }

  /// The text of a string, otherwise `nil`.
  package var string: String? {
    if case .string(let string) = self { string } else { nil }
  }

  /// Every string in here but the keys, one a line, in no order where objects are concerned; good for searching.
  package var allText: String {
    switch self {
    case .null, .bool, .number: ""
    case .string(let string): string
    case .array(let items): items.map(\.allText).joined(separator: "\n")
    case .object(let members): members.values.map(\.allText).joined(separator: "\n")
    }
  }

  /// Compact JSON with sorted keys, so that equal values have equal texts.
  package var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Encoding fails for infinite numbers alone, which no literal in a scenario and no decoded body can hold.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  /// Decodes a JSON document.
  /// - Throws: `DecodingError` when it is none.
  package init(data: Data) throws {
    self = try JSONDecoder().decode(Self.self, from: data)
  }
}

extension FakeMessagesAPI.JSON: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let bool = try? container.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let string = try? container.decode(String.self) {
      self = .string(string)
    } else if let items = try? container.decode([Self].self) {
      self = .array(items)
    } else {
      self = .object(try container.decode([String: Self].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let bool): try container.encode(bool)
    // Token counts and indices must not be written as 1.0.
    case .number(let number):
      if let integer = Int(exactly: number) { try container.encode(integer) } else { try container.encode(number) }
    case .string(let string): try container.encode(string)
    case .array(let items): try container.encode(items)
    case .object(let members): try container.encode(members)
    }
  }
}

extension FakeMessagesAPI.JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(Double(value)) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: Self...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, Self)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
