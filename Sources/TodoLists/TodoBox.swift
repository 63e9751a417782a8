import Basics

/// A line with a box, taken apart byte for byte, so that what is not changed stays as it was.
struct TodoBox {
  /// Up to the bracket that opens the box: white space, quotation marks, bullet.
  private let head: ArraySlice<UInt8>
  /// Between the brackets.
  private let mark: ArraySlice<UInt8>
  /// From the bracket that closes the box to the text.
  private let gap: ArraySlice<UInt8>
  private let rawText: ArraySlice<UInt8>
  /// A link to a pull request at the end of the text, with the space before it; empty without one.
  private let link: ArraySlice<UInt8>
  /// A block's name as Obsidian has it, and white space.
  private let tail: ArraySlice<UInt8>

  /// What it says, without the link.
  var text: String { String(decoding: rawText, as: UTF8.self) }

  /// Whether the box says that there is something to do yet.
  var isOpen: Bool { mark.isEmpty || (mark.count == 1 && mark.first.map(Self.openMarks.contains) ?? false) }

  /// Whether it has a link, as this program puts it there.
  var hasLink: Bool { !link.isEmpty }

  private static let openMarks = Set(" \t/~.oO!*_".utf8)
  private static let mostMarkBytes = 4

  /// - Parameter line: without its line break.
  init?(_ line: ArraySlice<UInt8>) {
    var index = line.startIndex
    func skip(_ bytes: StaticString) {
      let set = bytes.withUTF8Buffer { Array($0) }
      while index < line.endIndex, set.contains(line[index]) { index += 1 }
    }
    if line.starts(with: [0xEF, 0xBB, 0xBF]) { index += 3 }
    skip(" \t>")
    if index < line.endIndex, "-*+".utf8.contains(line[index]) {
      index += 1
    } else {
      let start = index
      skip("0123456789")
      if index > start {
        guard index < line.endIndex, ".)".utf8.contains(line[index]) else { return nil }
        index += 1
      }
    }
    skip(" \t")
    guard index < line.endIndex, line[index] == UInt8(ascii: "[") else { return nil }
    head = line[...index]
    index += 1
    guard let end = line[index...].prefix(Self.mostMarkBytes + 1).firstIndex(of: UInt8(ascii: "]")) else { return nil }
    mark = line[index..<end]
    guard String(decoding: mark, as: UTF8.self).count <= 1 else { return nil }
    index = end + 1
    let afterBox = index
    skip(" \t")
    // `[x](…)` is a link.
    guard index > afterBox || index == line.endIndex else { return nil }
    gap = line[end..<index]
    let rest = line[index...]
    let (body, tail) = Self.withoutTail(rest)
    self.tail = tail
    (rawText, link) = Self.withoutLink(body)
  }

  private static func withoutTail(_ text: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, tail: ArraySlice<UInt8>) {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var end = text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? text.startIndex
    // A line break of Markdown's.
    let slashes = text[..<end].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
    if slashes % 2 == 1 { end -= 1 }
    let name = text[..<end].lastIndex(where: isSpace).map { text[($0 + 1)..<end] } ?? text[end..<end]
    if name.count > 1, name.first == UInt8(ascii: "^"),
      name.dropFirst().allSatisfy({ String(UnicodeScalar($0)).allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } })
    {
      end = name.startIndex
    }
    end = text[..<end].lastIndex { !isSpace($0) }.map { $0 + 1 } ?? text.startIndex
    return (text[..<end], text[end...])
  }

  /// ` ([#12](https://forge/owner/name/pull/12))` at the end is ours: of a pull request, by its number.
  private static func withoutLink(_ text: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, link: ArraySlice<UInt8>) {
    let none = (text, text[text.endIndex...])
    guard text.suffix(2) == Array("))".utf8)[...] else { return none }
    let opening = Array("([#".utf8)
    guard let start = text.indices.dropLast(2).last(where: { text[$0...].starts(with: opening) }) else { return none }
    let inner = text[(start + opening.count)..<(text.endIndex - 2)]
    let number = inner.prefix { (0x30...0x39).contains($0) }
    let address = inner[number.endIndex...]
    guard !number.isEmpty, address.starts(with: Array("](".utf8)), !address.contains(UInt8(ascii: " ")) else {
      return none
    }
    let url = String(decoding: address.dropFirst(2), as: UTF8.self)
    let digits = String(decoding: number, as: UTF8.self)
    guard ["/pull/", "/pull-requests/", "/merge_requests/"].contains(where: { url.hasSuffix($0 + digits) }) else {
      return none
    }
    let end = text[..<start].lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }.map { $0 + 1 }
    return (text[..<(end ?? text.startIndex)], text[(end ?? text.startIndex)...])
  }

  /// The line with what the mark says, and everything else as it was.
  func marked(_ mark: TodoMarking) -> [UInt8] {
    let box = mark.isTicked && isOpen ? Array("x".utf8)[...] : self.mark
    let link = mark.link.map { Array(" (\($0))".utf8)[...] } ?? self.link
    return Array(head + box + gap + rawText + link + tail)
  }

  /// Whether nothing but the link and an open box that was ticked differ, or nothing at all.
  func differsOnlyInMarks(from old: TodoBox) -> Bool {
    head == old.head && gap == old.gap && rawText == old.rawText && tail == old.tail
      && (mark == old.mark || (old.isOpen && !isOpen && mark.first == UInt8(ascii: "x")))
  }
}

/// What is to be put on an item.
package struct TodoMarking: Sendable, Equatable {
  /// `[#12](https://…)`; nil leaves what is there.
  package var link: String?
  package var isTicked: Bool

  package init(link: String?, isTicked: Bool) {
    self.link = link
    self.isTicked = isTicked
  }
}
