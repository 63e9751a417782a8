#if os(Linux)
  import Platform
  import Synchronization

  extension ProcessEntry {
    /// `nil` when there is no such process.
    package static func read(pid: Int32) -> ProcessEntry? {
      withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
        guard let count = readFile("/proc/\(pid)/stat", into: buffer) else { return nil }
        return parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), pid: pid)
      }
    }

    /// Reads `pid (name) state ppid pgrp session …`; the name may hold anything, brackets included.
    package static func parse(_ stat: UnsafeRawBufferPointer, pid: Int32) -> ProcessEntry? {
      guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
      // proc(5) counts from 1 and the state is field 3. Read by hand, since every process there is comes by here.
      var state: UInt8 = 0
      var parent: UInt64?
      var session: UInt64?
      var start: UInt64?
      var field = 3
      var number: UInt64 = 0
      var index = close + 2
      while index < stat.count, field <= 22 {
        let byte = stat[index]
        if field == 3, byte != 0x20 { state = byte }
        if (0x30...0x39).contains(byte) { number = number &* 10 &+ UInt64(byte - 0x30) }
        if byte == 0x20 || byte == 0x0A || index == stat.count - 1 {
          if field == 4 { parent = number }
          if field == 6 { session = number }
          if field == 22 { start = number }
          number = 0
          field += 1
        }
        index += 1
      }
      guard state != 0, let parent, let session, let start else { return nil }
      return ProcessEntry(
        identity: ProcessIdentity(pid: pid, startTime: start), parent: Int32(truncatingIfNeeded: parent),
        session: Int32(truncatingIfNeeded: session),
        isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
    }
  }

  extension ProcessSnapshot {
    /// Looks at every process there is to see. Others' environments cannot be read: their processes carry no mark of ours.
    package static func take() -> ProcessSnapshot {
      let known = knownMarks.withLock { $0 }
      let settled = settledStart
      var seen: [Int32: KnownMark] = [:]
      let records = withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 8) { buffer in
        pids().compactMap { pid -> ProcessEntry? in
          guard var record = ProcessEntry.read(pid: pid) else { return nil }
          if record.isZombie { return record }
          let start = record.identity.startTime
          if let found = known[pid], found.start == start {
            record.mark = found.mark
          } else {
            record.mark = mark(of: pid, buffer)
          }
          if start < settled { seen[pid] = KnownMark(start: start, mark: record.mark) }
          return record
        }
      }
      let remembered = seen
      knownMarks.withLock { $0 = remembered }
      return ProcessSnapshot(records: records)
    }

    /// What began before this, in the system's ticks since it was started, has its environment: a process has its parent's
    /// for the moment until it becomes another program.
    private static var settledStart: UInt64 {
      var time = timespec()
      clock_gettime(CLOCK_BOOTTIME, &time)
      return UInt64(max(0, (time.tv_sec - 3) * sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The processes that have the file open, as far as we may know: others' cannot be looked into. nil where the system
    /// does not tell.
    package static func users(of file: String) -> [Int32]? {
      var wanted = stat()
      guard stat(file, &wanted) == 0 else { return [] }
      return pids().filter { pid in
        guard let folder = opendir("/proc/\(pid)/fd") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
          var found = stat()
          let isOpen = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { fstatat(dirfd(folder), $0, &found, 0) == 0 }
          }
          if isOpen, found.st_ino == wanted.st_ino, found.st_dev == wanted.st_dev { return true }
        }
        return false
      }
    }

    private static func pids() -> [Int32] {
      guard let folder = opendir("/proc") else { return [] }
      defer { closedir(folder) }
      var pids: [Int32] = []
      while let entry = readdir(folder) {
        let pid = withUnsafeBytes(of: &entry.pointee.d_name) { name -> Int32? in
          var value: Int32 = 0
          for byte in name {
            if byte == 0 { break }
            guard (0x30...0x39).contains(byte), value < 100_000_000 else { return nil }
            value = value * 10 + Int32(byte - 0x30)
          }
          return value
        }
        if let pid, pid > 0 { pids.append(pid) }
      }
      return pids
    }

    /// The mark in a process's environment, which is `NAME=value` entries, each ended by NUL.
    private static func mark(of pid: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> String? {
      let file = platform_open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC, 0)
      guard file >= 0, let base = buffer.baseAddress else { return nil }
      defer { close(file) }
      var kept = 0
      while true {
        let count = read(file, base + kept, buffer.count - kept)
        guard count > 0 else { return markValue(UnsafeRawBufferPointer(start: base, count: kept)) }
        let filled = kept + count
        var start = 0
        while let end = memchr(base + start, 0, filled - start) {
          let length = UnsafeRawPointer(end) - UnsafeRawPointer(base + start)
          if let mark = markValue(UnsafeRawBufferPointer(start: base + start, count: length)) { return mark }
          start += length + 1
          if start == filled { break }
        }
        kept = filled - start
        if kept == buffer.count {
          kept = 0  // an entry longer than the buffer is not ours
        } else if kept > 0, start > 0 {
          memmove(base, base + start, kept)
        }
      }
    }
  }

  /// The marks of processes that have had them for a while: their environments need not be read at each look.
  private struct KnownMark {
    let start: UInt64
    let mark: String?
  }

  private let knownMarks = Mutex<[Int32: KnownMark]>([:])

  private func readFile(_ path: String, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    let file = platform_open(path, O_RDONLY | O_CLOEXEC, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let count = read(file, buffer.baseAddress, buffer.count)
    return count > 0 ? count : nil
  }
#endif
