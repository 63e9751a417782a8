import Basics
import Platform
package import SystemPackage

/// How much memory may still be taken without anything being thrown out: what the machine has, or, where that is less,
/// what our control groups may use. On macOS all that there is.
package struct AvailableMemory: Sendable {
  /// Where `/proc` and `/sys` are; tests have their own.
  private let root: String

  package init(root: FilePath = "/") { self.root = root == "/" ? "" : root.string }

  /// In bytes; nil where the system does not tell.
  package var bytes: Int64? {
    #if canImport(Darwin)
      var bytes: UInt64 = 0
      var size = MemoryLayout<UInt64>.size
      return sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 ? Int64(clamping: bytes) : nil
    #else
      [machine, groups].compactMap(\.self).min()
    #endif
  }

  /// `MemAvailable` of proc(5).
  private var machine: Int64? {
    guard let text = read("/proc/meminfo") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      let fields = line.split(separator: " ")
      return fields.count > 1 ? Int64(fields[1]).map { $0 * 1024 } : nil
    }
    return nil
  }

  /// What is left in the tightest of the groups that we are in; nil when none has a limit.
  private var groups: Int64? {
    guard let text = read("/proc/self/cgroup") else { return nil }
    var left: [Int64] = []
    for line in text.split(separator: "\n") {
      // `0::/path` of version 2, `5:cpu,memory:/path` of version 1.
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[1].isEmpty {
        left += rooms(
          in: "/sys/fs/cgroup", path: fields[2], limit: "memory.max", usage: "memory.current",
          reclaimable: "inactive_file")
      } else if fields[1].split(separator: ",").contains("memory") {
        left += rooms(
          in: "/sys/fs/cgroup/memory", path: fields[2], limit: "memory.limit_in_bytes",
          usage: "memory.usage_in_bytes", reclaimable: "total_inactive_file")
      }
    }
    return left.min()
  }

  /// What is left in a group and in those around it. In a container the path may be one of outside: then the container's
  /// own group is at the top.
  private func rooms(
    in folder: String, path: Substring, limit: String, usage: String, reclaimable: String
  ) -> [Int64] {
    var found: [Int64] = []
    var names = path.split(separator: "/")
    while true {
      let group = ([folder] + names.map(String.init)).joined(separator: "/")
      // Version 1 writes a number beyond all memory for "no limit"; `max` is no number.
      if let most = number("\(group)/\(limit)"), most < 1 << 60, let used = number("\(group)/\(usage)") {
        found.append(max(0, most - used + cache(in: "\(group)/memory.stat", reclaimable)))
      }
      guard names.popLast() != nil else { return found }
    }
  }

  private func cache(in file: String, _ name: String) -> Int64 {
    for line in (read(file) ?? "").split(separator: "\n") where line.hasPrefix("\(name) ") {
      return Int64(line.dropFirst(name.count + 1)) ?? 0
    }
    return 0
  }

  private func number(_ file: String) -> Int64? { read(file).flatMap { Int64($0.trimmed) } }

  private func read(_ file: String) -> String? {
    try? FilePath(root + file).readText(limit: 1 << 20, .repairsText)
  }
}
