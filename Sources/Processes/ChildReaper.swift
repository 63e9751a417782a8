import Dispatch
import Platform
import Synchronization

/// Waits for children and collects them. Nothing is asked again and again, and no thread waits for one child: the kernel
/// reports the end of each to the one thread that Dispatch waits with (Linux: a pidfd; macOS: kqueue).
enum ChildReaper {
  private static let queue = DispatchQueue(label: "git-orch.children", attributes: .concurrent)

  /// Calls `done` once, when the child has ended and been collected.
  static func whenEnded(_ pid: pid_t, _ done: @escaping @Sendable (ExitDescription) -> Void) {
    #if os(Linux)
      let descriptor = orch_pidfd(pid)
      guard descriptor >= 0 else {
        // An old kernel, or no descriptor left: then a thread has to wait.
        queue.async { done(wait(for: pid)) }
        return
      }
      let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
      source.setCancelHandler { close(descriptor) }
    #else
      let source = DispatchSource.makeProcessSource(identifier: pid, eventMask: .exit, queue: queue)
    #endif
    // The source lives until it is cancelled, since its handler refers to it.
    source.setEventHandler {
      source.cancel()
      done(wait(for: pid))
    }
    source.activate()
  }

  /// Calls `done` once, when the process has ended, which is another's child: how it ended is not to be known.
  static func whenGone(_ process: ProcessIdentity, _ done: @escaping @Sendable () -> Void) {
    #if os(Linux)
      let descriptor = orch_pidfd(process.pid)
      // Looked at again now that the pid cannot mean another process any more.
      guard descriptor >= 0, process.isAlive else {
        if descriptor >= 0 { close(descriptor) }
        return queue.async {
          while process.isAlive { usleep(200_000) }
          done()
        }
      }
      let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
      source.setCancelHandler { close(descriptor) }
    #else
      let source = DispatchSource.makeProcessSource(identifier: process.pid, eventMask: .exit, queue: queue)
    #endif
    source.setEventHandler {
      source.cancel()
      done()
    }
    source.activate()
    #if !os(Linux)
      // It may have ended before anybody listened.
      if !process.isAlive {
        source.cancel()
        queue.async { done() }
      }
    #endif
  }

  /// The same as ``whenEnded(_:_:)``, on the thread that asks.
  static func wait(for pid: pid_t) -> ExitDescription {
    var information = siginfo_t()
    // Looked at first, and collected under the lock: between the two nobody can take the pid for another process.
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    return liveChildren.withLock { live in
      var status: Int32 = 0
      var result = waitpid(pid, &status, 0)
      while result < 0, errno == EINTR { result = waitpid(pid, &status, 0) }
      live.remove(pid)
      // Collected by somebody else, against the rule: how it ended is not known.
      return result == pid ? ExitDescription(waitStatus: status) : .signal(SIGKILL)
    }
  }

  /// Sends `signal` to the process group that a child of ours leads, if the child has not been collected yet.
  static func signalGroup(of pid: pid_t, _ signal: Int32) {
    liveChildren.withLock { live in
      if pid > 1, live.contains(pid) { _ = kill(-pid, signal) }
    }
  }
}
