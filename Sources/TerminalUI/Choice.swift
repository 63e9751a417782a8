import Basics

/// What the user chose from a numbered list.
package enum Choice: Sendable, Equatable {
  /// Indices from 0, at least one, each once, in the order in which they were written.
  case picked([Int])
  case quit

  /// Reads an answer: numbers from 1 and ranges of them, separated by commas or blanks (`1, 3-5`), or `all`, or `q`.
  ///
  /// - Throws: what is wrong, in words for the user.
  package static func parse(_ line: String, count: Int) throws(ChoiceFault) -> Choice {
    let words = words(of: line)
    switch words {
    case []: throw ChoiceFault("please type numbers such as 1,3 or 2-4, 'all', or 'q' to quit")
    case ["q"], ["quit"]: return .quit
    case ["all"]:
      guard count > 0 else { throw ChoiceFault("there is nothing to choose from") }
      return .picked(Array(0..<count))
    default: break
    }
    var picked: [Int] = []
    var seen: Set<Int> = []
    for word in words {
      for index in try indices(word, count: count) where seen.insert(index).inserted { picked.append(index) }
    }
    return .picked(picked)
  }

  /// The parts between commas and blanks, in lower case; blanks around a range's dash belong to it.
  private static func words(of line: String) -> [String] {
    var words: [String] = []
    for part in line.lowercased().split(separator: ",") {
      var pieces: [String] = []
      for piece in part.split(whereSeparator: \.isWhitespace) {
        if let last = pieces.last, last.last == "-" || piece.first == "-" && isNumber(last[...]) {
          pieces[pieces.count - 1] += piece
        } else {
          pieces.append(String(piece))
        }
      }
      words += pieces
    }
    return words
  }

  private static func indices(_ word: String, count: Int) throws(ChoiceFault) -> Range<Int> {
    let ends = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.allSatisfy(isNumber) else {
      if ["all", "q", "quit"].contains(word) { throw ChoiceFault("'\(word)' must be alone") }
      throw ChoiceFault("'\(shown(word))' is neither a number nor a range such as 2-4")
    }
    var numbers: [Int] = []
    for end in ends { numbers.append(try number(end, count: count)) }
    guard let first = numbers.first, let last = numbers.last else { return 0..<0 }
    guard first <= last else { throw ChoiceFault("'\(first)-\(last)' runs backwards; write \(last)-\(first)") }
    return first - 1..<last
  }

  private static func number(_ digits: Substring, count: Int) throws(ChoiceFault) -> Int {
    // No number at all: more digits than an Int takes.
    if let number = Int(digits), (1...max(1, count)).contains(number), count > 0 { return number }
    switch count {
    case ...0: throw ChoiceFault("there is nothing to choose from")
    case 1: throw ChoiceFault("there is no \(shown(digits)); the only number is 1")
    default: throw ChoiceFault("there is no \(shown(digits)); the numbers go from 1 to \(count)")
    }
  }

  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func shown(_ text: some StringProtocol) -> String { truncated(sanitized(String(text)), to: 20) }
}

/// Why an answer is none.
package struct ChoiceFault: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
