#if canImport(Darwin)
  import Platform

  extension ProcessEntry {
    package static func read(pid: Int32) -> ProcessEntry? {
      var info = proc_bsdinfo()
      let size = Int32(MemoryLayout<proc_bsdinfo>.size)
      guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 1, &info, size) == size else { return nil }
      return ProcessEntry(
        identity: ProcessIdentity(pid: pid, startTime: info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec),
        parent: Int32(bitPattern: info.pbi_ppid), session: getsid(pid), isZombie: info.pbi_status == UInt32(SZOMB))
    }
  }

  extension ProcessSnapshot {
    package static func take() -> ProcessSnapshot {
      ProcessSnapshot(
        records: pids().compactMap { pid in
          guard var record = ProcessEntry.read(pid: pid) else { return nil }
          if !record.isZombie { record.mark = mark(of: pid) }
          return record
        })
    }

    /// Not asked here; see ``ProcessSnapshot`` of Linux.
    package static func users(of file: String) -> [Int32]? { nil }

    private static func pids() -> [Int32] {
      let bytes = proc_listallpids(nil, 0)
      guard bytes > 0 else { return [] }
      var pids = [Int32](repeating: 0, count: Int(bytes) + 64)
      let count = proc_listallpids(&pids, Int32(pids.count * MemoryLayout<Int32>.size))
      return pids.prefix(Int(max(count, 0))).filter { $0 > 0 }
    }

    /// Looks through KERN_PROCARGS2: argument count, path, arguments and environment, each ended by NUL. An argument
    /// that looks like the mark is taken for it.
    private static func mark(of pid: Int32) -> String? {
      var name: [Int32] = [CTL_KERN, KERN_PROCARGS2, pid]
      var size = 0
      guard sysctl(&name, 3, nil, &size, nil, 0) == 0, size > 0 else { return nil }
      var bytes = [UInt8](repeating: 0, count: size)
      guard sysctl(&name, 3, &bytes, &size, nil, 0) == 0 else { return nil }
      for entry in bytes.prefix(size).dropFirst(4).split(separator: 0) {
        if let mark = entry.withUnsafeBytes({ markValue($0) }) { return mark }
      }
      return nil
    }
  }
#endif
