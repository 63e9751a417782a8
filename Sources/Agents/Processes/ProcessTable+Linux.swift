#if os(Linux)
  #if canImport(Glibc)
    import Glibc
  #else
    import Musl
  #endif

  extension ProcessRecord {
    /// `nil` when there is no such process.
    static func read(pid: Int32) -> ProcessRecord? {
      withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
        guard let count = readFile("/proc/\(pid)/stat", into: buffer) else { return nil }
        return parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), pid: pid)
      }
    }

    /// Reads `pid (name) state ppid pgrp session …`; the name may hold anything, brackets included.
    static func parse(_ stat: UnsafeRawBufferPointer, pid: Int32) -> ProcessRecord? {
      guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
      let fields = stat[(close + 1)...].split(separator: 0x20)
      func number(_ field: Int) -> UInt64? {
        // proc(5) counts from 1 and the state is field 3.
        guard fields.count > field - 3 else { return nil }
        var value: UInt64 = 0
        for byte in fields[field - 3] {
          guard (0x30...0x39).contains(byte) else { return value }
          value = value &* 10 &+ UInt64(byte - 0x30)
        }
        return value
      }
      guard let state = fields.first?.first, let parent = number(4), let session = number(6), let start = number(22)
      else { return nil }
      return ProcessRecord(
        identity: ProcessIdentity(pid: pid, startTime: start), parent: Int32(truncatingIfNeeded: parent),
        session: Int32(truncatingIfNeeded: session),
        isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"))
    }
  }

  enum ProcessTable {
    /// Every process there is to see.
    static func all() -> [ProcessRecord] {
      pids().compactMap(ProcessRecord.read(pid:))
    }

    /// The living processes, ourselves excepted, that carry the mark. Others' processes cannot be read, and are not ours.
    static func marked(_ pattern: MarkPattern) -> Set<ProcessIdentity> {
      let ourselves = getpid()
      var found: Set<ProcessIdentity> = []
      withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 8) { buffer in
        for pid in pids() where pid != ourselves && environment(of: pid, contains: pattern, buffer) {
          if let record = ProcessRecord.read(pid: pid), !record.isZombie { found.insert(record.identity) }
        }
      }
      return found
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

    private static func environment(
      of pid: Int32, contains pattern: MarkPattern, _ buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
      let file = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { return false }
      defer { close(file) }
      var kept = 0
      while true {
        let count = read(file, buffer.baseAddress.map { $0 + kept }, buffer.count - kept)
        guard count > 0 else {
          return kept > 0 && pattern.matches(UnsafeRawBufferPointer(rebasing: buffer[..<kept]))
        }
        let filled = kept + count
        var start = 0
        while let end = buffer[start..<filled].firstIndex(of: 0) {
          if pattern.matches(UnsafeRawBufferPointer(rebasing: buffer[start..<end])) { return true }
          start = end + 1
        }
        kept = filled - start
        if kept == buffer.count {
          kept = 0  // an entry longer than the buffer is not ours
        } else if kept > 0, start > 0, let base = buffer.baseAddress {
          memmove(base, base + start, kept)
        }
      }
    }
  }

  private func readFile(_ path: String, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let count = read(file, buffer.baseAddress, buffer.count)
    return count > 0 ? count : nil
  }
#endif
