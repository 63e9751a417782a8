import TerminalUI
import Testing

@Suite(.timeLimit(.minutes(5))) struct CuttingTests {
  @Test(arguments: [
    ("replace-moment-with-temporal", 28, "replace-moment-with-temporal"),
    ("replace-moment-with-temporal", 20, "replace-…-temporal"), ("fix-timezone-in-export", 20, "fix-…-in-export"),
    ("add-rate-limit-to-login", 20, "add-…-limit-to-login"), ("fix-flaky-search-test", 20, "fix-…-search-test"),
    ("translate-emails-to-japanese", 20, "translate-…-japanese"), ("add-webhook-signatures", 12, "add-we…tures"),
    ("upgrade-node-to-24", 9, "upgr…o-24"), ("メール-翻訳-する", 9, "メー…する"), ("abc", 2, "a…"), ("abc", 0, ""),
  ])
  func `names lose whole parts in their middle, else cells`(name: String, width: Int, text: String) {
    let cut = cutName(name, to: width)
    #expect(cut == text)
    #expect(displayWidth(cut) <= width)
  }

  @Test(arguments: [
    ["add-the-new-audit-log-table", "add-the-old-audit-log-table"],
    (1...12).map { "task-number-\($0)-with-a-rather-long-title-about" },
    (1...3).map { "日本語のタスク\($0)とても長い名前とても長い名前" },
  ]) func `no two names look alike once they are cut`(names: [String]) {
    for width in [14, 18, 20, 28] {
      let cut = cutNames(names, to: width)
      #expect(Set(cut).count == names.count && cut.allSatisfy { displayWidth($0) <= width }, "\(cut)")
    }
  }

  @Test func `names that are the same stay the same`() {
    #expect(Set(cutNames(["a-very-long-name-of-a-task", "a-very-long-name-of-a-task"], to: 14)).count == 1)
  }

  @Test func `paths lose their folders from the left`() {
    #expect(
      shorterPaths("src/export/dates.ts") == ["src/export/dates.ts", "…/export/dates.ts", "…/dates.ts", "dates.ts"])
    #expect(fitting(shorterPaths("src/export/dates.ts"), to: 12) == "…/dates.ts")
    #expect(fitting(shorterPaths("src/export/dates.ts"), to: 7) == "dates.…")
  }

  @Test func `text is broken at blanks, and inside of words that are too long`() {
    #expect(wrapped("one two three", to: 8) == ["one two", "three"])
    #expect(wrapped("[TOOL] Bash: make test", to: 14, indent: 7) == ["[TOOL] Bash:", "       make", "       test"])
    #expect(wrapped("abcdefghij", to: 4) == ["abcd", "efgh", "ij"])
    #expect(wrapped("名名名", to: 4) == ["名名", "名"])
  }

  @Test(arguments: [
    (812, "812"), (9_400, "9.4k"), (9_999, "9.9k"), (118_000, "118k"), (1_400_000, "1.4M"), (34_000_000, "34M"),
    (0, "0"),
    (-5, "0"), (.max, "999G"),
  ])
  func `counts have three digits at most`(count: Int, text: String) { #expect(countText(count) == text) }

  @Test func `changed lines and large sums are short`() {
    #expect(linesText(added: 402, removed: 377) == "+402 -377")
    #expect(linesText(added: 12_345, removed: 0) == "+12k -0")
    #expect(shortDollarText(14.02) == "$14.02")
    #expect(shortDollarText(1234.5) == "$1.2k")
    #expect(shortText(.seconds(2 * 86_400 + 3 * 3600)) == "2d03h")
  }

  @Test func `a palette spells what its terminal cannot show, as wide as it was`() {
    let palette = Palette(isColored: false, glyphs: .ascii)
    #expect(palette.spelled("›▸ fix-…-in ↯ · メ ─") == ">* fix-~-in ! | ?? -")
    #expect(Palette(isColored: false, glyphs: .narrow).spelled("▸ a…b · メ") == "▸ a~b | メ")
    #expect(Palette(environment: ["LC_ALL": "C", "TERM": "xterm"]).glyphs == .ascii)
    #expect(Palette(environment: ["LANG": "en_US.UTF-8", "TERM": "linux"]).glyphs == .ascii)
    #expect(Palette(environment: ["LANG": "ja_JP.UTF-8", "TERM": "xterm"]).glyphs == .narrow)
    let light = Palette(environment: ["LANG": "C.UTF-8", "COLORFGBG": "0;15"])
    #expect(light.isLight && light.paint("x", .yellow) == "\u{1B}[35mx\u{1B}[0m")
    #expect(!Palette(environment: ["LANG": "C.UTF-8", "NO_COLOR": "1"]).isColored)
  }
}
