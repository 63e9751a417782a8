import TerminalUI
import Testing

@Suite(.timeLimit(.minutes(5))) struct KeyTests {
  @Test(arguments: [
    ("q", [Key.character("q")]), ("\u{1B}[A\u{1B}[B", [.up, .down]), ("\u{1B}OA", [.up]), ("\r", [.enter]),
    ("\n\u{7F}", [.enter, .backspace]), ("\u{1B}[1~\u{1B}[4~\u{1B}[H\u{1B}[F", [.home, .end, .home, .end]),
    ("\u{1B}[5~\u{1B}[6~", [.pageUp, .pageDown]), ("é名", [.character("é"), .character("名")]),
    ("\u{1B}]11;rgb:ffff/ffff/ffff\u{07}j", [.character("j")]), ("\u{1B}[15~x", [.other, .character("x")]),
    ("\u{01}", [.other]), ("\u{1B}[1;5A", [.up]),
  ])
  func `keys are read out of what a terminal sends`(bytes: String, keys: [Key]) {
    var decoder = KeyDecoder()
    #expect(decoder.feed(bytes.utf8) == keys)
    #expect(!decoder.isWaiting)
    // In any pieces.
    var single = KeyDecoder()
    #expect(bytes.utf8.flatMap { single.feed([$0]) } == keys)
  }

  @Test func `an Escape is the key once nothing follows it`() {
    var decoder = KeyDecoder()
    #expect(decoder.feed([0x1B]) == [] && decoder.isWaiting)
    #expect(decoder.flush() == [.escape] && !decoder.isWaiting)
    #expect(decoder.feed([0x1B, 0x1B, 0x5B, 0x41]) == [.escape, .up])
    #expect(decoder.feed([0x1B, 0x5B]) == [] && decoder.flush() == [.other])
  }

  @Test func `garbage is not a key, and what follows it is`() {
    var decoder = KeyDecoder()
    #expect(decoder.feed([0xFF, 0xC3, 0x28, 0x80, UInt8(ascii: "q")]).last == .character("q"))
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      _ = decoder.feed((0..<40).map { _ in UInt8.random(in: 0...255, using: &random) })
      _ = decoder.flush()
      #expect(!decoder.isWaiting)
    }
  }
}
