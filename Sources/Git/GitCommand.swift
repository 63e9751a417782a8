import Basics
package import Processes
package import SystemPackage

/// The `git` program in one directory: for what is git's own to do.
///
/// It never asks on the terminal: it runs in a session of its own, with `GIT_TERMINAL_PROMPT=0` and credential helpers
/// and askpass programs only as the user set them. It is bound to no repository but the one `directory` is in: a
/// `GIT_DIR` in the environment is dropped, unless the command was made by ``Repository/command``.
package struct GitCommand: Sendable {
  package let directory: FilePath
  /// What git gets as its environment.
  package let environment: [String: String]

  /// A command that runs in `directory`, with `environment` less the variables that bind git to another repository.
  package init(directory: FilePath, environment: [String: String]) {
    self.init(directory: directory, preparedEnvironment: GitEnvironment.forGit(environment))
  }

  init(directory: FilePath, preparedEnvironment: [String: String]) {
    self.directory = directory
    environment = preparedEnvironment
  }

  /// The same command with further variables.
  package func adding(_ variables: [String: String]) -> GitCommand {
    GitCommand(directory: directory, preparedEnvironment: environment.merging(variables) { $1 })
  }

  /// Runs git to its end and returns all it wrote. An exit status other than 0 is a result, not an error; a git that
  /// somebody kills has none.
  ///
  /// `configuration` holds for this call alone. A git that says that the system has no process left for what it starts in
  /// its turn is run again, for a quarter of a minute in all.
  ///
  /// When the task is cancelled, `timeout` is over, or an exchange with a remote is cut short by the second Ctrl-C, git
  /// and its children get SIGTERM, and SIGKILL five seconds later; the call returns after that.
  /// - Throws: `.gitMissing`, `.timedOut`, `.cancelled`, `.commandFailed` when it was killed, or `.other` when the process
  ///   cannot be started.
  @discardableResult
  package func run(
    _ purpose: GitPurpose, _ arguments: [String], input: [UInt8]? = nil, timeout: Duration? = nil,
    configuration: [FrozenConfiguration.Entry] = []
  ) async throws(GitError) -> GitOutput {
    let invocation = await Invocation.preparedGit(
      try program, for: purpose, arguments, in: directory, environment: environment, configuration: configuration)
    let name = "git \(arguments.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "")"
    var pause = Duration.milliseconds(500)
    KillPoint.before(git: arguments)
    while true {
      let output = try await perform(invocation, for: purpose, input: input, timeout: timeout, called: name)
      guard output.lacksProcesses, purpose.mayBeRepeated, pause < .seconds(16) else {
        KillPoint.after(git: arguments)
        return output
      }
      // By chance, so that those that got into each other's way do not again.
      do {
        try await Task.sleep(for: pause * Double.random(in: 0.7...1.3))
      } catch {
        throw GitError(.cancelled, "'\(name)' was canceled")
      }
      pause = pause * 2
    }
  }

  /// What speaks with a remote may wait forever, for its answer or for a hook: the second Ctrl-C ends it.
  private func perform(
    _ invocation: Invocation, for purpose: GitPurpose, input: [UInt8]?, timeout: Duration?, called name: String
  ) async throws(GitError) -> GitOutput {
    guard purpose.isWithRemote else { return try await invocation.run(input: input, timeout: timeout, called: name) }
    do {
      return try await StopRequest.withinRun {
        try await invocation.run(input: input, timeout: timeout, called: name)
      }
    } catch {
      throw error as? GitError ?? GitError(.cancelled, "'\(name)' was canceled")
    }
  }

  /// git on the `PATH` of the environment.
  package var program: FilePath {
    get throws(GitError) {
      guard let program = ExecutableSearch(environment).locate("git") else { throw GitEnvironment.gitMissing }
      return program
    }
  }

  /// As ``run(_:_:input:timeout:configuration:)``, for commands that must succeed.
  /// - Throws: `.commandFailed` with git's own standard error when the status is not 0.
  @discardableResult
  package func require(
    _ purpose: GitPurpose, _ arguments: [String], input: [UInt8]? = nil, timeout: Duration? = nil,
    configuration: [FrozenConfiguration.Entry] = []
  ) async throws(GitError) -> GitOutput {
    let output = try await run(
      purpose, arguments, input: input, timeout: timeout, configuration: configuration)
    guard output.isSuccess else { throw GitError(output) }
    return output
  }

  /// Which git this is.
  package func version() async throws(GitError) -> GitVersion {
    let text = try await require(.reading, ["version"]).text
    guard let version = GitVersion(output: text) else {
      throw GitError(.other, "cannot read git's version from '\(text)'")
    }
    return version
  }
}

extension GitError {
  /// The failure of a git command, in its own words.
  package init(_ output: GitOutput) {
    let words = output.complaint
    let code: Code =
      if words.contains("No space left on device") || words.contains("Disk quota exceeded") {
        .diskFull
      } else if words.contains("not a git repository") {
        .notARepository
      } else if words.contains("dubious ownership") {
        .unsafeOwner
      } else {
        .commandFailed
      }
    self.init(code, words)
  }
}

extension GitError {
  /// The failure of a program that has no result; `name` is what the message calls it.
  init(_ failure: ProcessFailure, of name: String, at program: FilePath) {
    switch failure {
    case .timedOut(let limit): self.init(.timedOut, "'\(name)' did not finish within \(limit)")
    case .cancelled: self.init(.cancelled, "'\(name)' was canceled")
    case .notStarted(let reason), .exhausted(let reason): self.init(.other, "cannot run '\(program)': \(reason)")
    case .outputTooLarge: self.init(.other, "the output of '\(name)' is of no use: \(failure)")
    }
  }
}

extension Invocation {
  /// Runs a program that is part of what git does; `name` is what errors call it.
  package func run(input: [UInt8]?, timeout: Duration?, called name: String) async throws(GitError) -> GitOutput {
    let output: ProcessOutput
    do throws(ProcessFailure) {
      output = try await run(input: input, timeout: timeout)
    } catch {
      throw GitError(error, of: name, at: executable)
    }
    // git itself is told by an option.
    let folder = arguments.firstIndex(of: "-C").flatMap { arguments.dropFirst($0 + 1).first }.map { FilePath($0) }
    return try GitOutput(answer: output, of: name, in: directory ?? folder)
  }
}
