import Basics
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct FollowingTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func append(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(path, .writeOnly, options: [.append, .create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(text.utf8)
  }

  @Test func `a growing file is read as it grows, by several at once`() async throws {
    let path = scratch.path.appending("growing")
    try append("one\n", to: path)
    func follower() -> Task<String, any Error> {
      Task {
        let follower = try FileFollower(path: path)
        var text = ""
        while !text.hasSuffix("end\n"), let piece = await follower.next() {
          text += String(decoding: piece, as: UTF8.self)
        }
        return text
      }
    }
    let (first, second) = (follower(), follower())
    for line in ["two\n", "three\n", "end\n"] {
      try append(line, to: path)
      await Task.yield()
    }
    #expect(try await first.value == "one\ntwo\nthree\nend\n")
    #expect(try await second.value == "one\ntwo\nthree\nend\n")
  }

  @Test func `a follower can begin in the middle, and ends when cancelled`() async throws {
    let path = scratch.path.appending("growing")
    try append("0123456789", to: path)
    let work = Task {
      let follower = try FileFollower(path: path, from: 7)
      let first = await follower.next()
      return (first, await follower.next())
    }
    work.cancel()
    let cancelled = try await work.value
    #expect(cancelled.1 == nil)
    let follower = try FileFollower(path: path, from: 7)
    #expect(await follower.next() == Array("789".utf8))
  }

  @Test func `a file that is not there is an error that names it`() {
    #expect(throws: FileError("open", "/nosuch/file", Errno.noSuchFileOrDirectory)) {
      _ = try FileFollower(path: "/nosuch/file")
    }
  }

  @Test func `a stop request wakes each waiter at its level, and only grows`() async {
    let stop = StopRequest()
    let graceful = Task { await stop.waitUntil(.graceful) }
    let immediate = Task {
      await stop.waitUntil(.immediate)
      return stop.level
    }
    stop.raise(to: .graceful)
    await graceful.value
    stop.raise(to: .immediate)
    stop.raise(to: .graceful)
    #expect(await immediate.value == .immediate)
    #expect(stop.level == .immediate)
    await stop.waitUntil(.graceful)
  }

  @Test func `a cancelled wait returns`() async {
    let stop = StopRequest()
    let waiting = Task {
      await stop.waitUntil(.immediate)
      return stop.level
    }
    waiting.cancel()
    #expect(await waiting.value == .none)
  }

  @Test func `a wakeup remembers a ring, and a wait ends at its deadline`() async {
    let wakeup = AsyncSignal()
    wakeup.send()
    wakeup.send()
    await wakeup.wait()
    let clock = ManualClock()
    let stopwatch = Stopwatch(clock)
    async let waiting: Void = wakeup.wait(until: .seconds(20), on: stopwatch)
    await clock.skip()
    await waiting
    #expect(stopwatch.elapsed == .seconds(20))
    await wakeup.wait(until: .seconds(20), on: stopwatch)
  }

  @Test(arguments: [0, 64 << 10, 3])
  func `what was freed of a file is passed over, and told once`(offset: Int) throws {
    let path = scratch.path.appending("freed")
    let line = String(repeating: "x", count: 99) + "\n"
    let text = String(repeating: line, count: 80_000)
    try append(text, to: path)
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    // Between lines, and so within blocks.
    let (start, end) = (1_000_000, 7_000_000)
    guard platform_punch_hole(file.rawValue, Int64(start), Int64(end - start)) == 0 else { return }
    let follower = try FileFollower(path: path, from: Int64(offset))
    var (found, gaps) = (0, [Int64]())
    var isClean = true
    _ = follower.readAvailable(gap: { gaps.append($0) }) { piece in
      found += piece.count
      if piece.contains(0) { isClean = false }
    }
    #expect(isClean)
    #expect(gaps == [Int64(end - start)])
    #expect(found == text.utf8.count - (end - start) - offset)
    // What comes later is read as ever, zeros that somebody wrote included.
    try append("\0\0end\0", to: path)
    var later = ""
    _ = follower.readAvailable(gap: { gaps.append($0) }) { later += String(decoding: $0, as: UTF8.self) }
    #expect(later == "\0\0end\0")
    #expect(gaps.count == 1)
  }
}
