import Basics
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(5))) struct RunJournalTests {
  @Test func `what was appended is in the file when append returns, and nothing of it is lost in a crowd`() async throws
  {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("20261122-203705-00ff")
      let journal = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask {
            try await journal.append(.warned(message: "\(number)"))
            let text = try String(contentsOfFile: folder.journal.string, encoding: .utf8)
            #expect(text.contains("\"message\":\"\(number)\""))
          }
        }
        try await group.waitForAll()
      }
      let live = await journal.state
      try await journal.close()
      let read = try folder.state()
      #expect(Set(read.warnings) == Set((0..<200).map(String.init)))
      #expect(read.warnings.count == live.warnings.count)
    }
  }

  #if os(Linux)
    @Test func `an entry that cannot be synced is not written, for whoever asked for it`() async throws {
      try await withTemporaryDirectory { scratch in
        let folder = try RunStore(commonDirectory: scratch).create("r")
        let journal = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
        // What is written from here on goes into a pipe, which fsync(2) refuses.
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let real = folder.journal.realPath?.string
        for name in FilePath("/proc/self/fd").entries ?? [] {
          guard let number = Int32(name), FilePath("/proc/self/fd/\(name)").realPath?.string == real else { continue }
          _ = dup2(ends[1], number)
        }
        close(ends[1])
        await #expect(throws: JournalError.inaccessible(path: folder.journal.string, reason: "Invalid argument")) {
          try await journal.append(.warned(message: "lost"))
        }
        try await journal.close()
        close(ends[0])
        #expect(try folder.state().warnings.isEmpty)
      }
    }
  #endif

  @Test func `a clock that is set back and forth leaves times in order and numbers sane`() async throws {
    var state = RunState(header: JournalSamples.header, startedAt: JournalTime(Date(timeIntervalSince1970: 2_000_000)))
    let task = JournalSamples.header.tasks[0].id
    let day = 86_400.0
    for (offset, event): (Double, JournalEvent) in [
      (day, .attemptStarting(task: task, attempt: 1, session: "s", resumed: false)),
      (-day, .attemptEnded(task: task, attempt: 1, result: AttemptRecord(end: .succeeded))),
      (0, .taskEnded(task: task, status: .success, message: nil, advice: [])),
    ] {
      state.apply(JournalEntry(time: JournalTime(Date(timeIntervalSince1970: 2_000_000 + offset)), event: event))
    }
    #expect(state.updatedAt.date.timeIntervalSince1970 == 2_000_000 + day)
    #expect(state[task: task]?.status == .success)
  }

  @Test func `a run that died is resumed after its last whole entry`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("r")
      let first = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      let task = JournalSamples.header.tasks[0].id
      try await first.append(.taskEnded(task: task, status: .failed, message: "no", advice: ["do it"]))
      try await first.append(.runEnded)
      try await first.close()
      let file = try FileDescriptor.open(folder.journal, .writeOnly, options: .append)
      try file.closeAfter { _ = try file.writeAll("{\"schema\":2,\"time\":\"20".utf8) }

      let second = try await RunJournal(
        continuing: folder,
        with: .continued(
          process: ProcessIdentity(pid: 7, startTime: 8), version: "2", jobs: 1, agent: "claude", tasks: [task])
      ) { _, _ in }
      try await second.append(.warned(message: "after"))
      try await second.close()

      let read = try folder.state()
      #expect(read.unreadableLines == 0)
      #expect(read.warnings == ["after"])
      #expect(read.process.pid == 7)
      #expect(read.phase == .running)
      #expect(read[task: task]?.status == .waiting)
      #expect(read[task: task]?.advice == [])
    }
  }

  @Test func `a journal is never written over another`() async throws {
    try await withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("r")
      let first = try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      await #expect(throws: JournalError.self) {
        try await RunJournal(in: folder, header: JournalSamples.header) { _, _ in }
      }
      try await first.close()
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct RunStoreTests {
  private func store(_ scratch: FilePath, _ ids: [String]) throws -> RunStore {
    let store = RunStore(commonDirectory: scratch)
    for id in ids { try Data().write(to: URL(filePath: try store.create(id).journal.string)) }
    return store
  }

  @Test func `runs are found newest last, by id and by an unambiguous beginning`() throws {
    try withTemporaryDirectory { scratch in
      let store = try store(scratch, ["20261123-000000-aaaa", "20261122-000000-bbbb", "20261122-000001-cccc"])
      #expect(try store.runs().map(\.id).last == "20261123-000000-aaaa")
      #expect(try store.run(nil).id == "20261123-000000-aaaa")
      #expect(try store.run("20261123").id == "20261123-000000-aaaa")
      #expect(throws: JournalError.noSuchRun("2025")) { try store.run("2025") }
      #expect(throws: JournalError.noSuchRun("")) { try store.run("") }
      #expect(
        throws: JournalError.ambiguousRun("20261122", candidates: ["20261122-000000-bbbb", "20261122-000001-cccc"])
      ) { try store.run("20261122") }
    }
  }

  @Test func `a repository without runs says how to start one`() throws {
    try withTemporaryDirectory { scratch in
      let store = RunStore(commonDirectory: scratch)
      #expect(throws: JournalError.noRuns) { try store.run(nil) }
      #expect(JournalError.noRuns.description.contains("git orch run todo.md"))
    }
  }

  @Test func `runs of one second have ids in the order in which they began`() throws {
    try withTemporaryDirectory { scratch in
      let store = RunStore(commonDirectory: scratch)
      let moment = Date(timeIntervalSince1970: 1_795_379_825)
      var ids: [String] = []
      for _ in 0..<30 {
        let id = store.newID(at: moment)
        _ = try store.create(id)
        ids.append(id)
      }
      #expect(ids == ids.sorted() && Set(ids).count == 30)
      #expect(store.newID(at: moment.addingTimeInterval(-60)).hasPrefix("20261122-203605-"))
    }
  }

  @Test func `ids sort by time`() {
    let early = RunID.make(at: Date(timeIntervalSince1970: 1_795_379_825), random: 0xFFFF)
    let late = RunID.make(at: Date(timeIntervalSince1970: 1_795_379_826), random: 0x000A)
    #expect(early == "20261122-203705-ffff")
    #expect(late == "20261122-203706-000a")
    #expect(early < late)
  }
}

@Suite(.timeLimit(.minutes(5))) struct RunLockTests {
  private let holder = LockHolder(pid: 42, run: "r", since: JournalTime(Date(timeIntervalSince1970: 1_795_379_825)))

  @Test func `a held lock names its holder, and is free afterwards`() async throws {
    try await withTemporaryDirectory { scratch in
      let path = scratch.appending("orchestrator").appending("lock")
      #expect(RunLock.currentHolder(at: path) == nil)
      try await RunLock.hold(at: path, as: holder) {
        #expect(RunLock.currentHolder(at: path) == holder)
        await #expect(throws: JournalError.locked(path: path.string, holder: holder)) {
          try await RunLock.hold(at: path, as: LockHolder(pid: 43, run: "s", since: .now)) {}
        }
        // The refused one has not disturbed what the holder wrote.
        #expect(RunLock.currentHolder(at: path) == holder)
      }
      #expect(RunLock.currentHolder(at: path) == nil)
      try await RunLock.hold(at: path, as: holder) {}
    }
  }

  @Test func `a lock that is held says who holds it and what to do`() {
    let text = JournalError.locked(path: "/l", holder: holder).description
    #expect(
      text == """
        another run is in progress in this repository: run r, process 42, since 2026-11-22T20:37:05.000Z
        watch it with 'git orch status', or interrupt it with 'kill -INT 42'
        """)
  }

  @Test func `of many megabytes is read by several threads as by one`() async throws {
    try withTemporaryDirectory { scratch in
      let folder = try RunStore(commonDirectory: scratch).create("r")
      let time = JournalTime(Date(timeIntervalSince1970: 1_800_000_000))
      var bytes = try JournalEntry(time: time, event: .runStarted(JournalSamples.header)).line()
      for number in 0..<30_000 {
        bytes += try JournalEntry(time: time, event: .warned(message: "\(number) " + String(repeating: "x", count: 90)))
          .line()
        if number % 10_000 == 0 { bytes += Array("{\"spoiled\n".utf8) }
      }
      // Longer than what is read at once.
      bytes += try JournalEntry(time: time, event: .halted(reason: String(repeating: "y", count: 5 << 20))).line()
      let whole = bytes.count
      bytes += Array("{\"schema\":2,\"time".utf8)
      try FileSystem.create(folder.journal, containing: bytes)

      let read = try folder.readJournal()
      #expect(read.state.warnings.map { Int($0.prefix { $0 != " " }) } == Array(0..<30_000))
      #expect(read.state.unreadableLines == 3)
      guard case .ending(let reason) = read.state.phase else {
        Issue.record("the last entry is missing")
        return
      }
      #expect(reason.utf8.count == 5 << 20)
      #expect(read.size == bytes.count)
      #expect(read.end == whole)
      var fold = JournalFold(path: "")
      try bytes.withUnsafeBytes { try fold.feed($0) }
      #expect(fold.state == read.state)
    }
  }
}
