import Basics
import Synchronization
import TerminalUI
import Testing

@Suite(.timeLimit(.minutes(5))) struct LiveRegionTests {
  private let size = TerminalSize(columns: 20, rows: 5)

  @Test func `each drawing replaces the one before`() {
    var screen = Screen(size)
    var region = LiveRegion()
    screen.write(region.draw(["one", "two"], size: size))
    #expect(screen.lines == ["one", "two"])
    screen.write(region.draw(["three", "2", "+"], size: size))
    #expect(screen.lines == ["three", "2", "+"])
    screen.write(region.draw(["end"], size: size))
    #expect(screen.lines == ["end"])
    screen.write(region.draw([], size: size))
    #expect(screen.lines == [])
  }

  @Test func `the same lines are not drawn again`() {
    var region = LiveRegion()
    #expect(region.draw(["one"], size: size) != "")
    #expect(region.draw(["one"], size: size) == "")
  }

  @Test func `narration stands above the region, in its order`() {
    var screen = Screen(size)
    var region = LiveRegion()
    screen.write(region.draw(["a working", "b working"], size: size))
    screen.write(region.narrate("c is done", size: size))
    screen.write(region.narrate("first\nsecond", size: size))
    #expect(screen.lines == ["c is done", "first", "second", "a working", "b working"])
    screen.write(region.draw(["b working"], size: size))
    screen.write(region.erase(size: size))
    #expect(screen.lines == ["c is done", "first", "second"])
    #expect(screen.column == 0)
  }

  @Test func `lines fit the window, and the last tells what is missing`() {
    var region = LiveRegion()
    _ = region.draw((1...9).map { "task \($0) with a long name" }, size: size)
    #expect(
      region.shown == ["task 1 with a long …", "task 2 with a long …", "task 3 with a long …", "… 6 more"])
  }

  @Test func `only lines that differ are written, and all of them where the window has another size`() {
    var screen = Screen(size)
    var region = LiveRegion()
    screen.write(region.draw(["one", "two", "three"], size: size))
    let change = region.draw(["one", "2", "three"], size: size)
    #expect(!change.contains("one") && !change.contains("three"))
    screen.write(change)
    #expect(screen.lines == ["one", "2", "three"])
    let resized = region.draw(["one", "2", "three"], size: TerminalSize(columns: 30, rows: 5))
    #expect(resized.contains("one") && resized.contains("three"))
    screen.write(resized)
    #expect(screen.lines == ["one", "2", "three"] && screen.column == 0)
  }

  @Test func `a line that fills the window keeps its last character`() {
    var screen = Screen(size)
    var region = LiveRegion()
    let full = String(repeating: "x", count: 20)
    screen.write(region.draw([full, "two"], size: size))
    screen.write(region.draw(["short", full], size: size))
    #expect(screen.lines == ["short", full])
  }

  @Test func `any sequence of lines and events shows the newest lines below all events`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var screen = Screen(size)
      var region = LiveRegion()
      var events: [String] = []
      var lines: [String] = []
      for step in 0..<12 {
        if Int.random(in: 0..<3, using: &random) == 0 {
          events.append("event \(step)")
          screen.write(region.narrate("event \(step)", size: size))
        } else {
          lines = (0..<Int.random(in: 0...4, using: &random)).map { "\($0) \(Int.random(in: 0..<3, using: &random))" }
          screen.write(region.draw(lines, size: size))
        }
      }
      #expect(screen.lines == events + lines)
    }
  }

  @Test func `a page takes the whole window, and what was narrated meanwhile stands above the region afterwards`() {
    let written = Recorder()
    let display = LiveDisplay(written.terminal(isInteractive: true))
    display.show(["live"])
    display.showPage(["the log", "of a task"])
    display.narrate("an event")
    #expect(written.text.hasSuffix("of a task\u{1B}[K"))
    display.showPage(["the log", "of the task"])
    #expect(written.text.contains("\u{1B}[?1049h") && !written.text.contains("\u{1B}[?1049l"))
    display.show(["live"])
    let after = written.text.split(separator: "\u{1B}[?1049l").last ?? ""
    #expect(after.contains("an event") && after.contains("live"))
    display.finish()
  }

  @Test func `lines that a narrower window has folded are counted`() {
    var region = LiveRegion()
    _ = region.draw(["1234567890123456789", "short"], size: size)
    let narrow = region.draw(["x"], size: TerminalSize(columns: 10, rows: 5))
    #expect(narrow.contains("\r\u{1B}[3A"))
  }

  @Test func `without a terminal only narration is written, plainly`() {
    let written = Recorder()
    let display = LiveDisplay(written.terminal(isInteractive: false))
    display.show(["live"])
    display.narrate("an event")
    display.finish(leaving: ["live"])
    display.narrate("another")
    #expect(written.text == "an event\nanother\n")
  }

  @Test func `a display ends with what it leaves, and draws no more`() {
    let written = Recorder()
    let display = LiveDisplay(written.terminal(isInteractive: true))
    display.show { width, _ in [String(repeating: "x", count: width)] }
    display.narrate("an event")
    display.finish(leaving: ["summary"])
    display.finish(leaving: ["twice"])
    display.show(["late"])
    display.narrate("after")
    var screen = Screen(size)
    screen.write(written.text)
    #expect(screen.lines == ["an event", "summary", "after"])
  }

  @Test func `what is not a terminal has neither colours nor a live region`() {
    // A descriptor that cannot be one.
    let terminal = Terminal(fileDescriptor: -1, environment: ["TERM": "xterm", "COLUMNS": "133"])
    #expect(!terminal.isInteractive && !terminal.palette.isColored)
    #expect(terminal.size() == TerminalSize(columns: 133, rows: 24))
    let unset = Terminal(fileDescriptor: -1, environment: ["COLUMNS": "none"])
    #expect(unset.size() == TerminalSize(columns: 80, rows: 24))
  }
}

private final class Recorder: Sendable {
  private let written = Mutex("")
  var text: String { written.withLock { $0 } }

  func terminal(isInteractive: Bool) -> Terminal {
    Terminal(isInteractive: isInteractive, size: { TerminalSize(columns: 20, rows: 5) }) { text in
      self.written.withLock { $0 += text }
    }
  }
}

/// As much of a terminal as the live region uses; scrolling keeps all lines.
private struct Screen {
  private let size: TerminalSize
  private var cells: [String] = [""]
  private var row = 0
  private(set) var column = 0

  init(_ size: TerminalSize) { self.size = size }

  /// The lines above the cursor.
  var lines: [String] { Array(cells.prefix(row)) }

  mutating func write(_ text: String) {
    var rest = Substring(text)
    while let character = rest.popFirst() {
      switch character {
      case "\r\n", "\n":
        row += 1
        column = 0
        if row == cells.count { cells.append("") }
      case "\r": column = 0
      case "\u{1B}":
        guard let end = rest.firstIndex(where: \.isLetter) else { return }
        perform(rest[end], String(rest[..<end].dropFirst()))
        rest = rest[rest.index(after: end)...]
      default:
        cells[row] = String(cells[row].prefix(column)) + String(character) + String(cells[row].dropFirst(column + 1))
        column += 1
      }
    }
  }

  private mutating func perform(_ letter: Character, _ parameter: String) {
    switch letter {
    case "A": row = max(0, row - (Int(parameter) ?? 1))
    case "B": row = min(cells.count - 1, row + (Int(parameter) ?? 1))
    // In a full line the cursor stands on the last character, not behind it.
    case "K": cells[row] = String(cells[row].prefix(min(column, size.columns - 1)))
    case "J":
      cells[row] = String(cells[row].prefix(min(column, size.columns - 1)))
      cells.removeSubrange((row + 1)...)
    case "h", "l": break
    default: Issue.record("the screen does not know ESC[\(parameter)\(letter)")
    }
  }
}
