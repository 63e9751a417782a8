import Testing

@testable import Basics
@testable import TerminalUI

@Suite(.timeLimit(.minutes(5))) struct TextTests {
  @Test(
    arguments: [
      ("plain", "plain"),
      ("Grüße, 世界 👩‍👩‍👧", "Grüße, 世界 👩‍👩‍👧"),
      ("\u{1B}[2J\u{7}\u{8}", "^[[2J^G^H"),
      ("a\u{7F}b\u{9B}31m", "a^?b<U+009B>31m"),
      ("a\nb\tc", "a b c"),
      ("a\r\nb\rc", "a b^Mc"),
      ("line\u{2028}sep", "line sep"),
      ("abc\u{202E}fed\u{2069}", "abc<U+202E>fed<U+2069>"),
      ("zero\u{200B}width\u{FEFF}", "zero<U+200B>width<U+FEFF>"),
      ("tag\u{E0041}", "tag<U+E0041>"),
      ("e\u{301}", "e\u{301}"),
      ("\u{90}q\u{9C}\u{85}x", "<U+0090>q<U+009C> x"),
      ("\u{1B}]8;;https://evil.example\u{7}x", "^[]8;;https://evil.example^Gx"),
      ("soft\u{AD}hyphen \u{3164}\u{115F}\u{FFA0}", "soft<U+00AD>hyphen <U+3164><U+115F><U+FFA0>"),
      ("gr\u{34F}apheme \u{1D173}", "gr<U+034F>apheme <U+1D173>"),
      // Joiners and variation selectors where they have a meaning, and where not
      ("می\u{200C}خواهم क्\u{200D}ष ❤️‍🔥 1️⃣ ⚖︎ 葛\u{E0100}", "می\u{200C}خواهم क्\u{200D}ष ❤️‍🔥 1️⃣ ⚖︎ 葛\u{E0100}"),
      ("pay\u{200D}pal \u{200C}x", "pay<U+200D>pal <U+200C>x"),
      ("क\u{200D}\u{200D}", "क\u{200D}<U+200D>"),
      ("x\u{FE00} 😀\u{E0101}\u{E0102}", "x<U+FE00> 😀\u{E0101}<U+E0102>"),
      ("😀\u{200D}\u{FE00}", "😀\u{200D}<U+FE00>"),
      // Marks that would reach into other text
      ("\u{301}a", "<U+0301>a"), ("a\n\u{20E0}b", "a <U+20E0>b"),
      ("e\(String(repeating: "\u{301}", count: 10))f", "e\(String(repeating: "\u{301}", count: 8))<U+0301><U+0301>f"),
      (
        "é\(String(repeating: "\u{302}", count: 8))\u{FE0F}\u{302}",
        "é\(String(repeating: "\u{302}", count: 8))\u{FE0F}<U+0302>"
      ),
    ])
  func `text from outside cannot steer the terminal`(text: String, safe: String) {
    #expect(sanitized(text) == safe)
  }

  @Test func `line feeds and tabs stay where lines are wanted, carriage returns do not`() {
    #expect(sanitized("a\r\n\tb\u{1B}c\n", .keepLines) == "a\n\tb^[c\n")
  }

  @Test(
    arguments: [
      ("", 0), ("abc", 3), ("Grüße", 5), ("e\u{301}", 1), ("世界", 4), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
      ("ｱ", 1), ("Ａ", 2), ("👍", 2), ("👍🏽", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("✓", 1), ("⏱", 1), ("⏰", 2), ("…", 1),
      ("a\u{200D}b", 2), ("\u{1B}[31mred\u{1B}[0m", 3), ("\u{1B}[1;31m世\u{1B}[m", 2), ("𠀀", 2),
      ("क्षि", 3), ("ทำ", 2), ("é\u{FE0F}", 1), ("❤️‍🔥", 2), ("1️⃣", 2), ("⚖︎", 1), ("葛\u{E0100}", 2), ("あ゙", 2),
    ])
  func `width is counted in columns`(text: String, width: Int) {
    #expect(displayWidth(text) == width)
  }

  @Test(
    arguments: [
      ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""), ("hello", -3, ""),
      ("世界人", 5, "世界…"), ("世界人", 4, "世…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
      ("\u{1B}[31mhello\u{1B}[0m", 3, "\u{1B}[31mhe…\u{1B}[0m"),
      ("\u{1B}[31mhello\u{1B}[0m", 5, "\u{1B}[31mhello\u{1B}[0m"),
    ])
  func `a text too wide ends in an ellipsis and never takes more`(text: String, width: Int, cut: String) {
    #expect(truncated(text, to: width) == cut)
    #expect(displayWidth(truncated(text, to: width)) <= max(0, width))
  }

  @Test func `padding fills columns on either side`() {
    #expect(padded("世", to: 4) == "世  ")
    #expect(padded("世", to: 4, .right) == "  世")
    #expect(padded("abcde", to: 4) == "abcde")
  }

  @Test(
    arguments: [
      (Duration.zero, "0s"), (.milliseconds(40), "0s"), (.milliseconds(450), "0.4s"), (.milliseconds(1999), "1s"),
      (.seconds(45), "45s"), (.seconds(60), "1m00s"), (.seconds(192), "3m12s"), (.milliseconds(3_599_999), "59m59s"),
      (.seconds(3720), "1h02m"), (.seconds(360_000), "4d04h"), (.seconds(-5), "0s"),
    ])
  func `spans of time are short`(duration: Duration, text: String) {
    #expect(shortText(duration) == text)
  }

  @Test(
    arguments: [
      (0, "$0.00"), (0.41, "$0.41"), (0.004, "<$0.01"), (0.005, "$0.01"), (12.3, "$12.30"), (1999.999, "$2000.00"),
      (-1.5, "-$1.50"), (.nan, "$?"), (.infinity, "$?"),
    ] as [(Double, String)])
  func `money has cents`(amount: Double, text: String) {
    #expect(dollarText(amount) == text)
  }

  @Test func `colours are there only when wanted`() {
    #expect(Palette.plain.paint("ok", .green) == "ok")
    #expect(Palette(isColored: true).paint("ok", .green) == "\u{1B}[32mok\u{1B}[0m")
    #expect(Palette(isColored: true).paint("", .green) == "")
    #expect(Palette(isColored: true).paint("ok", nil) == "ok")
  }

  @Test(
    arguments: [
      ("", true, true), ("", false, false), ("y", false, true), (" YES ", false, true), ("n", true, false),
      ("No", true, false), ("yep", true, nil), ("ja", false, nil),
    ] as [(String, Bool, Bool?)])
  func `an answer is yes, no, or asked again`(line: String, preferred: Bool, answer: Bool?) {
    #expect(yesOrNo(line, preferred: preferred) == answer)
  }

  @Test(arguments: 1...7) func `bytes become visible wherever they are cut`(size: Int) {
    let bytes = Array("é\u{1B}[31m名\r\n\u{9B}🎉\tx\u{202E}\r".utf8) + [0x9B, 0xC3, 0x0A]
    var stream = VisibleStream()
    var shown = ""
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { shown += stream.text(of: $0) }
    }
    #expect(shown == "é^[[31m名\n<U+009B>🎉\tx<U+202E>^M\u{FFFD}\u{FFFD}\n")
  }
}
