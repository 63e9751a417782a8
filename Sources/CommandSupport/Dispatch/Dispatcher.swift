import Basics
import Platform
import Processes
import SystemPackage
import TerminalUI

/// Does what the command line says: a builtin runs in this process, any other command replaces it, so that its status,
/// signals and arguments are its own, byte for byte.
package struct Dispatcher: Sendable {
  /// In the order in which they are listed.
  private let builtins: [Builtin]
  /// Those that are listed nowhere: the program starts them itself.
  private let hidden: [Builtin]

  package init(_ builtins: [Builtin], hidden: [Builtin] = []) {
    self.builtins = builtins
    self.hidden = hidden
  }

  /// - Parameter arguments: as the system has them, the program's name first.
  package func run(count: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) async -> Never {
    hideProcess()
    if let limit = FileLimit.tooLowForAnything {
      fail("only \(limit) files may be open (ulimit -n), which is not enough for any command")
    }
    let words = (0..<Int(count)).map { index in arguments[index].map { String(cString: $0) } ?? "" }
    let program = words.first ?? "git-orch"
    // As git's own builtins are: `git-orch-run` is a link to this program.
    if let builtin = builtin(calledAs: program) { await builtin.main(Array(words.dropFirst())) }
    switch Request(words.dropFirst()) {
    case .run(let name):
      if let builtin = builtin(name) { await builtin.main(Array(words.dropFirst(2))) }
      exec(name, of: program, count: Int(count), arguments: arguments)
    case .manual(let name):
      if let name, builtin(name) == nil {
        showManual(page: "git-orch-\(name)", or: [executable(of: name, program), "-h"])
      }
      let ourselves = "\(ownFolder(calledAs: program, path: searchPath) ?? ".")/git-orch"
      showManual(
        page: name.map { "git-orch-\($0)" } ?? "git-orch", or: [ourselves] + (name.map { [$0] } ?? []) + ["-h"])
    case .version:
      finish("\(versionLine)\n")
    case .usage:
      finish(usageText(builtins, found: search(program).names()))
    case .nothing:
      finish(usageText(builtins, found: search(program).names()), status: 1)
    case .unknownOption(let option):
      let usage = usageText(builtins, found: search(program).names())
      finish("unknown option: \(sanitized(option))\n" + usage, to: STDERR_FILENO, status: 129)
    }
  }

  private func builtin(_ name: String) -> Builtin? { (builtins + hidden).first { $0.name == name } }

  private func builtin(calledAs program: String) -> Builtin? {
    let prefix = "git-orch-"
    let file = program[(program.lastIndex(of: "/").map(program.index(after:)) ?? program.startIndex)...]
    return file.hasPrefix(prefix) ? builtin(String(file.dropFirst(prefix.count))) : nil
  }

  // MARK: - Commands of others

  private var searchPath: String? { getenv("PATH").map { String(cString: $0) } }

  private func search(_ program: String) -> CommandSearch {
    CommandSearch(ownFolder: ownFolder(calledAs: program, path: searchPath), path: searchPath)
  }

  private func exec(
    _ name: String, of program: String, count: Int, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> Never {
    let file = executable(of: name, program)
    file.withCString { file in
      var rest: [UnsafeMutablePointer<CChar>?] = [UnsafeMutablePointer(mutating: file)]
      for index in 2..<max(2, count) { rest.append(arguments[index]) }
      rest.append(nil)
      execv(file, rest)
    }
    fail("cannot run '\(file)': \(reason(for: errno))")
  }

  private func executable(of name: String, _ program: String) -> String {
    let search = search(program)
    switch search.command(name) {
    case .found(let path): return path
    case .notExecutable(let path): fail("cannot run '\(path)': it is not an executable file")
    case .absent: finish(unknownCommandText(name, builtins, found: search.names()), to: STDERR_FILENO, status: 1)
    }
  }

  /// Replaces this process by `man`, or by a command's short help where there is no manual or no page of it.
  private func showManual(page: String, or help: [String]) -> Never {
    // A shell decides, as it takes one exec instead of a child to start, wait for and answer for.
    let script = #"page=$1; shift; if man -w "$page" >/dev/null 2>&1; then exec man "$page"; else exec "$@"; fi"#
    let words: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", script, "sh", page] + help).map { strdup($0) } + [nil]
    execv("/bin/sh", words)
    fail("cannot run '/bin/sh': \(reason(for: errno))")
  }

  private func reason(for code: Int32) -> String {
    switch code {
    // The file was there a moment ago; what is missing is what its first line names.
    case ENOENT: "its interpreter does not exist"
    case ENOEXEC: "it is neither a program for this machine nor a script with a '#!' line"
    default: Errno(rawValue: code).description
    }
  }

  private func fail(_ message: String) -> Never {
    finish("fatal: \(message)\n", to: STDERR_FILENO, status: 128)
  }

  private func finish(_ text: String, to output: Int32 = STDOUT_FILENO, status: Int32 = 0) -> Never {
    signal(SIGPIPE, SIG_IGN)
    let terminal = Terminal(fileDescriptor: output, environment: [:])
    terminal.write(text)
    guard let code = terminal.failure, output == STDOUT_FILENO else { exit(status) }
    let lost = ExitStatus.lost(code)
    if let message = lost.message { Terminal(fileDescriptor: STDERR_FILENO, environment: [:]).write(message) }
    exit(lost.status.code)
  }
}
