import Agents
import Basics
import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Attempts
@testable import Diagnosis
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ReviewTestRunTests {
  private func tests(_ command: String, in scratch: TemporaryDirectory, limit: Duration = .seconds(60)) -> TestRun {
    TestRun(
      command: command,
      repository: AgentRepository(commonDirectory: scratch.path, worktreeRecord: nil, checkout: nil),
      worktree: scratch.path, branch: "main", environment: ["PATH": "/usr/bin:/bin"],
      log: scratch.path.appending("log/tests-1.log"), limit: limit,
      run: RunFolder(id: "run-\(UUID().uuidString)", path: scratch.path.appending("runs/run")),
      name: "pr-1-tests-1")
  }

  @Test(arguments: [
    ("true", true, "exit status 0"), ("exit 3", false, "exit status 3"), ("kill -9 $$", false, "killed by signal 9"),
  ])
  func `the outcome is that of the shell`(command: String, passed: Bool, words: String) async throws {
    let scratch = try TemporaryDirectory()
    let outcome = try await tests(command, in: scratch).perform(stop: StopRequest())
    #expect(outcome == TestRun.Outcome(passed: passed, words: words))
  }

  @Test func `what they leave running is ended, wherever it hides`() async throws {
    let scratch = try TemporaryDirectory()
    let outcome = try await tests(
      "setsid sh -c 'trap \"\" TERM; echo $$ > pid.new; mv pid.new pid; sleep 600' & while ! test -e pid; do sleep 0.01; done",
      in: scratch
    ).perform(stop: StopRequest())
    #expect(outcome.passed)
    let text = try String(contentsOfFile: scratch.path.appending("pid").string, encoding: .utf8)
    let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(ProcessIdentity.of(pid: process)?.isAlive != true)
  }

  @Test func `all that they print is in the log, and its end can be told`() async throws {
    let scratch = try TemporaryDirectory()
    let run = tests(
      "i=0; while test $i -lt 2000; do echo line $i; i=$((i + 1)); done; printf '\\033[31mred\\033[0m' >&2", in: scratch
    )
    _ = try await run.perform(stop: StopRequest())
    let tail = TestRun.tail(of: run.log)
    #expect(tail.hasSuffix("line 1999\nred"))
    #expect(tail.hasPrefix("line "))
    #expect(tail.count <= 4096)
    #expect(try String(contentsOfFile: run.log.string, encoding: .utf8).hasPrefix("line 0\n"))
  }
}
