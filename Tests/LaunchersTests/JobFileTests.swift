import Agents
import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Launchers

@Suite(.timeLimit(.minutes(5))) struct JobFileTests {
  @Test(arguments: [
    ("0 none 12\n", JobExit(exit: .code(0), wasAsked: false, seconds: 12)),
    ("143 TERM 3\n", JobExit(exit: .signal(15), wasAsked: true, seconds: 3)),
    ("137 none 0\n", JobExit(exit: .signal(9), wasAsked: false, seconds: 0)),
    ("", nil), ("0 none", nil), ("x none 1", nil),
  ])
  func `an exit file`(text: String, exit: JobExit?) { #expect(JobExit(text) == exit) }

  /// Runs the script as a node would.
  private func run(
    _ command: String, in scratch: FilePath, times: Int = 1, before: (JobFolder) throws -> Void = { _ in }
  )
    async throws -> JobFolder
  {
    let files = AttemptFiles(
      prompt: scratch.appending("a prompt"), stream: scratch.appending("stream"), errors: scratch.appending("errors"),
      log: scratch.appending("log"))
    try FileSystem.create(files.prompt, containing: "the prompt\n")
    let folder = JobFolder(scratch.appending("it's a job"))
    try folder.prepare(
      Invocation(
        shell: command,
        environment: ["PATH": "/usr/bin:/bin", "ODD": "it's\n$HOME `x`", "not a name": "x", "BASH_FUNC_x%%": "x"],
        directory: scratch, mark: RunMark(run: "r-\(UUID().uuidString)", task: "a", attempt: 1)), files)
    try before(folder)
    for _ in 0..<times {
      _ = try await Invocation(
        executable: "/bin/sh", arguments: [folder.script.string], environment: ["PATH": "/usr/bin:/bin"]
      ).run()
    }
    return folder
  }

  @Test func `the agent gets its prompt, its variables and its folder, and its end is told`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try await run("cat; pwd; printf %s \"$ODD\"; echo oops >&2; exit 3", in: scratch)
      #expect(scratch.appending("stream").readTail(limit: 999) == "the prompt\n\(scratch)\nit's\n$HOME `x`")
      #expect(scratch.appending("errors").readTail(limit: 99) == "oops\n")
      #expect(folder.exit?.exit == .code(3))
      #expect(folder.exit?.wasAsked == false)
      #expect(folder.node != nil)
      // It may hold a login.
      #expect(FileSystem.isAbsent(folder.environment))
    }
  }

  @Test func `only the first job of a key starts the agent`() async throws {
    try await withTemporaryDirectory { scratch in
      _ = try await run("echo once", in: scratch, times: 2)
      #expect(scratch.appending("stream").readTail(limit: 99) == "once\n")
    }
  }

  @Test func `a job that is not wanted any more starts none`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try await run("echo no", in: scratch) { $0.forbid(killing: false) }
      #expect(scratch.appending("stream").readTail(limit: 99) == "")
      #expect(folder.exit == JobExit(exit: .signal(15), wasAsked: true, seconds: folder.exit?.seconds ?? 0))
    }
  }

  @Test func `what an agent leaves behind ends with it`() async throws {
    try await withTemporaryDirectory { scratch in
      _ = try await run("setsid sleep 600 & echo $!", in: scratch)
      let pid = try #require(Int32(scratch.appending("stream").readTail(limit: 99).trimmed))
      #expect(ProcessIdentity.of(pid: pid)?.isAlive != true)
    }
  }

  @Test func `without a scheduler, files end the agent`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try await run(
        #"trap '' TERM; : >"it's a job/stop"; : >"it's a job/kill"; while :; do sleep 1; done"#, in: scratch)
      #expect(folder.exit?.exit == .signal(9))
    }
  }
}
