import Testing

@testable import Markdown

@Suite(.timeLimit(.minutes(5))) struct MarkdownBlockTests {
  /// `kind first-last@column`, indented.
  private func tree(_ block: MarkdownBlock, depth: Int = 0) -> [String] {
    let line =
      String(repeating: " ", count: depth) + "\(block.kind) \(block.firstLine)-\(block.lastLine)@\(block.column)"
    return [line] + block.children.flatMap { tree($0, depth: depth + 1) }
  }

  @Test func `blocks are found where they stand`() {
    let text = """
      # A `b` *c*

      - [ ] one
        more
        - two

        <!-- x
        y -->
      - a
        ---
      > quote

      | a | b |
      |---|---|
      | `x` | [y](z) |
      """
    let outline = MarkdownBlock.outline(of: text)
    #expect(
      tree(outline) == [
        "document 1-15@1",
        " heading(level: 1) 1-1@1",
        " list(start: nil) 3-10@1",
        "  item 3-8@1",
        "   paragraph 3-4@3",
        "   list(start: nil) 5-6@3",
        "    item 5-6@3",
        "     paragraph 5-5@5",
        "   html 7-8@3",
        "  item 9-10@1",
        "   heading(level: 2) 9-10@3",
        " quote 11-11@1",
        "  paragraph 11-11@3",
        " table 13-15@1",
        "  row 13-13@1",
        "   cell 13-13@2",
        "   cell 13-13@6",
        "  row 15-15@1",
        "   cell 15-15@2",
        "   cell 15-15@8",
      ])
    #expect(outline.children.first?.text == "A `b` c")
    #expect(outline.children.last?.children.last?.children.map(\.text) == ["`x`", "[y](z)"])
  }

  @Test func `a line is what a reader sees of it`() {
    #expect(
      MarkdownLine("# **Bold**: `a` <b>x</b> Vec<T> ![i](j) <https://a.b>").plain == "# Bold: a x Vec<T> i https://a.b")
    #expect(MarkdownLine("**Bold**: x").leadingStrong == "Bold")
    #expect(MarkdownLine("x **Bold**").leadingStrong == nil)
    #expect(MarkdownLine("~~all of it~~").isStruck && !MarkdownLine("~~some~~ of it").isStruck)
    #expect(MarkdownLine("see [this][1][^n]", definitions: ["[1]: http://a.b", "[^n]: x"]).plain == "see this")
    #expect(MarkdownLine.codeSpans(in: "`a` b\n\n```\n`no`\n```\n- ``c`d``") == ["a", "c`d"])
  }
}
