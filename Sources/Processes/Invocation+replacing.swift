import Platform
import SystemPackage

extension Invocation {
  /// Puts the program in the place of this process, which keeps its pid, its terminal and its standard input and output.
  /// - Throws: what the system says when it cannot.
  package func replaceProcess() throws(ProcessFailure) -> Never {
    let environment = finalEnvironment
    let invocation = asStarted
    let words = [invocation.executable.string] + invocation.arguments
    if let directory, chdir(directory.string) != 0 {
      throw .notStarted("cannot enter '\(directory)': \(String(cString: strerror(errno)))")
    }
    // What is ignored or blocked here would be there, too.
    for number in [SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH] {
      signal(number, SIG_DFL)
    }
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    let argv = words.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    execve(words[0], argv, envp)
    throw .notStarted("\(words[0]): \(String(cString: strerror(errno)))")
  }
}
