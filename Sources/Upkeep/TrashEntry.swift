import Basics
import Git
import Journal
import Leftovers
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was removed and can be put back: a folder of its own in the trash that says what it was, from where, and by which
/// commands it comes back.
package struct TrashEntry: Codable, Equatable, Sendable {
  package struct Moved: Codable, Equatable, Sendable {
    let from: String
    let to: String
  }

  package struct Reference: Codable, Equatable, Sendable {
    /// The full name that it had; nil of a commit that only a log knew.
    let name: String?
    let trash: String
    let commit: String
  }

  package struct Configuration: Codable, Equatable, Sendable {
    let key: String
    let value: String
  }

  var schema = 1
  /// Begins with the date, and is the name of its folder and of its references' folder.
  package let id: String
  let kind: String
  let name: String
  let reason: String
  let removedAt: JournalTime
  let expiresAt: JournalTime
  let commonDirectory: String
  /// In the order in which they went.
  var moved: [Moved] = []
  var references: [Reference] = []
  var configuration: [Configuration] = []
  /// Whether git is to look at the worktree's paths afterwards.
  var isWorktree = false

  init(_ leftover: Leftover, id: String, commonDirectory: String, now: Date, expire: Duration) {
    self.init(
      leftover.kind.rawValue, leftover.name, reason: leftover.reason, id: id, commonDirectory: commonDirectory,
      now: now,
      expire: expire)
  }

  init(
    _ kind: String, _ name: String, reason: String, id: String, commonDirectory: String, now: Date, expire: Duration
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.reason = reason
    removedAt = JournalTime(now)
    expiresAt = JournalTime(now.addingTimeInterval(Double(expire.components.seconds)))
    self.commonDirectory = commonDirectory
  }

  /// Its note, which the trash looks for.
  func write(to folder: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try FileSystem.create(
      folder.appending("entry.json"), containing: String(decoding: try encoder.encode(self), as: UTF8.self) + "\n")
  }

  /// The commands that put it back, a line each.
  package var commands: [String] {
    let git = "git --git-dir=\(shellQuoted(commonDirectory))"
    var lines: [String] = []
    for move in moved.reversed() {
      let (from, to) = (shellQuoted(move.from), shellQuoted(move.to))
      // mv would put it into a folder that is there.
      lines.append("test -e \(from) && { echo \(shellQuoted("'\(move.from)' is there")) >&2; exit 1; }")
      lines.append("mkdir -p \(shellQuoted(FileSystem.folder(of: move.from)))")
      lines.append("mv \(to) \(from)")
    }
    if isWorktree, let folder = moved.first?.from { lines.append("\(git) worktree repair \(shellQuoted(folder))") }
    let zeros = String(repeating: "0", count: 40)
    for reference in references {
      guard let name = reference.name else { continue }
      lines.append("\(git) update-ref \(shellQuoted(name)) \(reference.commit) \(zeros)")
    }
    for reference in references {
      lines.append("\(git) update-ref -d \(shellQuoted(reference.trash)) \(reference.commit)")
    }
    for entry in configuration {
      lines.append("\(git) config --add \(shellQuoted(entry.key)) \(shellQuoted(entry.value))")
    }
    return lines
  }

  /// A script for sh that people read as well.
  func script(in folder: FilePath) -> String {
    let place = shellQuoted("\(folder)/restore")
    let note = [
      "git orch cleanup removed this on \(removedAt): \(kind) \(name)", "because \(reason).",
      "A cleanup after \(expiresAt) deletes it.", "To put it back, run: sh \(place)",
    ]
    let forgotten = references.contains { $0.name == nil }
    let hint =
      forgotten ? ["Commits that only a log knew are kept until then as refs/orchestrator/trash/\(id)/log/…."] : []
    return
      ((note + hint).map { "# \(plainText($0, limit: 2000))" } + ["set -e"] + commands
      + [
        "rm -f \(shellQuoted("\(folder)/entry.json"))", "rm -f \(place)",
        "rmdir \(shellQuoted(folder.string)) 2>/dev/null || :",
      ]).joined(separator: "\n") + "\n"
  }

  /// When an entry was made, from its id.
  static func date(ofID id: String) -> Date? {
    let parts = id.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 8, parts[1].count == 6,
      (parts[0] + parts[1]).allSatisfy({ ("0"..."9").contains($0) })
    else { return nil }
    let (day, time) = (parts[0], parts[1])
    func pair(_ text: Substring, _ start: Int) -> Substring { text.dropFirst(start).prefix(2) }
    let text = "\(day.prefix(4))-\(pair(day, 4))-\(pair(day, 6))T\(pair(time, 0)):\(pair(time, 2)):\(pair(time, 4))Z"
    return try? Date.ISO8601FormatStyle().parse(text)
  }
}
