#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One line of a journal: when something happened, and what.
///
/// Schema 2 has the event's `type` and its fields next to `schema` and `time`. Schema 1 had them in an `event` with one
/// member, named after the type in another spelling: `{"schema":1,"time":…,"event":{"taskEnded":{…}}}`. A run that was
/// begun by an older program and continued by this one has lines of both.
package struct JournalEntry: Equatable, Sendable {
  /// The version of the journal's schema that this program writes and the newest that it reads.
  package static let schemaVersion = 2

  package let time: JournalTime
  package let event: JournalEvent

  package init(time: JournalTime, event: JournalEvent) {
    self.time = time
    self.event = event
  }

  /// The entry as one line of JSON, newline included.
  package func line() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}

extension JournalEntry: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: JournalKey.self)
    for form in JournalForm.all where try form.write(event, &fields) {
      try fields.encode(Self.schemaVersion, forKey: JournalKey("schema"))
      try fields.encode(time, forKey: JournalKey("time"))
      return try fields.encode(form.type, forKey: JournalKey("type"))
    }
    throw EncodingError.invalidValue(
      event, .init(codingPath: encoder.codingPath, debugDescription: "the event has no form in the journal"))
  }
}

/// A journal's line as it is read.
private enum JournalLine: Decodable {
  case entry(JournalEntry)
  /// An event that this program does not know.
  case unknown
  /// In a form that this program does not know.
  case newerSchema(Int)

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: JournalKey.self)
    let schema = try fields.decode(Int.self, forKey: JournalKey("schema"))
    guard schema <= JournalEntry.schemaVersion else {
      self = .newerSchema(schema)
      return
    }
    let time = try fields.decode(JournalTime.self, forKey: JournalKey("time"))
    let type: String
    let members: KeyedDecodingContainer<JournalKey>
    if schema >= 2 {
      type = try fields.decode(String.self, forKey: JournalKey("type"))
      members = fields
    } else {
      let event = try fields.nestedContainer(keyedBy: JournalKey.self, forKey: JournalKey("event"))
      guard let name = event.allKeys.first, event.allKeys.count == 1 else {
        throw DecodingError.dataCorrupted(.init(codingPath: event.codingPath, debugDescription: "no event"))
      }
      type = Self.type(name.stringValue)
      if type == "run-started" {
        let header = try event.nestedContainer(keyedBy: JournalKey.self, forKey: name)
          .decode(RunHeader.self, forKey: JournalKey("_0"))
        self = .entry(JournalEntry(time: time, event: .runStarted(header)))
        return
      }
      members = try event.nestedContainer(keyedBy: JournalKey.self, forKey: name)
    }
    guard let form = JournalForm.byType[type] else {
      self = .unknown
      return
    }
    self = .entry(JournalEntry(time: time, event: try form.read(members)))
  }

  /// The type that schema 1 spelled so: `taskEnded` is `task-ended`.
  private static func type(_ name: String) -> String {
    name.reduce(into: "") { type, letter in
      if letter.isUppercase { type += "-" }
      type += letter.lowercased()
    }
  }
}

/// Reads the lines of a journal one by one, and counts those that give no entry.
struct JournalReader {
  let path: String
  private(set) var unreadableLines = 0
  private(set) var unknownEntries = 0
  private let decoder = JSONDecoder()

  init(path: String) { self.path = path }

  /// - Parameter line: a whole line, without its newline.
  mutating func read(_ line: Data) throws(JournalError) -> JournalEntry? {
    switch try? decoder.decode(JournalLine.self, from: line) {
    case .entry(let entry):
      return entry
    case .newerSchema(let schema):
      throw .newerSchema(path: path, schema: schema)
    case .unknown:
      unknownEntries += 1
    case nil:
      unreadableLines += 1
    }
    return nil
  }
}
