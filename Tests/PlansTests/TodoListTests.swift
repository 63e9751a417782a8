import Basics
import OrchTestSupport
import SystemPackage
import Testing

@testable import PlanGeneration
@testable import Plans

@Suite(.timeLimit(.minutes(5))) struct TodoListTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let markdown: String
    /// Text, or text and detail.
    let items: [(String, String)]
    var done = 0

    var testDescription: String { name }

    init(_ name: String, _ markdown: String, _ items: [(String, String)], done: Int = 0) {
      self.name = name
      self.markdown = markdown
      self.items = items
      self.done = done
    }
  }

  static let cases: [Case] = [
    Case(
      "dash, star, plus, number", "- [ ] a\n* [ ] b\n+ [ ] c\n1. [ ] d\n2) [ ] e\n",
      [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")]),
    Case("done is left out with its sub-list", "- [x] a\n  - [ ] inner\n- [X] b\n- [ ] c", [("c", "")], done: 2),
    Case("given up counts as done", "- [-] a\n- [~] b\n- [ ] c", [("c", "")], done: 2),
    Case(
      "nested checkboxes are detail", "- [ ] a\n  - [ ] one\n  - [x] two\n- [ ] b",
      [("a", "- [ ] one\n- [x] two"), ("b", "")]),
    Case("plain list", "- a\n- b\n", [("a", ""), ("b", "")]),
    Case("plain ordered list", "1. a\n2. b\n10. c", [("a", ""), ("b", ""), ("c", "")]),
    Case("notes among checkboxes are no tasks", "- [ ] a\n- a note\n- [ ] b", [("a", ""), ("b", "")]),
    Case("each list by itself", "## A\n- [ ] a\n\n## B\n- b", [("a", ""), ("b", "")]),
    Case("no list at all", "# To do\n\nNothing yet.\n", []),
    Case("CRLF", "- [ ] a\r\n  more\r\n- [ ] b\r\n", [("a", "more"), ("b", "")]),
    Case("old Mac line ends", "- [ ] a\r- [ ] b", [("a", ""), ("b", "")]),
    Case("byte order mark", "\u{FEFF}- [ ] a", [("a", "")]),
    Case("tabs", "-\t[ ] a\n\t- one\n\t\t- two\n-\t[ ]\tb", [("a", "- one\n\t- two"), ("b", "")]),
    Case("fenced code is no list", "```\n- [ ] no\n```\n~~~~ md\n- [ ] no\n~~~\n- [ ] no\n~~~~\n- [ ] a", [("a", "")]),
    Case(
      "fenced code in an item", "- [ ] a\n  ```sh\n  - [ ] no\n\n    x\n  ```\n- [ ] b",
      [("a", "```sh\n- [ ] no\n\n  x\n```"), ("b", "")]),
    Case("a fence that is never closed", "- [ ] a\n\n```\n- [ ] no", [("a", "")]),
    Case("code by indentation", "para\n\n    - [ ] no\n\n- [ ] a", [("a", "")]),
    Case(
      "HTML comment",
      "<!-- - [ ] no -->\n<!--\n- [ ] no\n-->\n- [ ] a <!-- note -->\n  <!-- b\n  - [ ] no -->\n- [ ] c",
      [("a", ""), ("c", "")]),
    Case("comment that begins in an item", "- [ ] a <!-- x\n- [ ] no\n-->\n- [ ] b", [("a", ""), ("b", "")]),
    Case("a comment never closed is text", "<!-- open\n\n- [ ] a", [("a", "")]),
    Case(
      "comment marks in code are code", "- [ ] handle `<!--` well\n- [ ] b -->",
      [("handle `<!--` well", ""), ("b -->", "")]),
    Case("block quote", "> - [ ] no\n> - [ ] no\n\n- [ ] a\n  > quoted", [("a", "> quoted")]),
    Case("front matter", "---\ntitle: x\nlist:\n- [ ] no\n---\n- [ ] a", [("a", "")]),
    Case("a rule is no front matter and no item", "---\n\n- [ ] a\n\n* * *\n- [ ] b\n- - -\n", [("a", ""), ("b", "")]),
    Case(
      "paragraphs below an item", "- [ ] a\n\n  one\n  two\n\n  three\n\nafter\n- [ ] b",
      [("a", "one\ntwo\n\nthree"), ("b", "")]),
    Case("a continuation that is not indented", "- [ ] a\nand more\n- [ ] b", [("a and more", ""), ("b", "")]),
    Case(
      "a long line that is wrapped",
      "- [ ] Add a page where people who have forgotten their password can ask\n      for a new one\n      Detail.",
      [("Add a page where people who have forgotten their password can ask for a new one", "Detail.")]),
    Case("a short line with detail right below", "- [ ] Add login\n  use OAuth", [("Add login", "use OAuth")]),
    Case(
      "ordered items with two columns below", "1. [ ] a\n  - one\n2. [ ] b\n   - two", [("a", "- one"), ("b", "- two")]),
    Case("items that are a little crooked", " - [ ] a\n- [ ] b\n  - [ ] below", [("a", ""), ("b", "- [ ] below")]),
    Case("empty boxes", "- [ ]\n- [ ] \n- []  a", [("a", "")]),
    Case("boxes without space around", "-[ ] a\n- [ ]b\n*[x] c\n-[ ](d)\n", [("a", ""), ("b", "")], done: 1),
    Case("an empty box with its text below", "- [ ]\n  a\n  b", [("a", "b")]),
    Case("links at the start are no boxes", "- [a](b.md)\n- [x](y)", [("[a](b.md)", ""), ("[x](y)", "")]),
    Case("table of contents", "- [Backend](#backend)\n- [Front](#front)\n\n# Backend\n- [ ] a", [("a", "")]),
    Case(
      "Unicode", "- [ ] Füge Café hinzu ☕️\n- [ ] 修复登录\n- [ ]\u{00A0}a\u{2028}b",
      [("Füge Café hinzu ☕️", ""), ("修复登录", ""), ("a\u{2028}b", "")]),
    Case("a year at the start of a line of prose", "It was in\n1984. Nothing.\n\n- [ ] a", [("a", "")]),
    Case("an item of code alone", "- ```\n  x\n  ```\n- b", [("", "```\nx\n```"), ("b", "")]),
  ]

  @Test(arguments: cases) func `items are found as a reader of Markdown sees them`(_ test: Case) {
    let list = TodoList(markdown: test.markdown)
    #expect(list.items.map(\.text) == test.items.map(\.0))
    #expect(list.items.map(\.detail) == test.items.map(\.1))
    #expect(list.doneCount == test.done)
  }

  @Test func `an item knows its line and the nearest heading`() {
    let list = TodoList(markdown: "# To do\n\nBackend\n=======\n\n- [ ] a\n\n### Deep ###\n- [ ] b\n\n#none\n- [ ] c\n")
    #expect(list.items.map(\.heading) == ["Backend", "Deep", "Deep"])
    #expect(list.items.map(\.line) == [6, 9, 12])
  }

  @Test func `a large list is read in one pass`() {
    let list = TodoList(markdown: String(repeating: "- [ ] Add the same thing\n  - with `detail`\n", count: 5_000))
    #expect(list.items.count == 5_000)
    #expect(Set(MarkdownPlanner(list).tasks.map(\.id)).count == 5_000)
  }

  @Test func `lines of a quarter of a megabyte are no trouble`() {
    let long = String(repeating: "`*_[<!--", count: 31_250)
    let runs = (1...700).map { String(repeating: "`", count: $0) }.joined(separator: " ")
    #expect(MarkdownPlanner(TodoList(markdown: "- [ ] a \(runs)")).tasks.count == 1)
    let list = TodoList(markdown: "- [ ] Add \(long)\n- [ ] b \(String(repeating: "[", count: 250_000))")
    let tasks = MarkdownPlanner(list).tasks
    #expect(tasks.count == 2)
    #expect(tasks.allSatisfy { $0.title.count <= 72 && $0.description.utf8.count > 125_000 })
  }

  // MARK: Files

  @Test func `every file that gives no tasks has an error of its own`() throws {
    try withTemporaryDirectory { folder in
      func message(_ name: String, _ bytes: [UInt8]?) throws -> String {
        let path = folder.appending(name)
        if let bytes { try write(bytes, to: path) }
        do {
          _ = try TodoList.read(path, displayName: name)
          return "no error"
        } catch {
          return error.description
        }
      }
      #expect(try message("none.md", nil) == "to-do list 'none.md' does not exist")
      #expect(try message("a.md/b.md", nil) == "to-do list 'a.md/b.md' does not exist")
      #expect(
        try message("empty.md", Array(" \n\t\r\n".utf8))
          == "to-do list 'empty.md' is empty; write one task a line: - [ ] add a login page")
      #expect(
        try message("latin.md", Array("- [ ] a\n- [ ] caf".utf8) + [0xE9, 0x0A])
          == "to-do list 'latin.md' is not UTF-8 text (line 2, byte 17): save it as UTF-8")
      #expect(
        try message("binary.md", Array("- [ ] a\n".utf8) + [0])
          == "to-do list 'binary.md' is not a text file (a NUL byte in line 2)")
      #expect(
        try message("large.md", [UInt8](repeating: 0x61, count: 10_000_001))
          == "to-do list 'large.md' is larger than 10 MB")
      #expect(
        try message("prose.md", Array("Hello\n".utf8))
          == "to-do list 'prose.md' has no items; write one task a line: - [ ] add a login page")
      #expect(
        try message("done.md", Array("- [x] a\n- [x] b\n".utf8))
          == "to-do list 'done.md' has no open item: all 2 items are ticked off")
      let readable = try message("ok.md", Array("- [ ] a".utf8))
      #expect(readable == "no error")
      #expect(throws: TodoError(file: folder.string, reason: .unreadable(.directory))) { try TodoList.read(folder) }
    }
  }
}
