import Basics
import Platform
import Processes
import SystemPackage

/// One short, local git command for the synchronous `Repository`, on the thread that asks.
///
/// `GitCommand` is the way for everything else. Waiting for it from synchronous code would park a thread of Swift's
/// pool until another one has done the work, and with every thread parked nothing would move again; hence
/// `posix_spawn` here.
enum BlockingCommand {
  /// Runs `git -C directory arguments…` to its end. A status other than 0 is a result, not an error.
  static func run(
    _ arguments: [String], in directory: FilePath, environment: [String: String]
  ) throws(GitError) -> GitOutput {
    guard let program = Program.locate("git", in: environment) else { throw GitEnvironment.gitMissing }
    let output = try UnlinkedFile(environment: environment)
    let error = try UnlinkedFile(environment: environment)
    let pid = try spawn(
      [program.string, "-C", directory.string] + arguments, environment: environment, output: output, error: error)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return GitOutput(
      status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, bytes: try output.contents(),
      standardError: String(decoding: try error.contents(), as: UTF8.self))
  }

  private static func spawn(
    _ arguments: [String], environment: [String: String], output: borrowing UnlinkedFile, error: borrowing UnlinkedFile
  ) throws(GitError) -> pid_t {
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
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
    posix_spawn_file_actions_adddup2(&actions, error.descriptor, 2)
    var none = sigset_t()
    var defaults = sigset_t()
    sigemptyset(&none)
    sigemptyset(&defaults)
    // We ignore SIGPIPE; git and its children must not inherit that.
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
    guard code == 0 else {
      throw GitError(.other, "cannot start '\(arguments[0])': \(Errno(rawValue: code))")
    }
    return pid
  }
}

/// A file without a name, which goes when it is closed. As a child's output it needs nobody to read it meanwhile, and
/// no end of file that a grandchild could hold back.
private struct UnlinkedFile: ~Copyable {
  let descriptor: Int32

  init(environment: [String: String]) throws(GitError) {
    var path = Array("\(environment["TMPDIR"] ?? "/tmp")/git-orch.XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else {
      throw GitError(.other, "cannot create a temporary file: \(Errno(rawValue: errno))")
    }
    unlink(path)
    _ = platform_close_on_exec(descriptor)
  }

  deinit { close(descriptor) }

  func contents() throws(GitError) -> [UInt8] {
    do {
      let file = FileDescriptor(rawValue: descriptor)
      try file.seek(offset: 0, from: .start)
      return try file.readToEnd()
    } catch {
      throw GitError(.other, "cannot read what git wrote: \(error)")
    }
  }
}
