import Platform

/// Writes all of it to standard output, or ends: nobody is left to read.
func printBytes(_ bytes: [UInt8]) {
  var start = 0
  while start < bytes.count {
    let count = bytes[start...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { _exit(1) }
    start += count
  }
}

func printLine(_ line: String) {
  printBytes(Array(line.utf8) + [0x0A])
}

/// All of standard input.
func standardInput() -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = read(0, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return bytes }
    bytes += buffer[..<count]
  }
}

/// Ends as the client does when it cannot begin: one line on standard error, exit status 1.
func refuse(_ message: String) -> Never {
  let line = message + "\n"
  _ = line.withCString { write(2, $0, strlen($0)) }
  exit(1)
}

/// POSIX_SPAWN_SETSID, which glibc shows to GNU sources only.
#if canImport(Darwin)
  private let setSession: Int16 = 0x400
#else
  private let setSession: Int16 = 0x80
#endif

/// Starts a program in a session of its own, as the client starts its tools.
///
/// - `output`: where its standard output and error go; `nil` for /dev/null.
func startProcess(_ arguments: [String], output: Int32?) -> pid_t? {
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
  posix_spawnattr_setflags(&attributes, setSession)
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  if let output {
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  }
  var pointers = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var pid = pid_t()
  return posix_spawnp(&pid, arguments[0], &actions, &attributes, &pointers, environ) == 0 ? pid : nil
}

/// Runs a tool to its end.
func runTool(_ arguments: [String]) -> (status: Int32, output: String) {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return (127, "no pipe") }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  let pid = startProcess(arguments, output: ends[1])
  close(ends[1])
  defer { close(ends[0]) }
  guard let pid else { return (127, "cannot start \(arguments[0])") }
  Signals.tool = pid
  defer { Signals.tool = 0 }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 << 10)
  while true {
    let count = read(ends[0], &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    if output.count < 30_000 { output += buffer[..<count] }
  }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  var text = String(decoding: output, as: UTF8.self)
  while text.last == "\n" { text.removeLast() }
  return (code, text)
}

/// What the client does at signals: SIGTERM takes the running tool down and exits with 143; SIGINT prints a result that
/// is an error, and exits with 0.
enum Signals {
  /// The running tool's process group; 0 when none runs.
  // Safe: one thread; the handlers only read this one word, as a sig_atomic_t is read.
  nonisolated(unsafe) static var tool: pid_t = 0
  // Safe: set once, before the handlers are.
  nonisolated(unsafe) static var interruptedLine: UnsafeMutablePointer<CChar>?

  static func install(interruptedLine line: String) {
    interruptedLine = strdup(line + "\n")
    signal(SIGTERM) { _ in
      if Signals.tool > 0 { kill(-Signals.tool, SIGKILL) }
      _exit(143)
    }
    signal(SIGINT) { _ in
      if Signals.tool > 0 { kill(-Signals.tool, SIGKILL) }
      if let line = Signals.interruptedLine { _ = write(1, line, strlen(line)) }
      _exit(0)
    }
  }
}
