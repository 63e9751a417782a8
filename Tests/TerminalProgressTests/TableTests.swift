import TerminalProgress
import Testing

@Suite struct TableTests {
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
}
