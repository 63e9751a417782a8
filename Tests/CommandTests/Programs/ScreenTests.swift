import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// The live screen in a real terminal: tmux, with keys and a window that changes.
@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: Tmux.path != nil, "tmux is not installed: 'make deps' installs it where it can"))
struct ScreenTests {
  @Test func `a run shows itself, obeys keys, and leaves the terminal as it was`() async throws {
    let world = try await OrchWorld.make()
    let scratch = world.repository.scratch.path
    let steps = """
      [[{"say": "I begin."}, {"write": {"path": "src/x.txt", "content": "1\\n2\\n"}},
        {"wait-for-file": "\(scratch)/free"}, {"commit": "feat: x"}]]
      """
    let names = ["first-task", "second-task", "third-task"]
    try world.script("{" + names.map { "\"\($0)\": \(steps)" }.joined(separator: ", ") + "}")
    try world.plan("first-task", "second-task", "third-task")
    let tmux = try await Tmux(in: world, columns: 100, rows: 30)
    do {
      try await tmux.type("git orch run -j 2\n")
      let table = try await tmux.wait(for: "2 running · 1 waiting")
      #expect(table.contains("›▸ first-task") && table.contains("◦ third-task"), "\(table)")
      #expect(table.contains("next, no free slot") && table.contains("d detach"))
      // Enter opens the log, other keys leave no trace.
      try await tmux.type("xx\n")
      // The agent may not have spoken yet.
      try await tmux.wait { $0.contains("following") && $0.contains("I begin.") }
      try await tmux.press("Escape")
      #expect(try await tmux.wait(for: "› ✗|? help").components(separatedBy: "first-task").count == 2)
      // A narrower window, and the help in it.
      try await tmux.resize(columns: 60, rows: 20)
      try await tmux.wait { $0.contains("2 of 2 slots ─") && !$0.contains(" task  ") }
      try await tmux.type("?")
      try await tmux.wait { $0.contains("any key closes") && $0.contains("◦ waiting") }
      try await tmux.type("x")
      // Down to the second task, which is stopped after a question.
      try await tmux.press("Down")
      try await tmux.wait(for: "›▸ second-task")
      try await tmux.type("s")
      try await tmux.wait(for: "stop second-task? its work is kept  y/n")
      try await tmux.type("y")
      try await tmux.wait(for: "▮ second-task")
      try Data().write(to: URL(filePath: scratch.appending("free").string))
      let end = try await tmux.wait(for: "Next: git")
      #expect(end.contains("2 of 3 done, 1 stopped") && end.contains("git orch run --continue"), "\(end)")
      try await tmux.type("stty -a | grep -o '[-]*echo ' | sed 's/^/mode: /'\n")
      try await tmux.wait(for: "mode: echo")
    } catch {
      await tmux.end()
      throw error
    }
    await tmux.end()
  }
}

/// A terminal of a test's own.
private struct Tmux {
  static let path = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/opt/homebrew/bin/tmux"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private let world: OrchWorld
  private let socket: String

  init(in world: OrchWorld, columns: Int, rows: Int) async throws {
    self.world = world
    socket = world.repository.scratch.path.appending("tmux").string
    try await run(
      "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
      "env PS1='$ ' bash --norc --noprofile")
  }

  @discardableResult
  private func run(_ arguments: String...) async throws -> String {
    let result = try await world.run(
      Self.path ?? "tmux", ["-S", socket] + arguments,
      environment: ["LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TMUX": ""])
    return result.output
  }

  func type(_ text: String) async throws {
    for (index, part) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { try await press("Enter") }
      if !part.isEmpty { try await run("send-keys", "-l", String(part)) }
    }
  }

  func press(_ key: String) async throws { try await run("send-keys", key) }

  func resize(columns: Int, rows: Int) async throws {
    try await run("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// What is on the screen once one of the texts, separated by `|`, is.
  @discardableResult
  func wait(for texts: String) async throws -> String {
    let wanted = texts.split(separator: "|").map(String.init)
    return try await wait { screen in wanted.contains { screen.contains($0) } }
  }

  @discardableResult
  func wait(until isThere: (String) -> Bool) async throws -> String {
    var screen = ""
    do {
      try await waitUntil("the screen is as wanted") {
        screen = try await run("capture-pane", "-p")
        return isThere(screen)
      }
    } catch {
      Issue.record("the screen was:\n\(screen)")
      throw error
    }
    return screen
  }

  func end() async { _ = try? await run("kill-server") }
}
