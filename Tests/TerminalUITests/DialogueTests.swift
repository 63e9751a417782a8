import Platform
import Testing

@testable import Basics
@testable import TerminalUI

/// Questions and answers on a real terminal device.
@Suite(.timeLimit(.minutes(5))) struct DialogueTests {
  private let question = "Select"

  @Test(
    arguments: [
      ("2,1\n", .picked([1, 0]), "Select: "), ("all\n", .picked([0, 1, 2]), "Select: "), ("q\n", .quit, "Select: "),
      ("\u{4}", .quit, "Select: \n"), ("3\u{4}\u{4}", .picked([2]), "Select: "),
      (
        "\n9\n3\n", .picked([2]),
        "Select: please type numbers such as 1,3 or 2-4, 'all', or 'q' to quit\n"
          + "Select: there is no 9; the numbers go from 1 to 3\nSelect: "
      ),
    ] as [(String, Choice, String)])
  func `a choice is asked for until there is one`(typed: String, choice: Choice, said: String) async throws {
    try await withTerminal { terminal in
      terminal.type(typed)
      #expect(await terminal.dialogue.choose(question, count: 3) == choice)
      #expect(terminal.output() == said)
    }
  }

  @Test(
    arguments: [
      ("y\n", false, true, "Sure? [y/N] "), ("\n", true, true, "Sure? [Y/n] "), ("\u{4}", true, true, "Sure? [Y/n] \n"),
      ("ja\nno\n", true, false, "Sure? [Y/n] please answer y or n\nSure? [Y/n] "),
    ])
  func `yes or no is asked for until it is one of them`(
    typed: String, preferred: Bool, answer: Bool, said: String
  ) async throws {
    try await withTerminal { terminal in
      terminal.type(typed)
      #expect(await terminal.dialogue.confirm("Sure?", preferred: preferred) == answer)
      #expect(terminal.output() == said)
    }
  }

  @Test func `nothing is read beyond the answer's line`() async throws {
    try await withTerminal { terminal in
      terminal.type("1\ny\n")
      #expect(await terminal.dialogue.choose(question, count: 3) == .picked([0]))
      #expect(await terminal.dialogue.confirm("Sure?", preferred: false) == true)
    }
  }

  @Test func `a cancelled task has no answer`() async throws {
    try await withTerminal { terminal in
      let dialogue = terminal.dialogue
      let asking = Task { await dialogue.choose(question, count: 3) }
      while terminal.output() == "" { await Task.yield() }
      asking.cancel()
      #expect(await asking.value == nil)
    }
  }

  @Test func `a terminal that is gone ends the questions`() async throws {
    try await withTerminal { terminal in
      terminal.hangUp()
      #expect(await terminal.dialogue.choose(question, count: 3) == .quit)
    }
  }

  /// Both ends of a terminal that shows no echo and leaves line ends alone.
  private final class TestTerminal {
    private var controller: Int32 = -1
    private var device: Int32 = -1

    init() throws {
      let opened = openpty(&controller, &device, nil, nil, nil)
      try #require(opened == 0)
      var settings = termios()
      let asked = tcgetattr(device, &settings)
      settings.c_lflag &= ~tcflag_t(ECHO)
      settings.c_oflag &= ~tcflag_t(OPOST)
      let set = tcsetattr(device, TCSANOW, &settings)
      try #require(asked == 0 && set == 0)
    }

    deinit {
      close(device)
      hangUp()
    }

    func hangUp() {
      if controller >= 0 { close(controller) }
      controller = -1
    }

    var dialogue: Dialogue { Dialogue(input: device, output: device) }

    func type(_ text: String) { writeAll(text, to: controller) }

    /// What was written to the terminal since the last look.
    func output() -> String {
      var bytes: [UInt8] = []
      var ready = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
      var buffer = [UInt8](repeating: 0, count: 4096)
      while poll(&ready, 1, 0) > 0 {
        let count = read(controller, &buffer, buffer.count)
        if count <= 0 { break }
        bytes += buffer.prefix(count)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private func withTerminal(_ body: (TestTerminal) async throws -> Void) async throws {
    let terminal = try TestTerminal()
    // Not gone before the last answer.
    defer { withExtendedLifetime(terminal) {} }
    try await body(terminal)
  }
}
