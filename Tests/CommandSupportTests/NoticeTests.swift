import Foundation
import Journal
import OrchTestSupport
import Settings
import Synchronization
import SystemPackage
import TerminalUI
import Testing

@testable import CommandSupport
@testable import RunViews

/// Who is away is told, and nothing that tells can harm a run.
@Suite(.timeLimit(.minutes(2))) struct NoticeTests {
  /// What was written, to a terminal or as a warning.
  private final class Words: Sendable {
    private let all = Mutex<[String]>([])
    func add(_ text: String) { all.withLock { $0.append(text) } }
    var text: String { all.withLock { $0.joined() } }
  }

  private func context(
    _ words: Words, _ environment: [String: String], directory: FilePath = "/", isInteractive: Bool = true
  ) -> CommandContext {
    let terminal = Terminal(
      isInteractive: isInteractive, size: { TerminalSize(columns: 80, rows: 24) }, write: { words.add($0) })
    return CommandContext(
      directory: directory, environment: environment.merging(["PATH": "/usr/bin:/bin"]) { $1 },
      console: Console(output: terminal, errors: terminal), executable: nil)
  }

  private func settings(_ values: [String: String]) throws -> Settings {
    try Settings(
      listing: ConfigListing(
        values.map { ConfigEntry(scope: .local, source: "file:.git/config", key: "orchestrator.\($0)", value: $1) }))
  }

  @Test func `a command gets what happened, one event after the other`() async throws {
    let scratch = try TemporaryDirectory()
    let words = Words()
    let warnings = Words()
    let notices = RunNotices(
      context(words, [:], directory: scratch.path, isInteractive: false),
      settings: try settings(["notify.command": "cat >>events; echo loud; echo louder >&2"]),
      warn: { warnings.add($0) })
    let state = ViewSamples.ended
    notices.note(
      JournalEntry(time: ViewSamples.time(0), event: .paused(until: ViewSamples.time(60), reason: "limit")), state)
    notices.note(JournalEntry(time: ViewSamples.time(0), event: .resumed), state)
    notices.note(
      JournalEntry(time: ViewSamples.time(0), event: .budgetReached(spent: 1, estimated: 0, budget: 1)), state)
    await notices.end(state)
    let lines = try String(contentsOfFile: "\(scratch.path)/events", encoding: .utf8).split(separator: "\n")
    let events = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(events.map { $0["event"] as? String } == ["paused", "over-budget", "attention"])
    #expect(events.last?["tasks"] as? [String: Int] == ["success": 1, "failed": 1, "blocked": 1])
    // Nothing of what it prints is shown.
    #expect(words.text.isEmpty && warnings.text.isEmpty)
  }

  @Test(arguments: [
    ("sleep 600", "not finished"), ("exit 3", "exit status 3"), ("echo why >&2; exit 1", "why"), ("kill -9 $$", "9"),
    ("/nonexistent", "127"), ("yes", "too"), ("exec <&-; true", ""), ("true", ""),
  ]) func `a command that fails is a warning and no more`(command: String, words: String) async throws {
    let warnings = Words()
    let notices = RunNotices(
      context(Words(), [:], isInteractive: false), settings: try settings(["notify.command": command]),
      timeLimit: .milliseconds(command.hasPrefix("sleep") ? 100 : 20_000), warn: { warnings.add($0 + "\n") })
    await notices.end(ViewSamples.ended)
    let text = warnings.text
    #expect(text.isEmpty == words.isEmpty, "\(text)")
    if !words.isEmpty {
      #expect(text.hasPrefix("warning: orchestrator.notify.command failed ("))
      #expect(text.split(separator: "\n").count == 1)
    }
  }

  @Test func `a terminal shows where things stand, is called, and gets its title back`() async throws {
    let words = Words()
    let notices = RunNotices(context(words, ["TERM": "xterm-kitty"]), settings: try settings([:]), warn: { _ in })
    for _ in 0..<3 { notices.note(JournalEntry(time: ViewSamples.time(0), event: .resumed), ViewSamples.ended) }
    await notices.end(ViewSamples.ended)
    #expect(
      words.text
        == "\u{1B}[22;0t\u{1B}]2;git orch: 3 of 3 done\u{7}\u{1B}[23;0t"
        + "\u{1B}]9;git orch: needs you: 1 success, 1 failed, 1 blocked\u{7}\u{7}")
  }

  @Test func `neither a pipe nor a terminal that is to be quiet hears anything`() async throws {
    for (isInteractive, values) in [(false, [:]), (true, ["notify.terminal": "false"])] {
      let words = Words()
      let notices = RunNotices(
        context(words, ["TERM": "xterm-kitty"], isInteractive: isInteractive), settings: try settings(values),
        warn: { _ in })
      notices.note(JournalEntry(time: ViewSamples.time(0), event: .resumed), ViewSamples.ended)
      await notices.end(ViewSamples.ended)
      #expect(words.text.isEmpty)
    }
  }

  @Test(arguments: [
    (["TERM": "xterm-256color"], false, false, nil),
    (["TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"], true, true, TerminalTraits.DesktopNotice.osc9),
    (["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"], true, true, .osc9),
    (["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"], true, false, .osc777),
    (["TERM": "xterm-ghostty"], true, true, .osc777), (["TERM": "foot-extra"], true, true, .osc777),
    (["TERM": "xterm-256color", "VTE_VERSION": "7200"], true, true, .osc777),
    (["TERM": "xterm-256color", "VTE_VERSION": "4800"], false, false, nil),
    (["TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"], false, false, nil),
    (["TERM": "xterm-256color", "TERM_PROGRAM": "vscode"], true, false, nil),
    (["TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"], false, true, nil),
    (["TERM": "screen", "VTE_VERSION": "7200"], false, false, nil),
    (["TERM": "linux"], false, false, nil), ([:], false, false, nil),
  ]) func `only what a terminal is known for is tried`(
    environment: [String: String], links: Bool, title: Bool, notice: TerminalTraits.DesktopNotice?
  ) {
    let traits = TerminalTraits(environment)
    #expect(traits.hasHyperlinks == links)
    #expect(traits.restoresTitle == title)
    #expect(traits.desktopNotice == notice)
  }

  @Test func `links are where they are known, and never in pipes`() {
    func links(_ term: String, isInteractive: Bool = true) -> Hyperlinks {
      let terminal = Terminal(
        isInteractive: isInteractive, size: { TerminalSize(columns: 80, rows: 24) }, write: { _ in })
      return Hyperlinks(terminal, ["TERM": term])
    }
    let url = "https://github.com/acme/app/pull/1"
    #expect(links("foot").link(url) == "\u{1B}]8;;\(url)\u{1B}\\\(url)\u{1B}]8;;\u{1B}\\")
    #expect(links("foot", isInteractive: false).link(url) == url)
    #expect(links("xterm").link(url) == url)
    #expect(links("foot").link("javascript:x") == "javascript:x")
    #expect(links("foot").link("https://a/\u{1B}\\\u{7}") == "https://a/^[\\^G")
    #expect(
      links("foot").link("/trees/a b;c", as: "../a b;c")
        == "\u{1B}]8;;file:///trees/a%20b%3Bc\u{1B}\\../a b;c\u{1B}]8;;\u{1B}\\")
  }
}
