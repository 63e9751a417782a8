import Basics
import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Engine

/// How tasks are stopped alone, and how a run is asked for it.
@Suite(.timeLimit(.minutes(2))) struct TaskStopTests {
  private static func run(_ process: ProcessIdentity) -> RunState {
    let header = RunHeader(
      version: "1", id: "r", process: process, base: BaseRecord(branch: "main", commit: "c"), remote: nil,
      localReason: nil, jobs: 1, agent: "claude", tasks: [])
    return RunState(header: header, startedAt: JournalTime(Date(timeIntervalSince1970: 1)))
  }

  @Test func `a task's stop rises with the run's, and alone`() async {
    let run = StopRequest()
    let stops = TaskStops(run: run)
    let (a, b) = (stops.stop(of: "a"), stops.stop(of: "b"))
    stops.raise("a", to: .graceful)
    #expect(a.level == .graceful && b.level == .none && run.level == .none)
    #expect(stops.isRaised(for: "a") && !stops.isRaised(for: "b"))
    // Whoever starts the tasks hears of it.
    await stops.raised.wait()
    run.raise(to: .graceful)
    #expect(b.level == .graceful)
    run.raise(to: .immediate)
    #expect(a.level == .immediate && b.level == .immediate)
    // One that is asked for later is where the run's is.
    #expect(stops.stop(of: "c").level == .immediate)
  }

  @Test func `who waits for a task's stop wakes at the run's`() async {
    let run = StopRequest()
    let stop = StopRequest(following: run)
    async let waiting: Void = stop.waitUntil(.graceful)
    run.raise(to: .graceful)
    await waiting
    #expect(stop.level == .graceful)
  }

  @Test func `a request is obeyed by the process that it names, and by no other`() async throws {
    let scratch = try TemporaryDirectory()
    let folder = try RunStore(commonDirectory: scratch.path).create("20261122-203705-00ff")
    let by = RequestOrigin(command: "git orch stop", pid: 1, terminal: nil)
    let dead = Self.run(ProcessIdentity(pid: 7, startTime: 1))
    var living = Self.run(ProcessIdentity(pid: 7, startTime: 2))
    // The same process may take a run up again: then it is not asked what it was asked before.
    try folder.send(ControlRequest(.stop, of: living, tasks: ["older"], by: by))
    living.apply(
      JournalEntry(
        time: JournalTime(Date(timeIntervalSince1970: 2)),
        event: .continued(process: living.process, version: "1", jobs: 1, agent: "claude", tasks: [])))
    // Asked of a process that died before it heard, and something that a process left when it died.
    try folder.send(ControlRequest(.stop, of: dead, tasks: ["old"], by: by))
    let file = folder.path.appending("control.ndjson")
    let half = try FileHandle(forWritingTo: URL(filePath: file.string))
    try half.seekToEnd()
    try half.write(contentsOf: Data(#"{"request":"stop","tas"#.utf8))
    try half.close()

    let (heard, hearing) = AsyncStream.makeStream(of: ControlRequest.self)
    let attending = Task { [living] in try await folder.attendControl(of: living) { hearing.yield($0) } }
    try folder.send(ControlRequest(.stop, of: living, tasks: ["a"], now: true, by: by))
    var requests = heard.makeAsyncIterator()
    let first = await requests.next()
    #expect(first?.tasks == ["a"] && first?.now == true)
    try folder.send(ControlRequest(.abort, of: living, by: by))
    #expect(await requests.next()?.request == .abort)
    attending.cancel()
    try await attending.value
    #expect(try FileManager.default.attributesOfItem(atPath: file.string)[.posixPermissions] as? Int == 0o600)
  }

  @Test func `nobody's link or file is taken for the run's`() async throws {
    let scratch = try TemporaryDirectory()
    let folder = try RunStore(commonDirectory: scratch.path).create("20261122-203705-00ff")
    let target = scratch.path.appending("target")
    try Data().write(to: URL(filePath: target.string))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path.appending("control.ndjson").string, withDestinationPath: target.string)
    let by = RequestOrigin(command: "git orch stop", pid: 1, terminal: nil)
    #expect(throws: JournalError.self) {
      try folder.send(ControlRequest(.stop, of: Self.run(ProcessIdentity(pid: 7, startTime: 1)), by: by))
    }
    #expect(try Data(contentsOf: URL(filePath: target.string)).isEmpty)
  }
}
