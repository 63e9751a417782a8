import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Agents
@testable import Basics
@testable import Processes

/// A value that closures of any thread may change.
final class Box<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  init(_ value: Value) { state = Mutex(value) }

  var value: Value { state.withLock { $0 } }

  func set(_ change: (inout Value) -> Void) {
    state.withLock { value in
      var copy = value
      change(&copy)
      value = copy
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct FollowingTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func append(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(path, .writeOnly, options: [.append, .create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try file.writeAll(text.utf8)
  }

  @Test func `a growing file is read as it grows, by several at once`() async throws {
    let path = scratch.file("growing")
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
    let path = scratch.file("growing")
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
    let start = ContinuousClock.now
    await wakeup.wait(until: start + .milliseconds(20))
    #expect(ContinuousClock.now >= start + .milliseconds(20))
  }
}
