import Basics
import Foundation
import OrchTestSupport
import Platform
import Synchronization
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1))) struct FileLockTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private var lock: FileLock { FileLock(folder.path.appending("lock")) }

  @Test func `a lock that is held is not taken, and names its holder until it is released`() async throws {
    let lock = lock
    #expect(lock.holder() == nil)
    let held = try await lock.take()
    try held.note("somebody")
    #expect(lock.holder() == "somebody")
    await #expect(throws: FileLockError.held) { try await lock.take(patience: .zero) }
    #expect(lock.holder() == "somebody")
    held.release()
    #expect(lock.holder() == nil)
    try await lock.take().release()
  }

  #if os(Linux)
    @Test func `a lock that is released is free, although a child has its descriptor until it becomes its program`()
      async throws
    {
      let held = try await lock.take()
      let name = try #require(folder.path.string.split(separator: "/").last)
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      let descriptor = try #require(
        descriptors.compactMap(Int32.init).first { number in
          let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
          return target?.hasSuffix("\(name)/lock") == true
        })
      let copy = dup(descriptor)
      defer { close(copy) }
      held.release()
      #expect(lock.holder() == nil)
      try await lock.take(patience: .zero).release()
    }
  #endif

  @Test func `another process's lock counts`() async throws {
    let lock = lock
    let file = try FileDescriptor.open(
      lock.path, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
    #expect(flock(file.rawValue, LOCK_EX) == 0)
    await #expect(throws: FileLockError.held) { try await lock.take() }
    async let waited = lock.wait()
    try file.close()
    try await waited.release()
  }

  private final class Inside: Sendable {
    let counts = Mutex((now: 0, most: 0))
  }

  private final class Order: Sendable {
    let numbers = Mutex<[Int]>([])
  }

  /// Starts `count` tasks that wait for the lock, each after the one before it waits.
  private func waiters(_ count: Int, _ order: Order) async -> [Task<Void, any Error>] {
    let lock = lock
    var tasks: [Task<Void, any Error>] = []
    for number in 0..<count {
      let task = Task {
        let held = try await lock.wait()
        order.numbers.withLock { $0.append(number) }
        held.release()
      }
      tasks.append(task)
      // Nothing tells that a task waits; a yield too few only makes the test weaker.
      for _ in 0..<1000 { await Task.yield() }
    }
    return tasks
  }

  @Test func `tasks get the lock one at a time`() async throws {
    let lock = lock
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          let held = try await lock.wait()
          inside.counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
          await Task.yield()
          inside.counts.withLock { $0.now -= 1 }
          held.release()
        }
      }
      try await group.waitForAll()
    }
    #expect(inside.counts.withLock { $0.most } == 1)
  }

  @Test func `a waiter that is cancelled leaves the queue, and the others get their turn`() async throws {
    let lock = lock
    let order = Order()
    let held = try await lock.wait()
    let tasks = await waiters(3, order)
    tasks[1].cancel()
    await #expect(throws: FileLockError.cancelled) { try await tasks[1].value }
    held.release()
    try await tasks[0].value
    try await tasks[2].value
    #expect(Set(order.numbers.withLock { $0 }) == [0, 2])
  }

  @Test func `a free lock is given to a cancelled task, which has to clean up`() async throws {
    let lock = lock
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await lock.wait().release()
    }
    task.cancel()
    try await task.value
  }

  @Test func `a lock in no folder cannot be used`() async {
    let lock = FileLock(folder.path.appending("none/lock"))
    await #expect(throws: FileLockError.unusable(.noSuchFileOrDirectory)) { try await lock.take() }
    await #expect(throws: FileLockError.unusable(.noSuchFileOrDirectory)) { try await lock.wait() }
    #expect(lock.holder() == nil)
  }
}
