import Basics
import OrchTestSupport
import SystemPackage
import Testing

@testable import PlanGeneration
@testable import Plans
@testable import TodoLists

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
    Case("given up is not done, begun is not either", "- [-] a\n- [~] b\n- [ ] c", [("b", ""), ("c", "")]),
    Case(
      "nested checkboxes are detail", "- [ ] a\n  - [ ] one\n  - [x] two\n- [ ] b",
      [("a", "- [ ] one\n- [x] two"), ("b", "")]),
    Case("plain list", "- a\n- b\n", [("a", ""), ("b", "")]),
    Case("plain ordered list", "1. a\n2. b\n10. c", [("a", ""), ("b", ""), ("c", "")]),
    Case("a note among boxes belongs to the item above", "- [ ] a\n- note\n- [ ] b", [("a", "- note"), ("b", "")]),
    Case("any box makes boxes of all tasks", "## A\n- [ ] a\n\n## B\n- b", [("a", "")]),
    Case("no list at all", "# To do\n\nNothing yet.\n", []),
    Case("CRLF", "- [ ] a\r\n  more\r\n- [ ] b\r\n", [("a", "more"), ("b", "")]),
    Case("old Mac line ends", "- [ ] a\r- [ ] b", [("a", ""), ("b", "")]),
    Case("byte order mark", "\u{FEFF}- [ ] a", [("a", "")]),
    Case("tabs", "-\t[ ] a\n\t- one\n\t\t- two\n-\t[ ]\tb", [("a", "- one\n\t- two"), ("b", "")]),
    Case("fenced code is no list", "```\n- [ ] no\n```\n~~~~ md\n- [ ] no\n~~~\n- [ ] no\n~~~~\n- [ ] a", [("a", "")]),
    Case(
      "fenced code in an item", "- [ ] a\n  ```sh\n  - [ ] no\n\n    x\n  ```\n- [ ] b",
      [("a", "```sh\n- [ ] no\n\n  x\n```"), ("b", "")]),
    Case("a fence that is never closed", "- [ ] a\n\n```\n- [ ] no", [("a", "```\n- [ ] no")]),
    Case("code by indentation", "para\n\n    - [ ] no\n\n- [ ] a", [("a", "")]),
    Case(
      "HTML comment",
      "<!-- - [ ] no -->\n<!--\n- [ ] no\n-->\n- [ ] a <!-- note -->\n  <!-- b\n  - [ ] no -->\n- [ ] c",
      [("a", ""), ("c", "")]),
    Case(
      "a comment ends with its item, as GitHub shows it", "- [ ] a <!-- x\n- [ ] b\n\n-->\n- [ ] c",
      [("a <!-- x", ""), ("b", "-->"), ("c", "")]),
    Case("a comment never closed hides the rest, as on GitHub", "<!-- open\n\n- [ ] a", []),
    Case(
      "comment marks in code are code", "- [ ] handle `<!--` well\n- [ ] b -->",
      [("handle `<!--` well", ""), ("b -->", "")]),
    Case("block quote", "> - [ ] no\n> - [ ] no\n\n- [ ] a\n  > quoted", [("a", "> quoted")]),
    Case("front matter", "---\ntitle: x\nlist:\n- [ ] no\n---\n- [ ] a", [("a", "")]),
    Case("a rule is no front matter and no item", "---\n\n- [ ] a\n\n* * *\n- [ ] b\n- - -\n", [("a", ""), ("b", "")]),
    Case(
      "paragraphs below an item", "- [ ] a\n\n  one\n  two\n\n  three\n\nafter\n- [ ] b",
      [("a", "one\ntwo\n\nthree\n\nafter"), ("b", "")]),
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
    let list = TodoList(markdown: String(repeating: "- [ ] Add the same thing\n  - with `detail`\n", count: 2_000))
    #expect(list.items.count == 2_000)
    #expect(Set(MarkdownPlanner(list).tasks.map(\.id)).count == 2_000)
  }

  @Test func `needs of nothing take no longer in a long list`() {
    let markdown = (1...2_000).map { "- [ ] Add thing \($0)\n  needs: item that is not there \($0)\n" }.joined()
    let planner = MarkdownPlanner(TodoList(markdown: markdown))
    #expect(planner.notes.count == 2_000)
    #expect(TodoNote.summary(of: planner.notes) == "2000 needs ignored")
    let tasks = planner.tasks.map { $0.needing(["none-of-\($0.id)"]) }
    #expect(throws: PlanError.self) { try TaskPlan(tasks: tasks) }
  }

  @Test func `deep and wide lists are no trouble`() {
    let deep = (0..<600).map { String(repeating: "  ", count: $0) + "- [ ] level \($0)\n" }.joined()
    let list = TodoList(markdown: deep)
    #expect(list.items.map(\.text) == ["level 0"])
    #expect(list.items.first?.detail.contains("level 599") == true)
    #expect(TodoList(markdown: String(repeating: "- ", count: 100_000) + "a").items.count == 1)
    #expect(TodoList(markdown: String(repeating: ">", count: 100_000) + "a").items.isEmpty)
    let row = String(repeating: "|", count: 100_000) + "\n" + String(repeating: "|-", count: 50_000)
    #expect(TodoList(markdown: row + "\n\n- [ ] a").items.map(\.text) == ["a"])
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
      // A model can plan it.
      #expect(try message("prose.md", Array("Hello\n".utf8)) == "no error")
      #expect(
        try message("done.md", Array("- [x] a\n- [x] b\n".utf8))
          == "to-do list 'done.md' has no open item: all 2 items are ticked off")
      let readable = try message("ok.md", Array("- [ ] a".utf8))
      #expect(readable == "no error")
      #expect(throws: TodoError(file: folder.string, reason: .unreadable(.directory))) { try TodoList.read(folder) }
    }
  }

  static let foreign: [(name: String, text: String, format: ForeignFormat?)] = [
    ("task_config.yaml", "tasks:\n  - id: a\n    title: b\n", .plan),
    ("plan", "# mine\nsettings:\n  base_branch: main\ntasks:\n- id: a\n", .plan),
    ("plan.json", "{\"tasks\": [{\"id\": \"a\"}]}", .plan),
    ("compose.yml", "services:\n  web: {}\n", .yaml),
    ("tasks.json", "[\n{\"id\":1,\"description\":\"x\",\"status\":\"pending\",\"uuid\":\"1-2\"}\n]", .taskwarrior),
    ("package.json", "{ \"name\": \"x\" }", .json),
    ("todo.org", "* TODO a\n", .org),
    ("todo", "#+TITLE: x\n* TODO a\n", .org),
    ("todo", "* Work\n** TODO a\n", .org),
    ("todo.txt", "(A) 2026-01-01 call Ann +home @phone\nx 2026-01-02 2026-01-01 pay\n", .todoTxt),
    ("list", "2026-01-01 call Ann +home\n", .todoTxt),
    ("todo.txt", "call Ann\n", .todoTxt),
    ("issues.csv", "Key,Summary\nA-1,x\n", .csv),
    ("todo.txt", "- [ ] a\n", nil), ("todo.md", "* TODO a\n", nil), ("todo.md", "# tasks:\n- [ ] a\n", nil),
    ("todo.md", "tasks:\n- [ ] id\n", nil), ("todo.md", "---\ntitle: x\n---\n- a\n", nil),
    ("todo.md", "{% include x %}\n- [ ] a\n", nil), ("todo.md", "[link](x)\n- [ ] a\n", nil),
  ]

  @Test(arguments: foreign) func `a file of another format is known`(
    _ test: (name: String, text: String, format: ForeignFormat?)
  ) {
    #expect(ForeignFormat(of: test.text, name: test.name) == test.format)
  }

  @Test func `what is wrong with a file of another format says what to do`() {
    #expect(
      TodoError(file: "my plan.yaml", reason: .foreign(.plan)).description
        == "'my plan.yaml' is a plan, not a to-do list in Markdown; execute it as it is: git orch run -c 'my plan.yaml'"
    )
    #expect(TodoError(file: "todo.txt", reason: .foreign(.todoTxt)).description.contains("sed -e"))
  }

  @Test func `what is left out is reported with its line, and summed up`() {
    let list = TodoList(markdown: "- [ ] a\n- [x] b\n- [-] c\n- [x] d\n  - [ ] e\n- [k] f\n")
    #expect(
      list.notes.map(\.description) == [
        "2: left out: ticked off", "3: left out: cancelled", "4: left out: ticked off",
        "5: left out: open, but below line 4, which is ticked off", "6: '[k]' has no meaning here: taken as open",
      ])
    #expect(
      TodoNote.summary(of: list.notes)
        == "4 left out (2 ticked off, 1 cancelled, 1 open below a closed item); 1 unknown mark taken as open")
    #expect(TodoNote.summary(of: []) == nil)
    #expect(
      TodoError(file: "a", reason: TodoList(markdown: "- [x] a\n- b\n\n## X\n- c\n").nothingToDo).description
        == "to-do list 'a' has no open item: 2 left out (1 ticked off, 1 without a box)")
  }
}
