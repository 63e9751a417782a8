import Foundation
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(5))) struct JournalEntryTests {
  @Test(arguments: JournalSamples.events)
  func `every event survives being written and read`(event: JournalEvent) throws {
    let entry = JournalEntry(time: .now, event: event)
    let contents = try JournalContents(bytes: try entry.line())
    #expect(contents.entries == [entry])
    #expect(contents.unreadableLines == 0)
    #expect(contents.unknownEntries == 0)
  }

  @Test func `an entry is one line even when its texts hold newlines`() throws {
    let line = try JournalEntry(time: .now, event: .warned(message: "a\nb\u{2028}c\r")).line()
    #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(line.last == UInt8(ascii: "\n"))
  }

  @Test func `a torn last line is ignored`() throws {
    let whole = try JournalEntry(time: .now, event: .resumed).line()
    for length in 1..<whole.count {
      let contents = try JournalContents(bytes: whole + whole.prefix(length))
      #expect(contents.entries.count == 1)
      #expect(contents.unreadableLines == 0)
    }
  }

  @Test(arguments: [
    #"{"schema":1,"time":"2026-11-22T20:37:05.123Z","event":{"teleported":{}}}"#,
    #"{"schema":2,"time":"2026-11-22T20:37:05.123Z","type":"teleported","to":{"place":[1]}}"#,
  ])
  func `events of a newer program and damage are counted apart and skipped`(newer: String) throws {
    let good = try JournalEntry(time: .now, event: .resumed).line()
    let damage: [UInt8] = [0xFF, 0x00, 0x7B, 10]
    let lines = good + Array(newer.utf8) + [10] + damage + good
    let contents = try JournalContents(bytes: lines)
    #expect(contents.entries.count == 2)
    #expect(contents.unknownEntries == 1)
    #expect(contents.unreadableLines == 1)
  }

  @Test func `a line whose fields do not fit its type is damage`() throws {
    let line = #"{"schema":2,"time":"2026-11-22T20:37:05.123Z","type":"task-ended","task":7}"#
    let contents = try JournalContents(bytes: Array(line.utf8) + [10])
    #expect(contents.unreadableLines == 1)
    #expect(contents.unknownEntries == 0)
  }

  @Test func `the samples have an event of every form`() throws {
    let types = try JournalSamples.events.map { event in
      let line = try JournalEntry(time: .now, event: event).line()
      return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])["type"] as? String
    }
    #expect(Set(types) == Set(JournalForm.all.map(\.type)))
  }

  @Test func `a field that is added to a known event is left alone`() throws {
    let line = #"{"schema":2,"time":"2026-11-22T20:37:05.123Z","type":"halted","reason":"x","code":7}"#
    let contents = try JournalContents(bytes: Array(line.utf8) + [10])
    #expect(contents.entries.map(\.event) == [.halted(reason: "x")])
  }

  @Test(arguments: [
    #"{"schema":3,"time":"2026-11-22T20:37:05.123Z","type":"resumed"}"#,
    #"{"schema":3,"event":"in another form"}"#,
  ])
  func `a newer schema is refused`(line: String) throws {
    #expect(throws: JournalError.newerSchema(path: "journal", schema: 3)) {
      try JournalContents(bytes: Array(line.utf8) + [10])
    }
  }

  @Test(arguments: [0, 0.001, 0.123, 0.5, 0.999, 1_795_380_000.007])
  func `a time survives being written and read to the millisecond`(seconds: Double) throws {
    let time = JournalTime(Date(timeIntervalSince1970: 1_795_380_000 + seconds))
    let read = try JSONDecoder().decode([JournalTime].self, from: try JSONEncoder().encode([time]))
    #expect(read[0].description == time.description)
    #expect(read == [time])
  }

  @Test(arguments: [
    (1e300, "9999-12-31T23:59:59.000Z"), (.infinity, "9999-12-31T23:59:59.000Z"), (-1e300, "1970-01-01T00:00:00.000Z"),
    (.nan, "1970-01-01T00:00:00.000Z"),
  ])
  func `a moment that cannot be written becomes one that can`(seconds: Double, text: String) throws {
    let time = JournalTime(Date(timeIntervalSince1970: seconds))
    #expect(time.description == text)
    #expect(try JSONDecoder().decode([JournalTime].self, from: try JSONEncoder().encode([time])) == [time])
  }

  @Test func `a time is written in UTC with milliseconds`() {
    #expect(JournalTime(Date(timeIntervalSince1970: 1_795_379_825.5)).description == "2026-11-22T20:37:05.500Z")
  }

  @Test(arguments: [
    "1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2000-02-29T12:00:00.001Z", "2000-03-01T00:00:00.000Z",
    "2024-12-31T01:02:03.456Z", "2100-02-28T23:59:59.999Z", "2100-03-01T00:00:00.000Z", "9999-12-31T23:59:58.999Z",
  ])
  func `a time is that of the calendar`(text: String) throws {
    let time = try JSONDecoder().decode([JournalTime].self, from: Data("[\"\(text)\"]".utf8))[0]
    let date = try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
    #expect(time.description == text)
    #expect(abs(time.date.timeIntervalSince(date)) < 0.001)
  }

  @Test(arguments: ["", "2026-11-22", "2026-11-22T20:37:0x.123Z", "2026-1122-T20:37:05.123Z"])
  func `what is not a time is damage`(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([JournalTime].self, from: Data("[\"\(text)\"]".utf8))
    }
  }
}
