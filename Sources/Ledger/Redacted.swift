import Basics
package import Journal
import Processes
import Settings

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Bytes that may leave the machine. Only this file makes them, out of what a ``Redactor`` has gone over: whatever takes
/// them cannot be given anything else.
package struct Redacted: Sendable, Hashable {
  package let bytes: [UInt8]

  fileprivate init(_ bytes: [UInt8]) { self.bytes = bytes }
  fileprivate init(_ json: JSON) { self.init(Array((json.text + "\n").utf8)) }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Nothing of anybody's.
  package init(literal: StaticString) { self.init(literal.withUTF8Buffer { Array($0) }) }

  /// A text of whatever origin, masked.
  package init(_ text: String, by redactor: Redactor) { self.init(Array(redactor.masked(text).utf8)) }
}

/// The path of a file in a ledger: folders that are always there, and at most one name that comes from a journal, in
/// letters that no file system minds.
package struct LedgerPath: Sendable, Hashable {
  package let parts: [String]

  private init(_ parts: [String]) { self.parts = parts }

  package static let header = LedgerPath(["header.json"])
  package static let state = LedgerPath(["state.json"])
  package static let plan = LedgerPath(["plan.json"])
  package static let planText = LedgerPath(["plan.yaml"])

  /// Counts from 1.
  package static func segment(_ number: Int) -> LedgerPath {
    let digits = String(number)
    return LedgerPath(["journal", String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".ndjson"])
  }

  /// - Parameter task: redacted, as what is in files is.
  package static func task(_ task: Redacted) -> LedgerPath { LedgerPath(["tasks", name(task.text) + ".json"]) }

  package static func log(_ task: Redacted, attempt: Int) -> LedgerPath {
    LedgerPath(["logs", name(task.text), "attempt-\(attempt).log"])
  }

  package static func prompt(_ task: Redacted, attempt: Int) -> LedgerPath {
    LedgerPath(["prompts", name(task.text), "prompt-\(attempt).md"])
  }

  /// `feature/x` is the name of a landing's task, and must be no folder.
  static func name(_ id: String) -> String {
    var name = ""
    for byte in id.utf8 {
      let isPlain = 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20 || "-_@".utf8.contains(byte)
      if isPlain || byte == UInt8(ascii: ".") && !name.isEmpty {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        name += "%" + hex(byte, digits: 2)
      }
    }
    return name.isEmpty ? "%" : name
  }
}

/// A journal as the ledger has it: its entries redacted, in segments, and what follows from them alone.
package struct RedactedJournal: Sendable {
  /// How many entries a segment has. Those that are full are never written again.
  static let segmentLength = 256

  /// nil until the beginning of the run was read.
  package var state: RunState? { fold.state }
  package var hasBegun: Bool { fold.state != nil }
  /// The segments that are full and were not taken yet, and the last one.
  private var full: [Redacted] = []
  private var open: [UInt8] = []
  private var openLength = 0
  private var fold: JournalFold
  private var lines = LineSplitter(limit: 16 << 20)
  private let redactor: Redactor
  /// Entries that could not be redacted, and so stayed out.
  package private(set) var leftOut = 0

  package init(redactor: Redactor) {
    self.redactor = redactor
    fold = JournalFold(path: "the ledger")
  }

  /// Takes what was appended to a journal.
  /// - Returns: whether it changes how a task or the run stands.
  package mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var isChange = false
    var whole: [JSON?] = []
    lines.feed(bytes) { line in
      guard case .whole(let line) = line else { return whole.append(nil) }
      whole.append(JSON(parsing: String(decoding: line, as: UTF8.self)))
    }
    for line in whole { isChange = take(line) || isChange }
    return isChange
  }

  private mutating func take(_ entry: JSON?) -> Bool {
    guard let entry else {
      leftOut += 1
      return false
    }
    guard let (redacted, isChange) = LedgerEvent.redacted(entry, by: redactor) else { return false }
    let line = Array((redacted.text + "\n").utf8)
    guard !redactor.holdsKnown(line) else {
      leftOut += 1
      return false
    }
    // What cannot be read again without what stayed out is of no use to anybody.
    var isRead = false
    let result: Void? = try? line.withUnsafeBytes { try fold.feed($0) { _, _ in isRead = true } }
    guard isRead, result != nil else {
      leftOut += 1
      return false
    }
    open += line
    openLength += 1
    if openLength == Self.segmentLength {
      full.append(Redacted(open))
      (open, openLength) = ([], 0)
    }
    return isChange
  }

  /// The segments that are full since this was asked last.
  package mutating func takeFull() -> [Redacted] {
    defer { full = [] }
    return full
  }

  /// nil when there is nothing in it.
  package var last: Redacted? { open.isEmpty ? nil : Redacted(open) }
}

// MARK: - What follows from it

extension RedactedJournal {
  /// What the run is, who writes this, and what is in it.
  package func header(by writer: LedgerWriterIdentity) -> Redacted? {
    guard let state else { return nil }
    let header = state.header
    return Redacted([
      "schema": .number(Double(LedgerSchema.version)), "run": .string(header.id),
      "kind": header.landing != nil ? "landing" : header.review != nil ? "review" : "run",
      "version": .string(header.version), "startedAt": .string("\(state.startedAt)"),
      "includes": .array(redactor.includes.map(\.rawValue).sorted().map { .string($0) }),
      "leftOut": .number(Double(leftOut)),
      "writer": ["host": .string(writer.host), "boot": .string(writer.boot), "clone": .string(writer.clone)],
    ])
  }

  /// How the run stands.
  package var stateDocument: Redacted? {
    guard let state else { return nil }
    var phase: String
    switch state.phase {
    case .running: phase = "running"
    case .paused: phase = "paused"
    case .ending: phase = "ending"
    case .ended: phase = "ended"
    }
    let counts = Dictionary(state.tasks.map { ($0.status.rawValue, 1) }, uniquingKeysWith: +)
    return Redacted([
      "schema": .number(Double(LedgerSchema.version)), "run": .string(state.header.id), "phase": .string(phase),
      "success": .bool(state.isSuccess), "startedAt": .string("\(state.startedAt)"),
      "updatedAt": .string("\(state.updatedAt)"), "endedAt": state.endedAt.map { .string("\($0)") } ?? .null,
      "base": ["branch": .string(state.header.base.branch), "commit": .string(state.header.base.commit)],
      "costUSD": .number(state.cost), "tasks": .object(counts.mapValues { .number(Double($0)) }),
    ])
  }

  /// What the tasks are, without their texts.
  package var plan: Redacted? {
    guard let state else { return nil }
    let tasks = state.tasks.map { task -> JSON in
      [
        "id": .string(task.header.id), "title": .string(task.header.title), "branch": .string(task.header.branch),
        "needs": .array(task.header.needs.map { .string($0) }),
      ]
    }
    return Redacted(["schema": .number(Double(LedgerSchema.version)), "tasks": .array(tasks)])
  }

  /// What a commit of the ledger says.
  package var message: Redacted? {
    guard let state else { return nil }
    let counts = TaskStatus.allCases.compactMap { status -> String? in
      let count = state.tasks.count { $0.status == status }
      return count == 0 ? nil : "\(count) \(status.rawValue)"
    }
    return Redacted(Array("run \(state.header.id): \(counts.joined(separator: ", "))\n".utf8))
  }

  /// The id of a task, as a name.
  package func id(of task: TaskState) -> Redacted { Redacted(Array(task.header.id.utf8)) }

  /// One task of ``state``.
  package func document(of position: Int) -> Redacted? {
    guard let state, state.tasks.indices.contains(position) else { return nil }
    let task = state.tasks[position]
    var fields: [String: JSON] = [
      "schema": .number(Double(LedgerSchema.version)), "id": .string(task.header.id),
      "title": .string(task.header.title), "status": .string(task.status.rawValue),
      "branch": .string(task.header.branch), "costUSD": .number(task.cost),
      "attempts": .array(
        task.attempts.map { attempt in
          var fields: [String: JSON] = [
            "number": .number(Double(attempt.number)), "startedAt": .string("\(attempt.startedAt)"),
            "costUSD": .number(attempt.result?.cost ?? 0),
          ]
          if let end = attempt.endedAt { fields["endedAt"] = .string("\(end)") }
          if let result = attempt.result { fields["end"] = .string(result.end.rawValue) }
          return .object(fields)
        }),
    ]
    if let message = task.message { fields["message"] = .string(message) }
    if let tip = task.tip { fields["tip"] = .string(tip) }
    if let commit = task.mergeCommit { fields["mergeCommit"] = .string(commit) }
    if let request = task.pullRequest {
      fields["pullRequest"] = ["number": .number(Double(request.number)), "url": .string(request.url)]
    }
    if let start = task.startedAt { fields["startedAt"] = .string("\(start)") }
    if let end = task.endedAt { fields["endedAt"] = .string("\(end)") }
    return Redacted(.object(fields))
  }
}

/// The version of the ledger's layout that this program writes, and the newest that it reads.
package enum LedgerSchema {
  package static let version = 1
}
