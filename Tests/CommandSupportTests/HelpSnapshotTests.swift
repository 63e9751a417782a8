import CommandSupport
import OrchTestSupport
import Synchronization
import SystemPackage
import TerminalUI
import Testing

@testable import git_orch

/// What `-h` prints, each command's as a file in `Snapshots`; `make snapshots` renews them.
@Suite(.timeLimit(.minutes(5))) struct HelpSnapshotTests {
  @Test(arguments: builtins.map(\.name)) func `the short help of a command`(name: String) async throws {
    let builtin = try #require(builtins.first { $0.name == name })
    let text = Mutex("")
    let output = Terminal(isInteractive: false, size: { TerminalSize(columns: 80, rows: 24) }) { words in
      text.withLock { $0 += words }
    }
    let errors = Terminal(isInteractive: false, size: { TerminalSize(columns: 80, rows: 24) }) { words in
      Issue.record("on standard error: \(words)")
    }
    let context = CommandContext(
      directory: "/", environment: [:], console: Console(output: output, errors: errors), executable: nil)
    #expect(await builtin.perform(["-h"], context) == .done)
    try assertSnapshot(text.withLock { $0 }, "help-\(name).txt")
  }
}
