import Platform
import Synchronization
package import SystemPackage

package enum FileLockError: Error, Equatable, Sendable {
  /// Somebody else has the lock.
  case held
  /// The task was cancelled while it waited.
  case cancelled
  case unusable(Errno)
}

/// A lock among processes, and among tasks of one process: `flock` on a file, which stays.
///
/// The system releases it when its holder ends, however it ends: a lock can never be stale.
package struct FileLock: Sendable {
  /// In a folder that exists.
  package let path: FilePath

  package init(_ path: FilePath) { self.path = path }

  /// A lock that was taken, until it is released.
  package struct Held: Sendable {
    private let file: FileDescriptor
    private let queue: String?

    fileprivate init(file: FileDescriptor, queue: String? = nil) {
      self.file = file
      self.queue = queue
    }

    /// Says who holds the lock, for those who find it held.
    package func note(_ holder: String) throws {
      try file.resize(to: 0)
      _ = try file.writeAll(toAbsoluteOffset: 0, holder.utf8)
    }

    /// Gives the lock back. Call it once.
    package func release() {
      // Emptied first, so that nobody reads of a holder that is gone.
      try? file.resize(to: 0)
      // Closing alone is not enough: a child that another thread has just made has the descriptor, too, until it is the
      // program that it is to become.
      _ = flock(file.rawValue, LOCK_UN)
      try? file.close()
      if let queue { Queue.shared.leave(queue) }
    }
  }

  /// Takes the lock, or throws `held`. A moment's patience is for those who only look who holds it.
  package func take(patience: Duration = .milliseconds(50)) async throws(FileLockError) -> Held {
    do {
      return Held(file: try await open(until: .now + patience))
    } catch {
      throw error == .cancelled ? .held : error
    }
  }

  /// Takes the lock once nobody else holds it, however long that takes. Tasks of this process get it in the order in
  /// which they came; a task that is cancelled leaves the queue.
  package func wait() async throws(FileLockError) -> Held {
    guard await Queue.shared.enter(path.string) else { throw .cancelled }
    do {
      return Held(file: try await open(until: nil), queue: path.string)
    } catch {
      Queue.shared.leave(path.string)
      throw error
    }
  }

  /// What the holder of the lock says of itself; `nil` when nobody holds it.
  package func holder() -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    guard flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return (try? path.readText(limit: 64 << 10, .repairsText)) ?? ""
  }

  /// Asks again and again, at most 20 ms apart: `flock` itself would park a thread and could not be cancelled.
  private func open(until deadline: ContinuousClock.Instant?) async throws(FileLockError) -> FileDescriptor {
    var activity: UInt64?
    defer { if let activity { Activities.shared.end(activity) } }
    let file: FileDescriptor
    do {
      // Close-on-exec: agents and git must not inherit the lock and hold it longer than this process.
      file = try FileDescriptor.open(path, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .unusable(error as? Errno ?? .ioError)
    }
    var pause = Duration.milliseconds(1)
    while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
      let reason = Errno(rawValue: errno)
      var failure: FileLockError?
      if reason != .wouldBlock && reason != .interrupted {
        failure = .unusable(reason)
      } else if let deadline, .now >= deadline {
        failure = .held
      } else {
        if activity == nil, deadline == nil { activity = Activities.shared.begin("the lock '\(path)'") }
        do { try await Task.sleep(for: pause) } catch { failure = .cancelled }
      }
      if let failure {
        try? file.close()
        throw failure
      }
      pause = min(pause * 2, .milliseconds(20))
    }
    return file
  }
}

/// The tasks of this process that wait for a lock: only the first of them asks the system.
private final class Queue: Sendable {
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var nextID: UInt64 = 0
    /// By path; a lock that has an entry is taken, or about to be.
    var waiting: [String: [Waiter]] = [:]
  }

  static let shared = Queue()
  private let state = Mutex(State())

  /// Returns when it is the task's turn; false when it was cancelled before that.
  func enter(_ path: String) async -> Bool {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Bool? = state.withLock { state in
          guard state.waiting[path] != nil else {
            // A lock that is free is given to cancelled tasks, too: they have to clean up.
            state.waiting[path] = []
            return true
          }
          if Task.isCancelled { return false }
          state.waiting[path]?.append(Waiter(id: id, continuation: continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiter: Waiter? = state.withLock { state in
        guard let place = state.waiting[path]?.firstIndex(where: { $0.id == id }) else { return nil }
        return state.waiting[path]?.remove(at: place)
      }
      waiter?.continuation.resume(returning: false)
    }
  }

  func leave(_ path: String) {
    let next: Waiter? = state.withLock { state in
      guard let waiting = state.waiting[path], !waiting.isEmpty else {
        state.waiting[path] = nil
        return nil
      }
      return state.waiting[path]?.removeFirst()
    }
    next?.continuation.resume(returning: true)
  }
}
