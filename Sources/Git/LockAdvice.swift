import Basics
import Platform
import Processes
import SystemPackage

/// What the user needs to know of a lock that git, or libgit2, found in its way: whether somebody is at work there, or a
/// git that was killed left it. Locks of the whole repository are never removed by us; see ``StaleLocks`` for our own.
enum LockAdvice {
  /// git closes a lock a moment before it renames it: so long, in seconds, nobody need have it open.
  private static let moment = Duration.seconds(2)

  /// Lines that begin with `hint: `, one for each lock that the message names and that is still there.
  /// - Parameter directory: what its relative paths are meant from.
  static func hints(on message: String, in directory: FilePath?, at now: timespec = FileStamp.now()) -> [String] {
    guard message.contains("lock") else { return [] }
    var seen: Set<String> = []
    return locks(in: message).compactMap { name in
      let path = directory.map { $0.pushing(FilePath(name)).normalized } ?? FilePath(name)
      guard path.isAbsolute, seen.insert(path.string).inserted else { return nil }
      return hint(on: path, at: now).map { "hint: \($0)" }
    }
  }

  /// `Unable to create '…/index.lock': File exists`, `could not lock config file .git/config: File exists`.
  private static func locks(in message: String) -> [String] {
    var found: [String] = []
    for line in message.split(separator: "\n") {
      found += line.split(separator: "'").filter { $0.hasSuffix(".lock") }.map(String.init)
      if let start = line.range(of: "could not lock config file "),
        let end = line.range(of: ": ", after: start.upperBound)
      {
        found.append("\(line[start.upperBound..<end.lowerBound]).lock")
      }
    }
    return found
  }

  private static func hint(on path: FilePath, at now: timespec) -> String? {
    guard let stamp = FileStamp(path), let status = FileStatus(path), status.isRegularFile else { return nil }
    let users = ProcessSnapshot.users(of: path.string)
    if let users, let first = users.first {
      let name = shortText(at: "/proc/\(first)/comm").map { " (\(sanitized($0)))" } ?? ""
      return "process \(first)\(name) has '\(path)' open: wait until it has ended, then try again"
    }
    let age = stamp.age(at: now)
    let words = "'\(path)' is \(text(max(age, .zero))) old"
    if age < moment { return "\(words): another git is at work there; try again" }
    let isOthers = status.owner != geteuid()
    let doubt =
      isOthers
      ? "it belongs to another user, whose processes cannot be seen"
      : users == nil ? "whether a process has it open is not known" : "no process has it open"
    let remedy = "if no git is at work there, remove it: rm \(shellQuoted(path.string))"
    return isOthers || users == nil
      ? "\(words), and \(doubt); \(remedy)"
      : "\(words), and \(doubt): a git that was killed may have left it; \(remedy)"
  }

  private static func text(_ age: Duration) -> String {
    let seconds = age.components.seconds
    for (unit, length) in [("day", Int64(86_400)), ("hour", 3600), ("minute", 60)] where seconds >= length {
      let count = seconds / length
      return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
    return "\(seconds) second\(seconds == 1 ? "" : "s")"
  }
}

extension Substring {
  /// Where `text` first stands, from `start` on.
  fileprivate func range(of text: String, after start: Index? = nil) -> Range<Index>? {
    var place = start ?? startIndex
    while place < endIndex {
      if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
      place = index(after: place)
    }
    return nil
  }
}
