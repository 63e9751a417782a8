import Basics
import Testing

@Suite(.timeLimit(.minutes(5))) struct TextToolTests {
  @Test func `white space is trimmed as Unicode has it`() {
    #expect(" \u{A0}\t a b \r\n".trimmed == "a b")
    #expect("  a \n".trimmedAtEnd == "  a")
    #expect(" \n".trimmed == "" && " \n".trimmedAtEnd == "" && " \n".isBlank && !" a".isBlank)
  }

  @Test(
    arguments: [
      ("a b", "a%20b"), ("a/b:c+d{e}", "a%2Fb%3Ac%2Bd%7Be%7D"), ("é", "%C3%A9"), ("a-b._~9", "a-b._~9"),
      ("\u{7}", "%07"),
    ])
  func `percent encoding is undone by decoding`(text: String, encoded: String) {
    #expect(percentEncoded(text) == encoded)
    #expect(percentDecoded(encoded) == text)
  }

  @Test(arguments: [("100%", "100%"), ("%zz%4", "%zz%4"), ("%2525", "%25"), ("%e9", "\u{FFFD}"), ("%C3%a9", "é")])
  func `a percent sign without two digits stays`(text: String, decoded: String) {
    #expect(percentDecoded(text) == decoded)
  }

  @Test(
    arguments: [
      ("a/b-c.d", "a/b-c.d"), ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("-x", "'-x'"),
      ("$HOME", "'$HOME'"),
    ])
  func `a quoted text is one word of a shell`(text: String, word: String) {
    #expect(shellQuoted(text) == word)
  }

  @Test func `a quoted path is not an option`() {
    #expect(shellQuoted(path: "-x") == "./-x")
    #expect(shellQuoted(path: "a b") == "'a b'")
  }

  @Test func `hexadecimal digits are padded`() {
    #expect(
      hex(10, digits: 2) == "0A" && hex(0xABCDE, digits: 4) == "ABCDE" && hex(10, digits: 4, uppercase: false) == "000a"
    )
    #expect("09afAF".utf8.map(hexDigit) == [0, 9, 10, 15, 10, 15] && hexDigit(UInt8(ascii: "g")) == nil)
  }

  @Test func `a hint names the nearest word in quotes`() {
    #expect(NearestName.suggestion(for: "Titel", among: ["id", "title"]) == ", did you mean 'title'?")
    #expect(NearestName.suggestion(for: "something", among: ["id", "title"]) == "")
    #expect(
      NearestName.suggestion(for: "b", among: ["a"]) == "" && NearestName.suggestion(for: "aa", among: ["a"]) == "")
    #expect(likelyMeant(String(repeating: "x", count: 200), among: ["x"]) == [])
  }
}
