import OrchVersion

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Does what the command line says; a command replaces this process, so that its status, signals and arguments are
/// its own, byte for byte.
package func dispatch(count: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Never {
  let words = (0..<Int(count)).prefix(3).map { index in arguments[index].map { String(cString: $0) } ?? "" }
  let path = getenv("PATH").map { String(cString: $0) }
  let ownFolder = ownFolder(calledAs: words.first ?? "git-orch", path: path)
  let search = CommandSearch(ownFolder: ownFolder, path: path)

  switch Request(words.dropFirst()) {
  case .run(let name):
    let file = executable(of: name, in: search, ownFolder: ownFolder)
    file.withCString { file in
      var rest: [UnsafeMutablePointer<CChar>?] = [UnsafeMutablePointer(mutating: file)]
      for index in 2..<max(2, Int(count)) { rest.append(arguments[index]) }
      rest.append(nil)
      execv(file, rest)
    }
    fail("cannot run '\(file)': \(reason(for: errno))")
  case .manual(let name):
    // The suite's own page falls back to `git-orch -h`, a command's to its own short help.
    let file = name.map { executable(of: $0, in: search, ownFolder: ownFolder) } ?? "\(ownFolder ?? ".")/git-orch"
    showManual(page: name.map { "git-orch-\($0)" } ?? "git-orch", orHelpOf: file)
  case .version:
    finish("git-orch version \(version)\n")
  case .usage:
    finish(usageText(found: search.names()))
  case .nothing:
    finish(usageText(found: search.names()), status: 1)
  case .unknownOption(let option):
    finish("unknown option: \(visible(option))\n" + usageText(found: search.names()), to: STDERR_FILENO, status: 129)
  }
}

private func executable(of name: String, in search: CommandSearch, ownFolder: String?) -> String {
  switch search.command(name) {
  case .found(let path): return path
  case .notExecutable(let path): fail("cannot run '\(path)': it is not an executable file")
  case .absent:
    if ownCommands.contains(where: { $0.name == name }) {
      fail("'git-orch-\(name)' is missing from '\(ownFolder ?? "the installation")'; install git-orch again")
    }
    finish(unknownCommandText(name, found: search.names()), to: STDERR_FILENO, status: 1)
  }
}

/// Replaces this process by `man`, or by the command's own `-h` where there is no manual or no page of it.
private func showManual(page: String, orHelpOf file: String) -> Never {
  // A shell decides, as it takes one exec instead of a child to start, wait for and answer for.
  let script = #"if man -w "$1" >/dev/null 2>&1; then exec man "$1"; else exec "$2" -h; fi"#
  let texts: [String] = ["sh", "-c", script, "sh", page, file]
  let words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
  execv("/bin/sh", words)
  fail("cannot run '/bin/sh': \(reason(for: errno))")
}

private func reason(for code: Int32) -> String {
  switch code {
  // The file was there a moment ago; what is missing is what its first line names.
  case ENOENT: "its interpreter does not exist"
  case ENOEXEC: "it is neither a program for this machine nor a script with a '#!' line"
  default: String(cString: strerror(code))
  }
}

private func fail(_ message: String) -> Never {
  finish("fatal: \(message)\n", to: STDERR_FILENO, status: 128)
}

private func finish(_ text: String, to output: Int32 = STDOUT_FILENO, status: Int32 = 0) -> Never {
  var text = text
  let isWritten = text.withUTF8 { bytes in
    var written = 0
    while written < bytes.count {
      let count = write(output, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      written += count
    }
    return true
  }
  exit(isWritten ? status : 128)
}
