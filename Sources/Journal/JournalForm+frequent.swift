import Basics
import Processes

// What a journal has most of, read field by field: the same as decoding it, which takes three times as long.

extension String: JournalValue {
  static func read(_ field: JSONValue?) throws -> String {
    guard let text = field?.wholeString else { throw damage("no string") }
    return text
  }
}

extension JournalValue where Self: FixedWidthInteger {
  static func read(_ field: JSONValue?) throws -> Self {
    if let number = field?.integer.flatMap({ Self(exactly: $0) }) { return number }
    // `1.0` and `1e3` are integers, too.
    guard let field else { throw damage("no number") }
    return try field.decode()
  }
}

extension Double: JournalValue {
  static func read(_ field: JSONValue?) throws -> Double {
    guard let number = field?.double, number.isFinite else { throw damage("no number") }
    return number
  }
}

extension Bool: JournalValue {
  static func read(_ field: JSONValue?) throws -> Bool {
    guard let flag = field?.bool else { throw damage("neither true nor false") }
    return flag
  }
}

extension Array: JournalValue where Element: JournalValue {
  static func read(_ field: JSONValue?) throws -> [Element] {
    guard let field, field.isArray else { throw damage("no array") }
    var elements: [Element] = []
    var failure: (any Error)?
    field.forEachElement { element in
      guard failure == nil else { return }
      do {
        elements.append(try Element.read(element))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return elements
  }
}

extension Int: JournalValue {}
extension Int32: JournalValue {}
extension UInt64: JournalValue {}

extension ProcessIdentity: JournalValue {
  static func read(_ field: JSONValue?) throws -> ProcessIdentity {
    let fields = try JSONMembers(ofField: field)
    return ProcessIdentity(
      pid: try fields.value("pid"), startTime: try fields.value("startTime"), boot: try fields.value("boot"))
  }
}

extension AttemptRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> AttemptRecord {
    let fields = try JSONMembers(ofField: field)
    return AttemptRecord(
      end: try fields.value("end"), limit: try fields.value("limit"), message: try fields.value("message"),
      exit: try fields.value("exit"), session: try fields.value("session"), cost: try fields.value("cost"),
      sessionCost: try fields.value("sessionCost"), inputTokens: try fields.value("inputTokens"),
      outputTokens: try fields.value("outputTokens"), cacheReadTokens: try fields.value("cacheReadTokens"),
      cacheWriteTokens: try fields.value("cacheWriteTokens"), models: try fields.value("models"),
      estimatedCost: try fields.value("estimatedCost"), turns: try fields.value("turns"),
      denied: try fields.value("denied"), finalMessage: try fields.value("finalMessage"),
      unreadableLines: try fields.value("unreadableLines"))
  }
}

extension AttemptRecord.End: JournalValue {}

/// Words of which there are only some.
extension JournalValue where Self: RawRepresentable, RawValue == String {
  static func read(_ field: JSONValue?) throws -> Self {
    guard let value = Self(rawValue: try String.read(field)) else { throw damage("an unknown word") }
    return value
  }
}

extension JSONMembers {
  init(ofField field: JSONValue?) throws {
    guard let fields = field.flatMap({ JSONMembers($0) }) else { throw damage("no object") }
    self = fields
  }

  @inline(__always)
  func value<Value: JournalValue>(_ name: String) throws -> Value { try Value.read(self[name]) }
}

private func damage(_ what: String) -> DecodingError {
  .dataCorrupted(.init(codingPath: [], debugDescription: what))
}
