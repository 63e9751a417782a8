import Basics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A running process, in a process group of its own.
struct Child {
  let command: Command
  let pid: pid_t
  private let begin = ContinuousClock.now

  /// - Throws: `BenchError` when it cannot be started.
  init(_ command: Command) throws {
    try Interrupts.check()
    self.command = command
    pid = try spawn(command)
    Guardian.shared.watch(pid, command.limits)
  }

  /// Waits for its end.
  ///
  /// - Throws: `BenchError.failed` for an exit status that is not expected, and `.interrupted`. A process that was
  ///   stopped for a limit is no failure: its cost says so.
  func wait() throws -> Cost {
    // Looked at first and reaped only then, so that nobody signals another process with the same number.
    var seen = siginfo_t()
    while waitid(P_PID, id_t(pid), &seen, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    let wall = ContinuousClock.now - begin
    let stopped = Guardian.shared.unwatch()
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
    try Interrupts.check()
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    if stopped == nil, !command.accepted.contains(code) {
      throw BenchError.failed("\(command.arguments.prefix(4).joined(separator: " ")): exit status \(code)\(lastError)")
    }
    return Cost(
      wall: wall.inSeconds, cpu: usage.ru_utime.inSeconds + usage.ru_stime.inSeconds,
      peak: usage.ru_maxrss * Machine.memoryUnit,
      stopped: stopped)
  }

  private var lastError: String {
    let lines = (try? Files.read(command.errors))?.split(separator: "\n") ?? []
    return lines.last.map { ": \($0.prefix(300))" } ?? ""
  }
}

extension Command {
  /// Runs it to its end.
  func run() throws -> Cost { try Child(self).wait() }
}

extension timeval {
  fileprivate var inSeconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

private func spawn(_ command: Command) throws -> pid_t {
  #if canImport(Darwin)
    var attributes: posix_spawnattr_t?
    var actions: posix_spawn_file_actions_t?
  #else
    var attributes = posix_spawnattr_t()
    var actions = posix_spawn_file_actions_t()
  #endif
  posix_spawnattr_init(&attributes)
  posix_spawn_file_actions_init(&actions)
  defer {
    posix_spawnattr_destroy(&attributes)
    posix_spawn_file_actions_destroy(&actions)
  }
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
  posix_spawn_file_actions_addopen(&actions, 0, command.input.string, O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, command.output.string, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  posix_spawn_file_actions_addopen(&actions, 2, command.errors.string, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  var arguments = command.arguments.map { strdup($0) } + [nil]
  var environment = command.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in arguments + environment { free(pointer) } }
  // Where glibc hides the action that changes the folder, we go there ourselves; nothing else of ours runs meanwhile
  // that cares where we are.
  let here = open(".", O_RDONLY | O_CLOEXEC)
  guard here >= 0, chdir(command.directory.string) == 0 else {
    close(here)
    throw BenchError.failed("'\(command.directory)': \(Errno(rawValue: errno))")
  }
  defer {
    _ = fchdir(here)
    close(here)
  }
  var pid = pid_t()
  let error = posix_spawnp(&pid, command.arguments[0], &actions, &attributes, &arguments, &environment)
  guard error == 0 else {
    throw BenchError.failed("'\(command.arguments[0])' cannot be started: \(Errno(rawValue: error))")
  }
  return pid
}
