import Basics
import Dispatch
import Processes
import Synchronization

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
enum JournalLine: Sendable {
  // Elsewhere: entries are large, and lines are handed from thread to thread.
  indirect case entry(JournalEntry)
  /// An event that this program does not know.
  case unknown
  /// In a form that this program does not know.
  case newerSchema(Int)

  /// nil for damage.
  init?(_ line: UnsafeRawBufferPointer) {
    guard let fields = JSONMembers(checking: line), let schema = fields["schema"]?.int else { return nil }
    guard schema <= JournalEntry.schemaVersion else {
      self = .newerSchema(schema)
      return
    }
    guard let time = try? JournalTime.read(fields["time"]) else { return nil }
    let event: JournalEvent?
    do {
      event = try schema >= 2 ? Self.event(fields["type"]?.string(), fields) : Self.firstSchema(fields["event"])
    } catch {
      return nil
    }
    self = event.map { .entry(JournalEntry(time: time, event: $0)) } ?? .unknown
  }

  /// nil for a type that this program does not know.
  private static func event(_ type: String?, _ fields: JSONMembers) throws -> JournalEvent? {
    guard let type else { throw Damage() }
    return try JournalForm.byType[type]?.read(fields)
  }

  /// The same of an event as schema 1 had it.
  private static func firstSchema(_ event: JSONValue?) throws -> JournalEvent? {
    var members: [(name: String, fields: JSONValue)] = []
    event?.forEachMember { name, fields in
      members.append((Self.type(String(decoding: name, as: UTF8.self)), fields))
      return true
    }
    guard members.count == 1 else { throw Damage() }
    let type = members[0].name
    guard let fields = JSONMembers(members[0].fields) else { throw Damage() }
    return try type == "run-started" ? .runStarted(RunHeader.read(fields["_0"])) : Self.event(type, fields)
  }

  /// The type that schema 1 spelled so: `taskEnded` is `task-ended`.
  private static func type(_ name: String) -> String {
    name.reduce(into: "") { type, letter in
      if letter.isUppercase { type += "-" }
      type += letter.lowercased()
    }
  }
}

private struct Damage: Error {}

/// Reads the lines of a journal one by one, and counts those that give no entry.
struct JournalReader {
  let path: String
  private(set) var unreadableLines = 0
  private(set) var unknownEntries = 0
  /// `.newerSchema`: nothing is read from there on.
  private(set) var failure: JournalError?
  /// Keeps the beginning of a line whose end has not come yet. What a crash has torn stays there.
  private var lines = LineSplitter(limit: .max)
  /// What was read and not handed on yet, in the order of the file.
  private var parsed: [[JournalLine?]] = []

  init(path: String) { self.path = path }

  /// Reads each line that `bytes` completes, and hands on its entry.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (JournalEntry) -> Void) {
    var splitter = lines
    lines = LineSplitter(limit: .max)
    splitter.feed(bytes) { line in
      guard failure == nil, case .whole(let line) = line else { return }
      take(JournalLine(line), body)
    }
    lines = splitter
  }

  /// The same of many lines, all of them whole, which several threads read. What they say is handed on by the next call,
  /// while those of that one are read, or by ``finish(_:)``.
  mutating func feed(lines bytes: UnsafeRawBufferPointer, _ body: (JournalEntry) -> Void) {
    let earlier = parsed
    parsed = []
    let read = JournalLine.all(in: bytes) { takeAll(earlier, body) }
    parsed = read
  }

  /// Hands on what is left of it.
  mutating func finish(_ body: (JournalEntry) -> Void) {
    let rest = parsed
    parsed = []
    takeAll(rest, body)
  }

  private mutating func takeAll(_ parts: [[JournalLine?]], _ body: (JournalEntry) -> Void) {
    for part in parts {
      for line in part where failure == nil { take(line, body) }
    }
  }

  private mutating func take(_ line: JournalLine?, _ body: (JournalEntry) -> Void) {
    switch line {
    case .entry(let entry): body(entry)
    case .newerSchema(let schema): failure = .newerSchema(path: path, schema: schema)
    case .unknown: unknownEntries += 1
    case nil: unreadableLines += 1
    }
  }
}

extension JournalLine {
  /// Fewer bytes are not worth another thread.
  private static let share = 128 << 10

  /// What each line says, in order, in as many parts as were read side by side; `meanwhile` is called once.
  fileprivate static func all(
    in bytes: UnsafeRawBufferPointer, while meanwhile: () -> Void
  ) -> [[JournalLine?]] {
    // More than there are threads: a part may take longer than others.
    let count = min(64, bytes.count / share)
    guard count > 1, ProcessInfo.processInfo.activeProcessorCount > 1 else {
      meanwhile()
      return [read(bytes)]
    }
    var parts: [UnsafeRawBufferPointer] = []
    var start = 0
    for part in 1...count where start < bytes.count {
      let wanted = max(start, bytes.count / count * part)
      let end =
        part == count
        ? bytes.count : bytes[wanted...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      parts.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end
    }
    let lines = Mutex([[JournalLine?]](repeating: [], count: parts.count))
    withoutActuallyEscaping(meanwhile) { meanwhile in
      // Lent to threads that are done with them when this returns: the parts are written by none, and one alone calls
      // the other.
      nonisolated(unsafe) let shared = parts
      nonisolated(unsafe) let task = meanwhile
      DispatchQueue.concurrentPerform(iterations: shared.count + 1) { iteration in
        guard iteration > 0 else { return task() }
        let found = read(shared[iteration - 1])
        lines.withLock { $0[iteration - 1] = found }
      }
    }
    return lines.withLock { $0 }
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) -> [JournalLine?] {
    var lines: [JournalLine?] = []
    lines.reserveCapacity(bytes.count / 128)
    var splitter = LineSplitter(limit: .max)
    splitter.feed(bytes) { line in
      if case .whole(let line) = line { lines.append(JournalLine(line)) }
    }
    return lines
  }
}
