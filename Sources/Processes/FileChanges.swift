package import Basics
import Dispatch
import Platform
import Synchronization
package import SystemPackage

/// Signals when files grow, and when entries of folders change.
///
/// Linux: one inotify descriptor and one thread for the whole process, however many files. macOS: a kqueue source a
/// file. Where neither can be had (the system's limit of watches), each file is looked at four times a second.
package final class FileChanges: Sendable {
  package static let shared = FileChanges()

  /// Signals its wakeup as long as it lives.
  package final class Watch: Sendable {
    private let stop: @Sendable () -> Void

    package init(stop: @escaping @Sendable () -> Void) {
      self.stop = stop
    }

    deinit { stop() }
  }

  package func watch(_ path: FilePath, _ wakeup: AsyncSignal) -> Watch {
    watch(path.string, wakeup)
  }

  /// The same when entries of a folder come, go or are replaced; what is in them, and below them, is not looked at.
  package func watch(folder: FilePath, _ wakeup: AsyncSignal) -> Watch {
    watch(folder.string, wakeup)
  }

  private func watch(_ path: String, _ wakeup: AsyncSignal) -> Watch {
    systemWatch(path, wakeup) ?? Self.polling(wakeup)
  }

  /// The same for an open file, which need not have a name any more.
  package func watch(_ file: FileDescriptor, _ wakeup: AsyncSignal) -> Watch {
    #if os(Linux)
      let path = "/proc/self/fd/\(file.rawValue)"
    #else
      let path = "/dev/fd/\(file.rawValue)"
    #endif
    return watch(path, wakeup)
  }

  private static func polling(_ wakeup: AsyncSignal) -> Watch {
    let task = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(250))
        wakeup.send()
      }
    }
    return Watch { task.cancel() }
  }

  #if os(Linux)
    private struct State {
      var descriptor: Int32?
      var nextID: UInt64 = 0
      /// By watch descriptor: a file watched twice has one.
      var wakeups: [Int32: [UInt64: AsyncSignal]] = [:]
    }

    private let state = Mutex(State())

    private func systemWatch(_ path: String, _ wakeup: AsyncSignal) -> Watch? {
      let added = state.withLock { state -> (watch: Int32, id: UInt64)? in
        if state.descriptor == nil {
          let descriptor = inotify_init1(Int32(IN_CLOEXEC))
          guard descriptor >= 0 else { return nil }
          state.descriptor = descriptor
          // A queue of its own is a thread of its own here. Foundation's Thread would bring in all of Foundation.
          DispatchQueue(label: "git-orch.file-changes").async { [self] in readEvents(descriptor) }
        }
        guard let descriptor = state.descriptor else { return nil }
        let watch = inotify_add_watch(
          descriptor, path, UInt32(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO))
        guard watch >= 0 else { return nil }
        state.nextID += 1
        state.wakeups[watch, default: [:]][state.nextID] = wakeup
        return (watch, state.nextID)
      }
      guard let added else { return nil }
      return Watch { [self] in unwatch(added.watch, added.id) }
    }

    private func unwatch(_ watch: Int32, _ id: UInt64) {
      state.withLock { state in
        state.wakeups[watch]?[id] = nil
        guard state.wakeups[watch]?.isEmpty == true, let descriptor = state.descriptor else { return }
        state.wakeups[watch] = nil
        _ = inotify_rm_watch(descriptor, watch)
      }
    }

    /// The one thread, for the life of the process: blocked in `read` while nothing happens.
    private func readEvents(_ descriptor: Int32) {
      withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
        while true {
          let count = read(descriptor, buffer.baseAddress, buffer.count)
          guard count > 0 else {
            if count < 0, errno == EINTR { continue }
            return
          }
          var offset = 0
          while offset + MemoryLayout<inotify_event>.size <= count {
            let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            offset += MemoryLayout<inotify_event>.size + Int(event.len)
            // An overflow (watch -1) may have lost anybody's event.
            let wakeups = state.withLock { state in
              event.wd < 0
                ? state.wakeups.values.flatMap { Array($0.values) } : Array((state.wakeups[event.wd] ?? [:]).values)
            }
            for wakeup in wakeups { wakeup.send() }
          }
        }
      }
    }
  #else
    private func systemWatch(_ path: String, _ wakeup: AsyncSignal) -> Watch? {
      let descriptor = platform_open(path, O_EVTONLY | O_CLOEXEC, 0)
      guard descriptor >= 0 else { return nil }
      let source = DispatchSource.makeFileSystemObjectSource(
        fileDescriptor: descriptor, eventMask: [.write, .extend], queue: .global())
      source.setEventHandler { wakeup.send() }
      source.setCancelHandler { close(descriptor) }
      source.activate()
      return Watch { source.cancel() }
    }
  #endif
}
