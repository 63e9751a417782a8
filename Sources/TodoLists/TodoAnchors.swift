import Basics

/// By what an item of a to-do list is found again after its author edited the list.
package struct TodoAnchor: Sendable, Hashable {
  /// From 1.
  package let line: Int
  /// Without its box and our link, as written.
  package let text: String
  /// Of the items before and after it; nil at an end of the list.
  package let before: String?
  package let after: String?

  package init(line: Int, text: String, before: String?, after: String?) {
    self.line = line
    self.text = text
    self.before = before
    self.after = after
  }
}

/// A to-do list whose items can be found again and marked.
///
/// Only lines with a box in brackets count: there is nothing to tick in others.
package struct TodoAnchors: Sendable {
  private let entries: [Entry]
  private let lines: [ArraySlice<UInt8>]
  /// The line break after each of them.
  private let breaks: [ArraySlice<UInt8>]

  private struct Entry: Sendable {
    /// From 1.
    let line: Int
    let text: String
    /// Whether it may be an item whose text was changed: others that are done are none of a plan's.
    let isCandidate: Bool
  }

  package enum Place: Sendable, Equatable {
    /// In that line, from 1.
    case line(Int)
    /// In several, and nothing tells which.
    case ambiguous
    case gone
  }

  /// nil for what is no text.
  package init?(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    self.init(bytes, TodoList(markdown: text.withoutByteOrderMark))
  }

  init(_ bytes: [UInt8], _ list: TodoList) {
    let (lines, breaks) = Self.split(bytes)
    (self.lines, self.breaks) = (lines, breaks)
    entries = (list.items + list.closed).map(\.line).sorted().compactMap { number in
      guard number <= lines.count, let box = TodoBox(lines[number - 1]) else { return nil }
      return Entry(line: number, text: box.text, isCandidate: box.isOpen || box.hasLink)
    }
  }

  /// As `TodoSource` splits a text.
  private static func split(_ bytes: [UInt8]) -> (lines: [ArraySlice<UInt8>], breaks: [ArraySlice<UInt8>]) {
    var (lines, breaks): ([ArraySlice<UInt8>], [ArraySlice<UInt8>]) = ([], [])
    var (start, index) = (0, 0)
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
        index += 1
        continue
      }
      let isPair = byte == UInt8(ascii: "\r") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n")
      let next = index + (isPair ? 2 : 1)
      lines.append(bytes[start..<index])
      breaks.append(bytes[index..<next])
      (start, index) = (next, next)
    }
    lines.append(bytes[start...])
    breaks.append([])
    return (lines, breaks)
  }

  /// The item of that line; nil where it has no box.
  package func anchor(ofLine line: Int) -> TodoAnchor? {
    guard let index = entries.firstIndex(where: { $0.line == line }) else { return nil }
    return TodoAnchor(line: line, text: entries[index].text, before: text(index - 1), after: text(index + 1))
  }

  private func text(_ index: Int) -> String? { entries.indices.contains(index) ? entries[index].text : nil }

  // MARK: Finding

  private static let alike = (withOneNeighbor: 0.75, withBoth: 0.5)

  /// Where an item is now. The same text once is it. Of several, the one between the same neighbors, then the nearest.
  /// Else an open or linked one that is much alike and has a neighbor in common.
  /// - Parameter claimed: texts that are other items' own.
  package func find(_ anchor: TodoAnchor, claimed: Set<String>) -> Place {
    let same = entries.indices.filter { entries[$0].text == anchor.text }
    if same.count == 1 { return .line(entries[same[0]].line) }
    if !same.isEmpty {
      let ranks = same.map { index in
        (line: entries[index].line, rank: (-neighbors(of: index, anchor), abs(entries[index].line - anchor.line)))
      }.sorted { $0.rank < $1.rank }
      return ranks[0].rank == ranks[1].rank ? .ambiguous : .line(ranks[0].line)
    }
    var best: (line: Int, ratio: Double)?
    var isTie = false
    for (index, entry) in entries.enumerated()
    where entry.isCandidate && !claimed.contains(entry.text) && entry.text != anchor.before
      && entry.text != anchor.after
    {
      let near = neighbors(of: index, anchor)
      guard near > 0 else { continue }
      let ratio = Similarity.ratio(entry.text, anchor.text)
      guard ratio >= (near == 2 ? Self.alike.withBoth : Self.alike.withOneNeighbor) else { continue }
      if let known = best, known.ratio >= ratio {
        isTie = isTie || known.ratio == ratio
      } else {
        (best, isTie) = ((entry.line, ratio), false)
      }
    }
    guard let best else { return .gone }
    return isTie ? .ambiguous : .line(best.line)
  }

  /// How many neighbors are those of the anchor.
  private func neighbors(of index: Int, _ anchor: TodoAnchor) -> Int {
    (text(index - 1) == anchor.before ? 1 : 0) + (text(index + 1) == anchor.after ? 1 : 0)
  }

  // MARK: Marking

  /// The whole text with marks on these lines; all other bytes are as they were.
  package func marked(_ marks: [Int: TodoMarking]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, line) in lines.enumerated() {
      if let mark = marks[index + 1], let box = TodoBox(line) {
        result += box.marked(mark)
      } else {
        result += line
      }
      result += breaks[index]
    }
    return result
  }

  /// Whether nothing but links to pull requests and ticks were put into the old text to make the new one. How lines end
  /// does not count: git may have changed that in a checkout.
  package static func differOnlyInMarks(_ new: [UInt8], from old: [UInt8]) -> Bool {
    if new == old { return true }
    let (mine, theirs) = (split(new).lines, split(old).lines)
    return mine.count == theirs.count
      && zip(mine, theirs).allSatisfy { mine, theirs in
        if mine == theirs { return true }
        guard let mine = TodoBox(mine), let theirs = TodoBox(theirs) else { return false }
        return mine.differsOnlyInMarks(from: theirs)
      }
  }
}

/// How alike two texts are, as Ratcliff and Obershelp have it: twice what they have in common, by their lengths.
enum Similarity {
  /// Longer texts are compared by their beginnings.
  private static let longest = 400

  static func ratio(_ one: String, _ other: String) -> Double {
    let (one, other) = (Array(one.unicodeScalars.prefix(longest)), Array(other.unicodeScalars.prefix(longest)))
    guard !one.isEmpty || !other.isEmpty else { return 1 }
    return 2 * Double(common(one[...], other[...])) / Double(one.count + other.count)
  }

  /// The longest part that both have, and what is alike on each side of it.
  private static func common(_ one: ArraySlice<UnicodeScalar>, _ other: ArraySlice<UnicodeScalar>) -> Int {
    var (start, otherStart, length) = (one.startIndex, other.startIndex, 0)
    var ends: [Int: Int] = [:]
    for index in one.indices {
      var next: [Int: Int] = [:]
      for otherIndex in other.indices where other[otherIndex] == one[index] {
        let run = (ends[otherIndex - 1] ?? 0) + 1
        next[otherIndex] = run
        if run > length { (start, otherStart, length) = (index - run + 1, otherIndex - run + 1, run) }
      }
      ends = next
    }
    guard length > 0 else { return 0 }
    return length + common(one[..<start], other[..<otherStart])
      + common(one[(start + length)...], other[(otherStart + length)...])
  }
}
