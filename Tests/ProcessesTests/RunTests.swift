import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Processes

/// A program that is run for its answer: what it gets, and how it ends.
@Suite(.timeLimit(.minutes(2))) struct RunTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func shell(_ script: String, mark: RunMark? = nil, _ more: [String: String] = [:]) -> Invocation {
    Invocation(
      shell: script, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(more) { $1 },
      directory: scratch.path, mark: mark)
  }

  @Test(arguments: [("t", "program of t"), ("-", "program")])
  func `a program is called by its name and its task, and a question has none`(task: String, words: String) {
    let invocation = Invocation(
      executable: "/bin/program", arguments: ["--secret"], environment: [:], directory: "/",
      mark: RunMark(run: "r", task: task, attempt: 1))
    #expect(invocation.words == words)
  }

  private func mark() -> RunMark { RunMark(run: "test-\(UUID().uuidString)", task: "t", attempt: 1) }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// The process whose pid a script wrote there.
  private func process(_ name: String) throws -> Int32 {
    let text = try String(contentsOfFile: scratch.path.appending(name).string, encoding: .utf8)
    return try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private func isGone(_ pid: Int32) -> Bool { ProcessIdentity.of(pid: pid)?.isAlive != true }

  private func wait(for name: String) async throws {
    try await waitUntil("there is \(name)") {
      FileManager.default.fileExists(atPath: scratch.path.appending(name).string)
    }
  }

  private func failure(_ body: () async throws(ProcessFailure) -> some Any) async -> ProcessFailure? {
    do throws(ProcessFailure) {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }

  // MARK: - What it gets

  @Test(arguments: [
    ("exit 3", ExitDescription.code(3), Int32(3)), ("kill -9 $$", .signal(9), 137), ("true", .code(0), 0),
  ]) func `its end is a result`(script: String, exit: ExitDescription, status: Int32) async throws {
    let output = try await shell(script).run()
    #expect(output.exit == exit)
    #expect(output.status == status)
    #expect(try shell(script).runBlocking() == output)
  }

  @Test func `its output, its errors and its input are kept apart`() async throws {
    let output = try await shell("cat; echo oops >&2").run(input: Array("hello".utf8))
    #expect(text(output.standardOutput) == "hello")
    #expect(text(output.standardError) == "oops\n")
    #expect(try await shell("cat").run().standardOutput.isEmpty)
  }

  @Test func `it is in its folder, with its environment and nothing else`() async throws {
    let output = try await shell("pwd; echo $PWD; env | cut -d= -f1 | sort | tr '\\n' ' '", mark: mark(), ["A": "b c"])
      .run()
    let lines = text(output.standardOutput).split(separator: "\n").map(String.init)
    #expect(lines.prefix(2) == [scratch.path.string, scratch.path.string])
    #expect(Set(lines[2].split(separator: " ")).subtracting(["_", "SHLVL"]) == ["A", "GIT_ORCH_RUN", "PATH", "PWD"])
  }

  @Test func `a program that is being written is busy, and starts once it is not`() async throws {
    let program = scratch.path.appending("busy")
    try Data("#!/bin/sh\nexit 7\n".utf8).write(to: URL(filePath: program.string))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.string)
    let invocation = Invocation(executable: program, arguments: [], environment: [:])
    let writer = try FileDescriptor.open(program, .writeOnly, options: .closeOnExec)
    let busy = await failure { () async throws(ProcessFailure) in try await invocation.run() }
    #expect(busy == .notStarted("\(Errno.textFileBusy)"))
    try writer.close()
    #expect(try await invocation.run().status == 7)
  }

  @Test func `a start is tried again while its program is busy, and not forever`() {
    var answers = [ETXTBSY, ETXTBSY, 0]
    #expect(retryingWhileBusy(pause: {}, { answers.removeFirst() }) == 0)
    #expect(answers.isEmpty)
    var tries = 0
    #expect(
      retryingWhileBusy(
        pause: {},
        {
          tries += 1
          return ETXTBSY
        }) == ETXTBSY)
    #expect(tries == 21)
    #expect(retryingWhileBusy(pause: { Issue.record("another error is no reason to wait") }, { ENOENT }) == ENOENT)
  }

  @Test func `it leads a session of its own and inherits no open file`() async throws {
    let file = scratch.path.appending("open").string
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    let descriptor = try FileDescriptor.open(FilePath(file), .readOnly)
    defer { try? descriptor.close() }
    #expect(
      text(try await shell("ps -o sid= -p $$ | tr -d ' \\n'; echo \" $$\"").run().standardOutput).split(separator: " ")
        .count == 2)
    let ids = text(try await shell("echo $(ps -o sid= -p $$) $$").run().standardOutput).split(separator: " ")
    #expect(ids.first.map { "\($0)\n" } == ids.last.map(String.init))
    #if os(Linux)
      let links = text(try await shell("ls -l /proc/self/fd").run().standardOutput)
      #expect(!links.contains(file))
    #endif
  }

  @Test func `signals that are ignored here are not ignored there`() async throws {
    let output = try await shell("kill -PIPE $$; echo survived").run()
    #expect(output.exit == .signal(SIGPIPE))
  }

  @Test func `what cannot be started is an error with the reason`() async {
    let missing = Invocation(executable: "/nosuch/program", arguments: [], environment: [:])
    #expect(
      await failure { () async throws(ProcessFailure) in try await missing.run() }
        == .notStarted("No such file or directory"))
    let lost = Invocation(shell: "true", environment: [:], directory: "/nosuch/folder")
    #expect(
      await failure { () async throws(ProcessFailure) in try await lost.run() }
        == .notStarted("cannot enter '/nosuch/folder': No such file or directory"))
    let odd = Invocation(executable: "/bin/echo", arguments: ["a\0b"], environment: [:])
    #expect(
      await failure { () async throws(ProcessFailure) in try await odd.run() }
        == .notStarted("an argument or a variable holds a NUL byte"))
  }

  @Test(arguments: ["yes", "trap '' TERM; yes & wait"])
  func `a program that prints forever is ended`(script: String) async throws {
    let error = await failure { () async throws(ProcessFailure) in
      try await shell("echo $$ >pid; \(script)").run(outputLimit: 1 << 20)
    }
    #expect(error == .outputTooLarge(limit: 1 << 20))
    #expect(isGone(try process("pid")))
  }

  @Test func `more than a pipe holds comes through, and more than the limit is an error`() async throws {
    #expect(try await shell("head -c 3000000 /dev/zero").run().standardOutput.count == 3_000_000)
    let error = await failure { () async throws(ProcessFailure) in
      try await shell("head -c 2000 /dev/zero").run(outputLimit: 1000)
    }
    #expect(error == .outputTooLarge(limit: 1000))
    #expect(error?.description == "it printed more than 1000 bytes")
    let exact = try await shell("head -c 1000 /dev/zero").run(outputLimit: 1000)
    #expect(exact.standardOutput.count == 1000)
    let output = try await shell("echo first >&2; head -c 2000 /dev/zero >&2").run(errorLimit: 5)
    #expect(text(output.standardError) == "first")
  }

  // MARK: - Its end

  @Test func `a descendant that keeps the output open holds nobody up, and is ended by its mark`() async throws {
    let output = try await shell("(trap '' TERM; exec sleep 600) & echo $! > pid; echo done", mark: mark()).run()
    #expect(text(output.standardOutput) == "done\n")
    #expect(isGone(try process("pid")))
  }

  @Test func `without a mark, what it leaves behind may stay`() async throws {
    #expect(try await shell("sleep 600 & echo $! > pid").run().exit.isSuccess)
    let left = try #require(ProcessIdentity.of(pid: try process("pid")))
    #expect(left.isAlive)
    left.send(SIGKILL)
  }

  @Test func `it is ended when its time is over`() async throws {
    let clock = ManualClock()
    let program = shell("sleep 600 & echo $! > new; mv new pid; wait")
    let work = Task {
      await failure { () async throws(ProcessFailure) in try await program.run(timeout: .seconds(3600), clock: clock) }
    }
    try await wait(for: "pid")
    await clock.skip()
    #expect(await work.value == .timedOut(.seconds(3600)))
    #expect(clock.now.offset == .seconds(3600))
    #expect(isGone(try process("pid")))
  }

  @Test func `what is deaf to SIGTERM is killed after its grace, with all below it`() async throws {
    let clock = ManualClock()
    let program = shell(
      "trap '' TERM; setsid sh -c 'echo $$ > new; mv new pid; while :; do sleep 600; done' & while :; do wait; done")
    let work = Task {
      await Invocation.$grace.withValue(.seconds(7)) {
        await failure { () async throws(ProcessFailure) in try await program.run(timeout: .seconds(60), clock: clock) }
      }
    }
    try await wait(for: "pid")
    await clock.skip()
    await clock.skip()
    #expect(await work.value == .timedOut(.seconds(60)))
    #expect(clock.now.offset == .seconds(67))
    #expect(isGone(try process("pid")))
  }

  @Test func `it is ended when its task is cancelled`() async throws {
    let program = shell("sleep 600 & echo $! > new; mv new pid; wait")
    let work = Task { await failure { () async throws(ProcessFailure) in try await program.run() } }
    try await wait(for: "pid")
    work.cancel()
    #expect(await work.value == .cancelled)
    #expect(isGone(try process("pid")))
  }

  @Test func `nothing is started in a task that is cancelled already`() async throws {
    let program = shell("touch started")
    let work = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await failure { () async throws(ProcessFailure) in try await program.run() }
    }
    #expect(await work.value == .cancelled)
    #expect(!FileManager.default.fileExists(atPath: scratch.path.appending("started").string))
  }

  @Test func `many at once are each collected`() async throws {
    let program = shell("exit 7")
    let exits = try await withThrowingTaskGroup(of: ExitDescription.self) { group in
      for _ in 0..<50 { group.addTask { try await program.run().exit } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(exits == Array(repeating: .code(7), count: 50))
  }

  // MARK: - To a log

  @Test func `output and errors go to the log in their order`() async throws {
    let log = scratch.path.appending("log")
    try Data("before\n".utf8).write(to: URL(filePath: log.string))
    let exit = try await shell("echo one; echo two >&2; echo three; exit 4").run(to: log)
    #expect(exit == .code(4))
    #expect(try String(contentsOfFile: log.string, encoding: .utf8) == "before\none\ntwo\nthree\n")
  }

  @Test func `a set-up may leave a server behind, until its run is swept`() async throws {
    let mark = mark()
    let exit = try await shell("sleep 600 & echo $! > pid", mark: mark).run(
      to: scratch.path.appending("log"), sweeps: false)
    #expect(exit.isSuccess)
    let server = try process("pid")
    #expect(!isGone(server))
    let run = try #require(mark.value.split(separator: "/").first)
    #expect(await sweepRun(String(run)) == 1)
    #expect(isGone(server))
  }
}
