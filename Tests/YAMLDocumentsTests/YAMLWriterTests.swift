import Testing
import YAMLDocuments

@Suite(.timeLimit(.minutes(5))) struct YAMLWriterTests {
  @Test func `fields and lists have the shape of our files`() {
    var writer = YAMLWriter()
    writer.line("# note")
    writer.line("section:")
    writer.field("absent", nil, indent: 2)
    writer.field("name", "feat: x", indent: 2)
    writer.field("text", "a\n\n  b 🚀\n", indent: 2)
    writer.list("empty", [], indent: 2)
    writer.list("list", ["a", "*.md"], indent: 2)
    #expect(
      writer.text == """
        # note
        section:
          name: 'feat: x'
          text: |
            a

              b 🚀
          list:
            - a
            - '*.md'

        """)
  }

  @Test(arguments: [
    "", " ", "a", "-", "- a", "yes", "NO", "null", "~", "12", "1:30", "a: b", "a #b", "'", "\"", "\\", "a ", " a", "\n",
    "a\nb", "a\n", "\na\n", "  a\nb\n\n", "a\n\n\n", "\ta\n\tb", "a\r\nb", "a\u{85}b\n", "a\u{2028}b\nc", "\u{FEFF}a",
    "\u{0}", "\u{1B}[31m\n", "é", "e\u{301}", "\u{301}'", "🚀\nline", "👩‍👩‍👧", "*x", "&x", "!x", "%x", "@x", "`x`", "---",
    "...", "a\n---\nb", "# a\n# b", "|", ">", "[a]", "{a: b}", "?", "\u{10FFFF}", "\u{FFFE}",
  ])
  func `what is written is read again, character by character`(text: String) throws {
    var writer = YAMLWriter()
    writer.line("tasks:")
    writer.line("  - id: \(YAMLText.inline(text))")
    writer.field("text", text, indent: 4)
    writer.list("list", [text, text], indent: 4)
    let root = try YAMLDocument.root(of: writer.text)
    let task = try #require(root?.entries?["tasks"]?.items?.first?.entries)
    for node in [task["id"], task["text"]] + (task["list"]?.items ?? []) {
      #expect(node?.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
      #expect(node?.isNull == false)
    }
  }
}
