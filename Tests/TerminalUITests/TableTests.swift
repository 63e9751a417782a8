import Basics
import TerminalUI
import Testing

@Suite(.timeLimit(.minutes(5))) struct TableTests {
  private let table = Table(
    columns: [
      .init("TASK"), .init("STATUS"), .init("COST", alignment: .right),
      .init("DOING", minimumWidth: 6, isFlexible: true),
    ],
    rows: [
      ["fix-login", .init("success", .green), "$0.41", ""],
      ["世界", .init("running", .yellow), "$12.00", "Bash: swift test --filter Everything"],
    ])

  @Test func `columns are as wide as they need, without spaces at the ends of lines`() {
    #expect(
      table.lines() == [
        "TASK       STATUS     COST  DOING",
        "fix-login  success   $0.41",
        "世界       running  $12.00  Bash: swift test --filter Everything",
      ])
  }

  @Test func `a flexible column gives way first`() {
    #expect(
      table.lines(width: 40) == [
        "TASK       STATUS     COST  DOING",
        "fix-login  success   $0.41",
        "世界       running  $12.00  Bash: swift…",
      ])
  }

  @Test(arguments: 0...80)
  func `no line is wider than the terminal`(width: Int) {
    for line in table.lines(width: width, palette: Palette(isColored: true)) {
      #expect(displayWidth(line) <= width)
    }
  }

  @Test func `styles paint the text, not the spaces`() {
    var table = table
    table.hasHeader = false
    #expect(
      table.lines(palette: Palette(isColored: true)).first == "fix-login  \u{1B}[32msuccess\u{1B}[0m   $0.41")
  }

  @Test func `cells cannot break out of their line`() {
    let table = Table(
      columns: [.init("A"), .init("B")], rows: [["x\ny", "\u{1B}[2J"], ["only one"], ["1", "2", "3"]])
    #expect(table.lines() == ["A         B", "x y       ^[[2J", "only one", "1         2"])
  }

  @Test func `a gap and a margin of one's own`() {
    let table = Table(
      columns: [
        .init("#", alignment: .right), .init("ID"), .init("Title", isFlexible: true), .init("Branch"), .init("Author"),
      ],
      rows: [
        ["1", "42", "feat: add user auth", "feature/user-auth", "alice"],
        ["2", "43", "fix: database connection", "fix/db-conn", "bob"],
      ], gap: 3, margin: 1)
    #expect(
      table.lines() == [
        " #   ID   Title                      Branch              Author",
        " 1   42   feat: add user auth        feature/user-auth   alice",
        " 2   43   fix: database connection   fix/db-conn         bob",
      ])
    #expect(
      table.lines(width: 54)
        == [
          " #   ID   Title             Branch              Author",
          " 1   42   feat: add user…   feature/user-auth   alice",
          " 2   43   fix: database …   fix/db-conn         bob",
        ])
    for width in 0...70 {
      for line in table.lines(width: width) { #expect(displayWidth(line) <= width) }
    }
  }

  /// Titles that strangers can give to their pull requests.
  @Test(
    arguments: [
      "\u{1B}[2J\u{1B}]0;owned\u{7}", "\u{9B}31mred", "a\r\nb\rc\u{85}d\u{2028}e", "abc\u{202E}fed", "\u{2066}x",
      "日本語のとても長い題名がここに続きますので切られます", "👩‍👩‍👧🏳️‍🌈🇩🇪 emoji", "क्षत्रिय राज्य", "نص عربي", "\u{301}\u{302}x",
      "z\(String(repeating: "\u{336}", count: 500))", "\u{200B}\u{FEFF}\u{E0041}", "", " ", "\t", "1\u{200D}2",
      String(repeating: "long ", count: 20_000), String(repeating: "\u{301}", count: 5000),
    ])
  func `no text moves another column or makes a line wider`(title: String) throws {
    let table = Table(
      columns: [.init("#"), .init("Title", isFlexible: true), .init("Author")],
      rows: [["1", .init(title), "|"], ["2", "plain", "|"]])
    let lines = table.lines(width: 40)
    #expect(lines.count == 3)
    for line in lines {
      #expect(displayWidth(line) <= 40)
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) })
    }
    let columns = lines.dropFirst().map { displayWidth($0) }
    #expect(columns[0] == columns[1])
    #expect(lines.dropFirst().allSatisfy { $0.hasSuffix("|") })
  }
}
