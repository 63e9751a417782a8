import Basics
package import Git
package import Processes
import Settings
package import SystemPackage

/// What a new worktree needs beyond git's files: ignored files such as `.env`, and the user's setup command.
package struct WorktreeSetup: Sendable {
  /// The checkout from which ignored files are brought along; nil when there is none (a bare repository).
  package let source: FilePath?
  /// Paths relative to it, each ignored by git.
  package var ignoredFiles: [String]
  package let command: String?
  /// How long it may take.
  package let limit: Duration
  package var environment: [String: String]

  /// As the settings of a workplace have it.
  package init(_ place: RepositoryContext) async throws(GitError) {
    source = place.checkout
    var files: [String] = []
    if place.checkout != nil {
      files = try await Self.ignoredFiles(matching: place.settings[.worktreeCopy], git: place.git)
      let known = Set(files)
      files += try await Self.includedFiles(place.settings.worktreeInclude, git: place.git).filter {
        !known.contains($0)
      }
    }
    ignoredFiles = files
    command = place.settings[.worktreeSetup]
    limit = place.settings[.worktreeSetupTimeout]
    environment = GitVariables.keepingCommandLineValues(EnvironmentPolicy(place.settings).own(place.environment))
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Asks git which of the files that match `patterns` it ignores; only those are brought along, since any other
  /// would show as uncommitted work in the worktree.
  private static func ignoredFiles(matching patterns: [String], git: GitCommand) async throws(GitError) -> [String] {
    // A name that is no pattern, of a file that is not there, is the usual case.
    let mayFit = patterns.contains { pattern in
      pattern.contains { "*?[\\".contains($0) } || FileStamp("\(git.directory)/\(pattern)") != nil
    }
    guard mayFit else { return [] }
    let listing = try await git.require(
      .reading,
      ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"] + patterns.map { ":(top,glob)\($0)" })
    return listing.bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Those that patterns of gitignore's fit, as far as git ignores them.
  private static func includedFiles(_ patterns: [String], git: GitCommand) async throws(GitError) -> [String] {
    guard !patterns.isEmpty else { return [] }
    let fitting = try await git.require(
      .reading,
      ["ls-files", "-z", "--others", "--ignored"] + patterns.map { "--exclude=\($0)" } + ["--", ":(top)"])
    guard !fitting.bytes.isEmpty else { return [] }
    // 1: none of them is.
    let ignored = try await git.run(.reading, ["check-ignore", "-z", "--stdin"], input: fitting.bytes)
    return ignored.isSuccess
      ? ignored.bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) } : []
  }

  /// Copies what git's checkout did not bring. A path that is there already is left alone; what is no plain file, or
  /// lies behind a link, is left out: a repository can have a link where the user has a folder with secrets.
  /// - Returns: what was left out and why, a sentence each.
  package func copyIgnoredFiles(to worktree: FilePath) throws(Failure) -> [String] {
    guard let source else { return [] }
    KillPoint.before(.ignoredFiles)
    defer { KillPoint.after(.ignoredFiles) }
    let copy = LinklessCopy(from: source, to: worktree)
    var notes: [String] = []
    for file in ignoredFiles {
      do throws(Errno) {
        if case .skipped(let reason) = try copy.copy(file) {
          notes.append("'\(file)' is not copied into the worktree: \(reason)")
        }
      } catch {
        throw Failure(description: "cannot copy '\(file)' into '\(worktree)': \(error)")
      }
    }
    return notes
  }

  /// Runs the setup command in the worktree, its output going to `log`. What it starts and leaves behind, a server
  /// perhaps, may stay as long as the run that `mark` names, unless `sweeps` says otherwise.
  package func run(
    in worktree: FilePath, log: FilePath, mark: RunMark, sandbox: Sandbox? = nil, sweeps: Bool = false
  ) async throws {
    guard let command else { return }
    try FileSystem.create(log, containing: "")
    let setup = Invocation(shell: command, environment: environment, directory: worktree, mark: mark, sandbox: sandbox)
    let exit: ExitDescription
    KillPoint.before(.setup)
    defer { KillPoint.after(.setup) }
    do throws(ProcessFailure) {
      exit = try await setup.run(to: log, timeout: limit, sweeps: sweeps)
    } catch {
      if error == .cancelled { throw CancellationError() }
      if case .timedOut(let limit) = error {
        throw Failure(
          description: "setup command '\(command)' did not finish within \(limit.components.seconds) s "
            + "(orchestrator.worktree.setupTimeout)")
      }
      throw Failure(description: "setup command '\(command)': \(error)")
    }
    guard exit.isSuccess else {
      let words = log.readTail(limit: 4096).split(separator: "\n").last.map { ": \($0)" } ?? ""
      // Most set-ups fetch something.
      let place = sandbox?.profile.allowsNetwork == false ? " in a sandbox without network" : ""
      throw Failure(description: "setup command '\(command)' failed\(place) (\(exit))\(words)")
    }
  }
}
