import Basics
import Platform
import TerminalUI
import Testing

/// What a real terminal device says of itself.
@Suite(.timeLimit(.minutes(5))) struct TerminalTests {
  @Test(
    arguments: [
      (["TERM": "xterm"], true, true, 133),
      (["TERM": "xterm", "NO_COLOR": "1"], true, false, 133),
      (["TERM": "xterm", "NO_COLOR": ""], true, true, 133),
      (["TERM": "dumb"], false, false, 133),
      ([:], false, false, 133),
      (["TERM": "xterm", "COLUMNS": "40"], true, true, 40),
      (["TERM": "xterm", "COLUMNS": "0"], true, true, 133),
    ] as [([String: String], Bool, Bool, Int)])
  func `TERM, NO_COLOR and COLUMNS rule over what the device can do`(
    environment: [String: String], isInteractive: Bool, isColored: Bool, columns: Int
  ) throws {
    try withTerminalDevice { _, device in
      let terminal = Terminal(fileDescriptor: device, environment: environment)
      #expect(terminal.isInteractive == isInteractive)
      #expect(terminal.palette.isColored == isColored)
      #expect(terminal.size() == TerminalSize(columns: columns, rows: 50))
    }
  }

  @Test func `what is written arrives, and the size is asked again each time`() throws {
    try withTerminalDevice { controller, device in
      let terminal = Terminal(fileDescriptor: device, environment: ["TERM": "xterm"])
      terminal.write("día\r\n")
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = read(controller, &bytes, bytes.count)
      #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).hasPrefix("día\r"))
      var size = winsize(ws_row: 10, ws_col: 20, ws_xpixel: 0, ws_ypixel: 0)
      let status = ioctl(controller, UInt(TIOCSWINSZ), &size)
      try #require(status == 0)
      #expect(terminal.size() == TerminalSize(columns: 20, rows: 10))
    }
  }

  private func withTerminalDevice(_ body: (_ controller: Int32, _ device: Int32) throws -> Void) throws {
    var (controller, device): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 50, ws_col: 133, ws_xpixel: 0, ws_ypixel: 0)
    let status = openpty(&controller, &device, nil, nil, &size)
    try #require(status == 0)
    defer {
      close(device)
      close(controller)
    }
    try body(controller, device)
  }
}
