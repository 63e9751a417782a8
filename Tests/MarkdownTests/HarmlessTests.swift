import Testing

@testable import Markdown

/// The zero-width spaces of what is expected are written as `•`.
@Suite(.timeLimit(.minutes(5))) struct HarmlessTests {
  @Test func `a row of a table that nobody could read is code`() {
    let row = String(repeating: "|", count: 50_000) + "\n" + String(repeating: "|-", count: 25_000) + "\n@someone"
    #expect(harmless(row).hasPrefix("```"))
  }

  @Test(arguments: HarmlessSamples.bodies)
  func `a body says what it said and does nothing`(text: String, expected: String) {
    let result = harmless(real(text))
    #expect(shown(result) == expected)
    #expect(ForgeReading(result, isMarkdown: true).faults == [])
    #expect(harmless(result) == result)
  }

  @Test(arguments: HarmlessSamples.lines)
  func `a line stays within its paragraph`(text: String, expected: String) {
    let result = harmlessLine(real(text))
    #expect(shown(result) == expected)
    #expect(!result.contains("\n"))
    let whole = "- abc1234 \(result)\n- `next` *one*"
    #expect(ForgeReading(whole, isMarkdown: true).faults == [])
    #expect(ForgeReading.html(whole).hasSuffix("<li><code>next</code> <em>one</em></li>\n</ul>\n"))
    #expect(harmlessLine(result) == result)
  }

  @Test(arguments: HarmlessSamples.subjects)
  func `nothing in a title is code`(text: String, expected: String) {
    let result = harmlessSubject(real(text))
    #expect(shown(result) == expected)
    #expect(ForgeReading(result, isMarkdown: false).faults == [])
    #expect(harmlessSubject(result) == result)
  }

  @Test func `what a forge would find is found here, too`() {
    for text in HarmlessSamples.faulty {
      #expect(!ForgeReading(text, isMarkdown: true).faults.isEmpty, "\(text)")
    }
    #expect(ForgeReading("plain `@code` [a](https://x.example)", isMarkdown: true).faults == [])
  }

  @Test func `what follows a body is not part of it`() {
    for (text, _) in HarmlessSamples.bodies {
      let html = ForgeReading.html(harmless(real(text)) + "\n\n## Next\n\n`a` (#12)\n")
      #expect(html.hasSuffix("<h2>Next</h2>\n<p><code>a</code> (#12)</p>\n"), "\(text)")
    }
  }

  /// cmark keeps what its extensions look for in tables of the whole process.
  @Test func `many texts at a time are made harmless as one is`() async {
    let text = "https://github.com/o/r/commit/abcdef1234 and www.example.com, @someone, a@b.org"
    let alone = harmless(text)
    let results = await withTaskGroup(of: [String].self) { group in
      for _ in 0..<8 { group.addTask { (0..<40).map { _ in harmless(text) } } }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(results.count == 320 && Set(results) == [alone])
  }

  /// Fragments of all kinds in any order: what is parsed again has nothing in it that acts, and is the same.
  @Test(arguments: 0..<4) func `whatever is put together does nothing`(seed: UInt64) {
    var random = SeededRandom(state: seed)
    for _ in 0..<20 {
      let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        HarmlessSamples.fragments.randomElement(using: &random) ?? ""
      }.joined()
      let result = harmless(text)
      #expect(ForgeReading(result, isMarkdown: true).faults == [], "\(text.debugDescription)")
      #expect(harmless(result) == result, "\(text.debugDescription)")
      let next = ForgeReading.html(result + "\n\nnext")
      #expect(next.hasSuffix("<p>next</p>\n"), "\(text.debugDescription)")
      let line = harmlessLine(text)
      #expect(ForgeReading("- x \(line)", isMarkdown: true).faults == [], "\(text.debugDescription)")
      #expect(harmlessLine(line) == line, "\(text.debugDescription)")
      let subject = harmlessSubject(text)
      #expect(ForgeReading(subject, isMarkdown: false).faults == [], "\(text.debugDescription)")
      #expect(harmlessSubject(subject) == subject, "\(text.debugDescription)")
    }
  }

  @Test func `a text that is too long is shortened, and nothing of it is left open`() {
    let text = "```\n" + String(repeating: "@x code\n", count: 800)
    for limit in [100, 1000, 5000] {
      let result = harmless(text, limit: limit)
      #expect(result.utf16.count <= limit)
      #expect(result.utf16.count > limit * 3 / 4)
      #expect(result.hasSuffix("\n```\n\n(shortened)"))
    }
    let pings = harmless(String(repeating: "@a #1 ", count: 1000), limit: 2500)
    #expect(pings.utf16.count <= 2500 && pings.hasSuffix("(shortened)"))
    #expect(harmless("short", limit: 100) == "short")
  }

  @Test func `nesting without end is shown as code`() {
    for text in [String(repeating: "> ", count: 500) + "@x", String(repeating: "[", count: 3000) + "@x"] {
      #expect(ForgeReading(harmless(text), isMarkdown: true).faults == [])
    }
    #expect(harmless(String(repeating: "> ", count: 500) + "@x").hasPrefix("```\n> > >"))
  }

  @Test func `words before it join it where it is one paragraph`() {
    #expect(harmless("it breaks", after: "**major**: ") == "**major**: it breaks")
    #expect(harmless("first\n\nsecond", after: "**major**: ") == "**major**:\n\nfirst\n\nsecond")
    #expect(harmless("```\n@x\n```", after: "**major**: ") == "**major**:\n\n```\n@x\n```")
  }

  private func real(_ text: String) -> String { text.replacing("•", with: "\u{200B}") }

  private func shown(_ text: String) -> String { text.replacing("\u{200B}", with: "•") }
}

/// SplitMix64, for the same texts each time.
private struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
