import Basics

/// The rules for task ids, which become folder names, parts of ref names and words on the command line.
package enum TaskID {
  /// The longest id that is read; a folder name may be 255 bytes, and more is hung on it.
  package static let longestRead = 100
  /// The longest id that is made.
  package static let longestMade = 50

  /// What keeps a text from being a task id (`may not begin with '.'`), or `nil`.
  ///
  /// Allowed are 1 to 100 of the letters a–z and A–Z, digits, `.`, `_` and `-`. The id may not begin with `.` or `-`,
  /// nor end with `.` or `.lock`, nor hold `..`: it is part of a ref name, where git forbids these.
  package static func problem(in id: String) -> String? {
    if id.isEmpty { return "is empty" }
    if let bad = id.unicodeScalars.first(where: { !isAllowed($0) }) {
      return "may contain only letters, digits, '.', '_' and '-', not \(String(bad).quoted)"
    }
    if id.utf8.count > longestRead { return "is longer than \(longestRead) characters" }
    if let first = id.first, first == "." || first == "-" { return "may not begin with '\(first)'" }
    if id.contains("..") { return "may not contain '..'" }
    if id.hasSuffix(".") { return "may not end with '.'" }
    if id.lowercased().hasSuffix(".lock") { return "may not end with '.lock'" }
    return nil
  }

  /// A new id in kebab case for a task with this title: `Add a Café page` becomes `add-a-cafe-page`.
  ///
  /// Latin letters lose their accents; Greek and Cyrillic ones become Latin. Where letters are lost, a hash of the title
  /// stands for them, so that no two titles share an id: `修复登录` becomes `task-` and six digits.
  /// The id is at most 50 characters long, cut between words, and differs from all of `taken` also on a file system
  /// that ignores case.
  package static func make(from title: String, taken: Set<String>) -> String {
    var names = TaskIDMaker(taken: taken)
    return names.makeID(from: title)
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
    default: false
    }
  }
}

/// Makes ids that differ from each other, in time that does not grow with the number of equal titles.
package struct TaskIDMaker {
  private var taken: Set<String>
  /// The last number given to a name.
  private var numbers: [String: Int] = [:]

  package init(taken: Set<String> = []) {
    self.taken = Set(taken.map { $0.lowercased() })
  }

  package mutating func makeID(from title: String) -> String {
    let name = Self.name(for: title)
    var number = numbers[name] ?? 0
    var id: String
    repeat {
      number += 1
      id = number == 1 ? name : Self.cut(name, to: TaskID.longestMade - 1 - "\(number)".count) + "-\(number)"
    } while !taken.insert(id).inserted
    numbers[name] = number
    return id
  }

  /// The title in kebab case, with a hash for letters that have no place in it: always the same for the same title.
  package static func name(for title: String) -> String {
    let (words, losesLetters) = words(of: title)
    if !losesLetters, !words.isEmpty { return cut(words, to: TaskID.longestMade) }
    // FNV-1a: the same on every machine and in every year, which Swift's own hashes are not.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in title.utf8.prefix(4_000) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String((hash ^ hash >> 32) & 0xff_ffff, radix: 16)
    let mark = String(repeating: "0", count: 6 - digits.count) + digits
    let stem = words.count { $0.isLetter } < 2 ? "task" : cut(words, to: TaskID.longestMade - 7)
    return "\(stem)-\(mark)"
  }

  /// The title in kebab case, or `nil` where too little of it is Latin to be a name.
  package static func slug(_ title: String) -> String? {
    let (words, losesLetters) = words(of: title)
    if words.isEmpty || (losesLetters && words.count { $0.isLetter } < 2) { return nil }
    return cut(words, to: TaskID.longestMade)
  }

  private static func words(of title: String) -> (words: String, losesLetters: Bool) {
    var words = ""
    var losesLetters = false
    // Far more than an id can hold, and little enough for a title of a megabyte.
    for scalar in title.unicodeScalars.prefix(400) {
      if let letters = asciiLetters(of: scalar) ?? OtherAlphabets.letters[scalar] {
        words += letters
      } else if scalar == "'" || scalar == "\u{2019}" || scalar.properties.generalCategory == .nonspacingMark {
        continue  // "don't" is one word; a combining accent belongs to the letter before it
      } else {
        if scalar.properties.isAlphabetic { losesLetters = true }
        if !words.isEmpty, words.last != "-" { words += "-" }
      }
    }
    while words.last == "-" { words.removeLast() }
    return (words, losesLetters)
  }

  private static func asciiLetters(of scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "a"..."z", "0"..."9": return String(scalar)
    case "A"..."Z": return String(scalar).lowercased()
    case "ß", "ẞ": return "ss"
    case "þ", "Þ": return "th"
    case "ð", "Ð": return "d"
    case "ı": return "i"
    default: break
    }
    // Unicode's own names know every Latin letter with an accent: LATIN SMALL LETTER E WITH ACUTE.
    guard !scalar.isASCII, scalar.properties.isAlphabetic, let name = scalar.properties.name else { return nil }
    let words = name.split(separator: " ")
    guard words.contains("LATIN"), let kind = words.firstIndex(where: { $0 == "LETTER" || $0 == "LIGATURE" }),
      kind + 1 < words.count, words[kind + 1].count <= 2, kind + 2 == words.count || words[kind + 2] == "WITH"
    else { return nil }
    return words[kind + 1].lowercased()
  }

  /// Cuts between words, unless the first word alone is too long.
  private static func cut(_ slug: String, to limit: Int) -> String {
    guard slug.count > limit else { return slug }
    let start = slug.prefix(limit + 1)
    guard let hyphen = start.lastIndex(of: "-"), hyphen > start.startIndex else { return String(slug.prefix(limit)) }
    return String(start[..<hyphen])
  }
}
