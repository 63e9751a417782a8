import Basics
package import SystemPackage

/// A program to be started, with all that it gets. Everything that is started by us is one of these.
package struct Invocation: Sendable, Equatable {
  package var executable: FilePath
  /// Without the program's name.
  package var arguments: [String]
  /// The whole environment: nothing else is inherited.
  package var environment: [String: String]
  /// Where it runs; our own folder when nil.
  package var directory: FilePath?
  /// Goes into the environment, so that all it starts can be found; see ``RunMark``. Without one, a run's own mark does.
  package var mark: RunMark?
  /// What it is held to; see ``asStarted``.
  package var sandbox: Sandbox?

  package init(
    executable: FilePath, arguments: [String], environment: [String: String], directory: FilePath? = nil,
    mark: RunMark? = nil, sandbox: Sandbox? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.mark = mark
    self.sandbox = sandbox
  }

  /// A command line for the shell, such as a setting holds.
  package init(
    shell command: String, environment: [String: String], directory: FilePath, mark: RunMark? = nil,
    sandbox: Sandbox? = nil
  ) {
    self.init(
      executable: "/bin/sh", arguments: ["-c", command], environment: environment, directory: directory, mark: mark,
      sandbox: sandbox)
  }

  /// What a user calls it: `git push`, `'npm ci' of build`. Holds no arguments but a shell's, which settings hold.
  package var words: String {
    let name = executable.name
    let owner = mark.flatMap { $0.value.split(separator: "/").dropFirst().first }
    // A question is no task's.
    let task = owner.flatMap { $0 == "-" ? nil : " of \($0)" } ?? ""
    if name == "sh", arguments.first == "-c", let line = arguments.last?.split(separator: "\n").first {
      return "'\(line.count > 60 ? line.prefix(60) + "…" : line)'" + task
    }
    guard ["git", "gh"].contains(name) else { return name + task }
    var rest = arguments[...]
    while let first = rest.first, first.hasPrefix("-") { rest = rest.dropFirst(["-c", "-C"].contains(first) ? 2 : 1) }
    return name + (rest.first.map { " \($0)" } ?? "") + task
  }

  /// The environment as the program gets it.
  package var finalEnvironment: [String: String] {
    var result = environment
    // Whatever else is passed on: it is about this process alone.
    result[KillPoint.variable] = nil
    if let mark {
      result[RunMark.variable] = mark.value
    } else if let run = RunMark.run, result[RunMark.variable] == nil {
      // That of a run around ours stays: what is started here ends with the agent that called us.
      result[RunMark.variable] = run
    }
    if let directory {
      // A stale PWD makes shells and tools believe they are elsewhere.
      result["PWD"] = directory.string
      result["OLDPWD"] = nil
    }
    return result
  }
}
