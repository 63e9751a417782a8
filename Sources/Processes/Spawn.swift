import Platform
import Synchronization
import SystemPackage

/// The processes we started and have not collected yet. They are collected where they were started, and nobody else may:
/// while its pid is in here, it cannot belong to another process.
let liveChildren = Mutex<Set<pid_t>>([])

/// Starts a program in a session of its own: it cannot ask on the terminal, and a Ctrl-C there reaches us alone, who
/// then decide. It inherits no descriptor but the three, and no signal that is ignored or blocked here.
///
/// The only place that starts a process. Whoever calls it must see to it that the process is collected; see
/// ``ChildReaper``.
func spawn(
  _ invocation: Invocation, input: FileDescriptor?, output: FileDescriptor, error: FileDescriptor,
  status: SandboxStatus? = nil
) throws(ProcessFailure) -> pid_t {
  let environment = invocation.finalEnvironment
  var invocation = invocation.asStarted
  if status != nil { invocation.arguments.insert(contentsOf: SandboxStatus.arguments, at: 0) }
  let words = [invocation.executable.string] + invocation.arguments
  guard !words.contains(where: { $0.utf8.contains(0) }),
    !environment.contains(where: { $0.key.utf8.contains(0) || $0.value.utf8.contains(0) })
  else { throw .notStarted("an argument or a variable holds a NUL byte") }
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
  #else
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
  #endif
  posix_spawn_file_actions_init(&actions)
  posix_spawnattr_init(&attributes)
  defer {
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }
  var flags: Int32 = setSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
  // The folder first: a path of a redirection below is absolute.
  if let directory = invocation.directory { orch_spawn_in(&actions, directory.string) }
  if let input {
    posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  }
  posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
  posix_spawn_file_actions_adddup2(&actions, error.rawValue, 2)
  // After those, any of which may be descriptor 3.
  if let status { posix_spawn_file_actions_adddup2(&actions, status.descriptor.rawValue, 3) }
  #if canImport(Darwin)
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
  #else
    // We open everything so that it closes by itself; libraries and whoever started us may not.
    orch_spawn_closing_from(&actions, status == nil ? 3 : 4)
  #endif
  var none = sigset_t()
  var defaults = sigset_t()
  sigemptyset(&none)
  sigemptyset(&defaults)
  for signal in [
    SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH,
  ] {
    sigaddset(&defaults, signal)
  }
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &defaults)
  posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
  let argv = words.map { strdup($0) } + [nil]
  let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { (argv + envp).forEach { free($0) } }
  var pid: pid_t = 0
  let code = retryingWhileBusy {
    StartFault.current?(invocation) ?? posix_spawn(&pid, words[0], &actions, &attributes, argv, envp)
  }
  guard code == 0 else {
    let reason = reason(for: code, invocation)
    throw [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code) ? .exhausted(reason) : .notStarted(reason)
  }
  _ = liveChildren.withLock { $0.insert(pid) }
  FileLimit.giveBack(to: pid)
  return pid
}

/// What tests let the system say instead of starting a program; nil for programs that are started.
package enum StartFault {
  @TaskLocal package static var current: (@Sendable (Invocation) -> Int32?)?
}

/// Calls `start` again while it answers `ETXTBSY`, for a tenth of a second.
///
/// A program that somebody has just written is busy as long as a descriptor for writing is open anywhere, also in a
/// process that another thread is about to start, until its exec closes it: that is a matter of moments.
func retryingWhileBusy(pause: () -> Void = { usleep(5000) }, _ start: () -> Int32) -> Int32 {
  var code = start()
  var tries = 0
  while code == ETXTBSY, tries < 20 {
    tries += 1
    pause()
    code = start()
  }
  return code
}

/// The system says "no such file" of the program's folder, of the program, and of what its first line names.
private func reason(for code: Int32, _ invocation: Invocation) -> String {
  if let directory = invocation.directory, access(directory.string, X_OK) != 0 {
    return "cannot enter '\(directory)': \(Errno(rawValue: errno))"
  }
  return "\(Errno(rawValue: code))"
}

/// POSIX_SPAWN_SETSID, which glibc shows to GNU sources only.
#if canImport(Darwin)
  private let setSession: Int32 = 0x400
#else
  private let setSession: Int32 = 0x80
#endif
