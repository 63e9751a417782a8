import Testing

@testable import TodoLists

/// Items of a to-do list are found again, and marked without any other byte being touched.
@Suite(.timeLimit(.minutes(5))) struct TodoAnchorTests {
  private static let link = "[#12](https://github.com/acme/widget/pull/12)"
  private static let source =
    "# Todo\r\n\r\n- [ ] Add login page\r\n  detail\r\n- [ ] Fix tests\r\n- [ ] Fix tests\r\n```\n- [ ] not an item\n```\n* [ ] Write docs for `x`\n1. [ ] numbered"

  private func anchors(_ text: String) throws -> TodoAnchors { try #require(TodoAnchors(Array(text.utf8))) }

  private func marked(_ text: String, from old: String, line: Int, link: String? = link, tick: Bool = true) throws
    -> String?
  {
    let anchor = try #require(try anchors(old).anchor(ofLine: line))
    let now = try anchors(text)
    guard case .line(let line) = now.find(anchor, claimed: []) else { return nil }
    return String(decoding: now.marked([line: TodoMarking(link: link, isTicked: tick)]), as: UTF8.self)
  }

  @Test func `an item is found however its list was edited, and what cannot be told is left alone`() throws {
    let source = Self.source
    let done = "- [x] Add login page (\(Self.link))"
    let edits: [(text: String, line: Int, old: String, new: String)] = [
      (source, 3, "- [ ] Add login page", done),
      (source, 6, "- [ ] Fix tests\r\n```", "- [x] Fix tests (\(Self.link))\r\n```"),
      (source.replacing("# Todo", with: "# Todo\n\nNew text\n- [ ] Another"), 3, "- [ ] Add login page", done),
      (
        source.replacing("Add login page", with: "Add a login page with SSO"), 3, "- [ ] Add a login page with SSO",
        "- [x] Add a login page with SSO (\(Self.link))"
      ),
      (
        source.replacing("- [ ] Add login page\r\n  detail\r\n", with: "") + "\n- [ ] Add login page", 3,
        "- [ ] Add login page", done
      ),
      (source.replacing("- [ ] Add login", with: "- [x] Add login"), 3, "- [x] Add login page", done),
      (
        source.replacing("Add login page", with: "Add login page ([#7](https://github.com/acme/widget/pull/7))"), 3,
        "- [ ] Add login page ([#7](https://github.com/acme/widget/pull/7))", done
      ),
      (
        source.replacing("[ ] Add login", with: "[-] Add login"), 3, "- [-] Add login page",
        done.replacing("[x]", with: "[-]")
      ),
    ]
    for (text, line, old, new) in edits {
      let result = try marked(text, from: source, line: line)
      #expect(result == text.replacing(old, with: new), "\(text)")
      // Again, it is the same.
      if let result { #expect(try marked(result, from: source, line: line) == result) }
    }
    #expect(try marked(source.replacing("- [ ] Add login page\r\n", with: ""), from: source, line: 3) == nil)
    // As far from one as from the other, between the same neighbors.
    let twins = "- [ ] a\n- [ ] x\n- [ ] b\n- [ ] c\n- [ ] d\n"
    let both = "- [ ] a\n- [ ] x\n- [ ] b\n\n\n- [ ] a\n- [ ] x\n- [ ] b\n"
    let anchor = try #require(try anchors(twins).anchor(ofLine: 2))
    #expect(try anchors(both).find(anchor, claimed: []) == .line(2))
    let middle = TodoAnchor(line: 5, text: anchor.text, before: anchor.before, after: anchor.after)
    #expect(
      try anchors("- [ ] a\n- [ ] x\n- [ ] b\n\n\n- [ ] a\n\n- [ ] x\n- [ ] b\n").find(middle, claimed: [])
        == .ambiguous)
    // One that was deleted is not taken for its neighbor, nor for another task's item.
    let alike = "- [ ] fix test 1\n- [ ] fix test 2\n- [ ] fix test 3\n"
    let first = try #require(try anchors(alike).anchor(ofLine: 1))
    let rest = try anchors("- [ ] fix test 2\n- [ ] fix test 3\n")
    #expect(rest.find(first, claimed: []) == .gone)
    let second = try #require(try anchors(alike).anchor(ofLine: 2))
    #expect(try anchors("- [ ] fix test 1\n- [ ] fix test 9\n").find(second, claimed: ["fix test 9"]) == .gone)
  }

  @Test func `all other bytes stay`() throws {
    let lines = [
      ("\u{FEFF}- [ ] a  ", "\u{FEFF}- [x] a (\(Self.link))  "),
      ("  > * [/] a\\", "  > * [x] a (\(Self.link))\\"),
      ("\t12) [ ]\ta ^block-1", "\t12) [x]\ta (\(Self.link)) ^block-1"),
      ("- [] a", "- [x] a (\(Self.link))"),
      ("- [X] é\u{301} (see [#3](https://x/issues/3))", "- [X] é\u{301} (see [#3](https://x/issues/3)) (\(Self.link))"),
      ("- [ ] a ([#3](https://x/issues/3))", "- [x] a ([#3](https://x/issues/3)) (\(Self.link))"),
      ("- [ ] a ([#3](https://b/o/r/pull-requests/3))", "- [x] a (\(Self.link))"),
    ]
    for (old, new) in lines {
      let box = try #require(TodoBox(Array(old.utf8)[...]), "\(old)")
      #expect(Array(new.utf8) == box.marked(TodoMarking(link: Self.link, isTicked: true)), "\(old)")
      #expect(TodoAnchors.differOnlyInMarks(Array(new.utf8), from: Array(old.utf8)))
    }
    for text in ["a", "- a", "[x](y) a", "- [ab] c", "- [ ]a", "1 [ ] a"] {
      #expect(TodoBox(Array(text.utf8)[...]) == nil, "\(text)")
    }
    let (one, other) = (Array("- [ ] a\r\n- [ ] b\r\n".utf8), Array("- [ ] a\n- [x] b\n".utf8))
    #expect(TodoAnchors.differOnlyInMarks(other, from: one))
    for text in ["- [ ] a\n", "- [ ] a\n- [ ] c\n", "- [ ] a\n- [-] b\n", "- [ ] a\n* [ ] b\n", "- [ ] a\n- [ ] b\nc"] {
      #expect(!TodoAnchors.differOnlyInMarks(Array(text.utf8), from: one), "\(text)")
    }
  }
}
