import Basics
import Testing

@Suite(.timeLimit(.minutes(5))) struct SafeTextTests {
  @Test(
    arguments: [
      ("a\nb\tc", "a^Jb^Ic"), ("a\r\nb", "a^M^Jb"), ("\u{1B}[2J", "^[[2J"), ("a\u{2028}b\u{85}", "a<U+2028>b<U+0085>"),
      ("plain", "plain"),
    ])
  func `breaks of a quoted value are marked`(text: String, marked: String) {
    #expect(sanitized(text, .markLines) == marked)
  }

  @Test(
    arguments: [
      ("abc", 3, "abc"), ("abcd", 3, "abc…"), ("äöüß", 3, "äöü…"), ("a\u{1B}b", 2, "a^[…"), ("", 0, ""), ("a", 0, "…"),
      ("a\u{9B}", 2, "a<U+009B>"),
    ])
  func `a limit counts characters of the text, however they are shown`(text: String, limit: Int, cut: String) {
    #expect(sanitized(text, limit: limit) == cut)
  }

  @Test(
    arguments: [
      ("  a  b ", "a b"), ("a\r\n\r\nb\n", "a b"), ("1%\r20%", "1% 20%"), ("a\u{1B}[1;31mred\u{1B}[0m", "ared"),
      ("a\u{1B}]8;;http://x\u{1B}\\b", "ab"), ("a\u{202E}b\u{200B}c", "abc"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("a\u{1B}", "a"),
      ("12345 ", "12345"), ("12345 6", "12345 …"), ("1234567", "123456…"),
    ])
  func `plain text is one line without what is hidden`(text: String, plain: String) {
    #expect(plainText(text, limit: 6) == plain)
  }

  @Test func `plain text of several lines keeps its breaks and its indentation`() {
    #expect(plainText("  a\r\n\tb\u{7}\n\n", limit: 100, keepsLines: true) == "  a\n\tb")
    #expect(plainText("  a\n  b  c", limit: 100, keepsLines: true) == "  a\n  b  c")
  }

  @Test func `what is safe stays the same when it is made safe again`() {
    for text in ["a\u{1B}\u{202E}\nb", "\u{301}a", "plain", "\u{9B}"] {
      for lines in [LineHandling.oneLine, .keepLines, .markLines] {
        let safe = sanitized(text, lines)
        #expect(sanitized(safe, lines == .markLines ? .oneLine : lines) == safe)
      }
    }
  }

  @Test func `a quoted value is short and on one line`() {
    #expect("a\nb".quoted == "'a^Jb'")
    #expect(String(repeating: "x", count: 70).quoted == "'\(String(repeating: "x", count: 60))…'")
  }
}
