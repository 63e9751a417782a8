import Basics

/// What commits say about themselves at their ends, for people and programs: who had a part in it, what it closes.
enum MessageTrailers {
  private static let keys: Set = [
    "co-authored-by", "signed-off-by", "acked-by", "reviewed-by", "tested-by", "reported-by", "suggested-by",
    "helped-by", "refs", "see-also", "change-id", "bug", "issue", "cc", "link", "release-note",
  ]
  /// With a colon or without.
  private static let closing: Set = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
  ]
  private static let most = 100

  /// Each once, in the order of the messages; those of people at the end, where git looks for them.
  static func all(in messages: [String]) -> [String] {
    var seen: Set<String> = []
    let lines = messages.flatMap { message in
      // The first line is the subject.
      message.split(whereSeparator: \.isNewline).dropFirst().map { $0.trimmed }.filter(isTrailer)
    }.filter { seen.insert($0.lowercased()).inserted }
    let isClosing = { (line: String) in closing.contains(key(of: line)) }
    return Array((lines.filter(isClosing) + lines.filter { !isClosing($0) }).prefix(most))
  }

  private static func key(of line: String) -> String {
    String(line.prefix { $0.isLetter || $0 == "-" }).lowercased()
  }

  private static func isTrailer(_ line: String) -> Bool {
    let key = key(of: line)
    let rest = line.dropFirst(key.count)
    if keys.contains(key) { return rest.hasPrefix(": ") && rest.count > 2 }
    guard closing.contains(key) else { return false }
    let value = (rest.hasPrefix(":") ? rest.dropFirst() : rest).drop { $0 == " " }
    guard rest.first == ":" || rest.first == " ", value.count < 200 else { return false }
    // `Fixes the tests` is a sentence; `Fixes #12`, `Fixes acme/app#12`, `Fixes GH-12`, `Closes: ABC-12` are not.
    let items = value.split(whereSeparator: { ", ".contains($0) })
    return !items.isEmpty
      && items.allSatisfy { item in
        item == "and" || item.hasPrefix("https://") || item.contains("#") || item.contains("-")
      } && value.contains(where: \.isNumber)
  }
}
