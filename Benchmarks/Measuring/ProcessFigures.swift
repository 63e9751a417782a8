import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What /proc says of running processes. Elsewhere than on Linux there is none, and every figure is missing.
enum ProcessFigures {
  private static func text(_ pid: pid_t, _ name: String) -> String? {
    try? Files.read(FilePath("/proc/\(pid)/\(name)"))
  }

  /// The children of a process.
  static func children(_ pid: pid_t) -> [pid_t] {
    guard let text = text(pid, "task/\(pid)/children") else { return [] }
    return text.split(separator: " ").compactMap { pid_t($0) }
  }

  /// The resident memory of the largest among a process and its own children, in bytes.
  static func familyMemory(_ pid: pid_t) -> Int {
    ([pid] + children(pid)).map { memory($0) ?? 0 }.max() ?? 0
  }

  /// Resident memory in bytes.
  static func memory(_ pid: pid_t) -> Int? {
    guard let text = text(pid, "statm") else { return nil }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? Int(fields[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
  }

  /// The most resident memory that a process ever had, in bytes.
  static func peakMemory(_ pid: pid_t) -> Int? {
    guard let text = text(pid, "status") else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// User and system time so far, in seconds; without that of children.
  static func cpu(_ pid: pid_t) -> Double? {
    guard let text = text(pid, "stat"), let end = text.lastIndex(of: ")") else { return nil }
    // The name in parentheses may hold anything; what follows it is the third field of proc(5).
    let fields = text[end...].dropFirst().split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static func name(_ pid: pid_t) -> String {
    (text(pid, "comm") ?? "").split(separator: "\n").first.map(String.init) ?? ""
  }

  /// The processes of this user in whose environment a text is found, but ourselves.
  static func having(inEnvironment wanted: String) -> [pid_t] {
    Files.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
      guard pid != getpid(), let environment = text(pid, "environ") else { return false }
      return environment.contains(wanted)
    }
  }
}
