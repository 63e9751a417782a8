import Testing
import YAMLDocuments

@Suite(.timeLimit(.minutes(5))) struct YAMLNodeTests {
  @Test(arguments: [
    ("word", "word"), ("two words", "two words"), ("12", "12"), ("0x1F", "0x1F"), ("true", "true"), ("1.0", "1.0"),
    ("'single ''quoted'''", "single 'quoted'"), (#""a\tb\u00e9\U0001F680\0\x41""#, "a\tbé🚀\0A"),
    ("\"folded\n\n  over lines\"", "folded\nover lines"), ("plain\n  over lines", "plain over lines"),
    ("|\n  a\n   b\n\n  c\n", "a\n b\n\nc\n"), ("|-\n  a\n  b\n\n", "a\nb"), ("|+\n  a\n\n", "a\n\n"),
    (">\n  a\n  b\n\n  c\n", "a b\nc\n"), ("|2\n    a\n   b\n", "  a\n b\n"), ("|\n  a\tb\n  \tc\n", "a\tb\n\tc\n"),
    ("日本語 – ñ", "日本語 – ñ"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("e\u{301}", "e\u{301}"), ("a#b", "a#b"), ("a # comment", "a"),
    ("https://example.com:80/x", "https://example.com:80/x"), ("-x", "-x"), ("!!str 12", "12"), ("! 12", "12"),
  ])
  func `a scalar is the text that stands there`(yaml: String, text: String) throws {
    let entries = try #require(try YAMLDocument.root(of: "key: \(yaml)")?.entries)
    #expect(entries["key"]?.text == text)
    #expect(entries.count == 1)
  }

  @Test func `every value has its line and column, counted in characters`() throws {
    let yaml = """
      é: [a, 'b',
        {ü: c}]
      "🚀🚀": # not here
        - d
        -   - e
      ? f
      : !!str g
      """
    let root = try #require(try YAMLDocument.root(of: yaml))
    var places: [String] = []
    func walk(_ node: YAMLNode) {
      places.append("\(node.position.line):\(node.position.column) \(node.kind)")
      for item in node.items ?? [] { walk(item) }
      for entry in node.entries ?? [] {
        walk(entry.key)
        walk(entry.value)
      }
    }
    walk(root)
    #expect(
      places == [
        "1:1 a mapping", "1:1 the string 'é'", "1:4 a list", "1:5 the string 'a'", "1:8 the string 'b'",
        "2:3 a mapping",
        "2:4 the string 'ü'", "2:7 the string 'c'", "3:1 the string '🚀🚀'", "4:3 a list", "4:5 the string 'd'",
        "5:7 a list",
        "5:9 the string 'e'", "6:3 the string 'f'", "7:3 the string 'g'",
      ])
  }

  @Test func `a byte order mark, and line breaks of other systems, move nothing`() throws {
    let root = try YAMLDocument.root(of: "\u{FEFF}a: b\r\nc: d\r\n")
    #expect(root?.entries?["a"]?.position == SourcePosition(line: 1, column: 4))
    #expect(root?.entries?["c"]?.position == SourcePosition(line: 2, column: 4))
    #expect(root?.entries?["c"]?.text == "d")
    let mark = try YAMLDocument.root(of: "a: \"\u{FEFF}b\"")
    #expect(mark?.entries?["a"]?.text == "\u{FEFF}b")
  }

  @Test(arguments: ["", "\n\n", "# only a comment", "\u{FEFF}", "   "])
  func `a text without a document has no root`(yaml: String) throws {
    #expect(try YAMLDocument.root(of: yaml) == nil)
  }

  @Test(arguments: ["~", "null", "Null", "NULL", ""])
  func `null is a value that is not there, unless it is quoted or tagged`(word: String) throws {
    let root = try YAMLDocument.root(of: "[\(word.isEmpty ? "{a}" : word), '\(word)', \"\(word)\", !!str \(word)]")
    let items = try #require(root?.items)
    let first = word.isEmpty ? try #require(items[0].entries?.first?.value) : items[0]
    #expect([first.isNull] + items.dropFirst().map(\.isNull) == [true, false, false, false])
    #expect(first.kind == "nothing")
    #expect(items[1].kind == "the string '\(word)'")
  }

  @Test func `truth has the spellings of YAML 1,1`() throws {
    let items = try YAMLDocument.root(of: "[true, Yes, ON, false, no, Off, y, 1, 'true', [true]]")?.items
    #expect(items?.map(\.flag) == [true, true, true, false, false, false, nil, nil, nil, nil])
  }

  @Test func `a long text and a control character do no harm in a message`() throws {
    let root = try YAMLDocument.root(of: #""\e[31m\n\#(String(repeating: "x", count: 100))""#)
    #expect(root?.kind == "the string '^[[31m^J\(String(repeating: "x", count: 54))…'")
  }

  @Test func `tags and anchors are kept where they are allowed, and aliases stay aliases`() throws {
    let root = try YAMLDocument.root(
      of: "a: &x !evil [1]\nb: *x\n<<: *x\nc: !!int 3", allowing: [.anchors, .tags])
    let entries = try #require(root?.entries)
    #expect(entries["a"]?.anchor == "x")
    #expect(entries["a"]?.tag == "!evil")
    #expect(entries["a"]?.items?.map(\.text) == ["1"])
    #expect(entries["b"]?.content == .alias("x"))
    #expect(entries["b"]?.kind == "an alias")
    #expect(entries["<<"]?.content == .alias("x"))
    #expect(entries["c"]?.tag == "tag:yaml.org,2002:int")
  }
}
