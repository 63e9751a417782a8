package import Agents
import Basics
package import Guarding
package import Journal
package import Launchers
package import Processes
package import SystemPackage

/// One run of the project's tests.
package struct TestRun: Sendable {
  package let command: String
  package let repository: AgentRepository
  package let worktree: FilePath
  /// Of the worktree, whether it is checked out there or not.
  package let branch: String
  /// All that they get.
  package let environment: [String: String]
  /// A new file; gets all that they print.
  package let log: FilePath
  package let limit: Duration
  package let run: RunFolder
  /// Names these tests, and nothing else, among what the run starts.
  package let name: String
  package let sandbox: Sandbox?
  /// Where they run; nil for this machine. A sandbox keeps them here, which does not reach anywhere else.
  package let launcher: (any Launcher)?

  package init(
    command: String, repository: AgentRepository, worktree: FilePath, branch: String, environment: [String: String],
    log: FilePath, limit: Duration, run: RunFolder, name: String, sandbox: Sandbox? = nil,
    launcher: (any Launcher)? = nil
  ) {
    self.command = command
    self.repository = repository
    self.worktree = worktree
    self.branch = branch
    self.environment = environment
    self.log = log
    self.limit = limit
    self.run = run
    self.name = name
    self.sandbox = sandbox
    self.launcher = sandbox == nil ? launcher : nil
  }

  package struct Outcome: Equatable, Sendable {
    package let passed: Bool
    /// `exit status 1`, `killed by signal 9`, `not finished after 3600 s`.
    package let words: String
  }

  /// Runs them to their end and ends whatever they leave running.
  /// - Throws: `CancellationError` after the first signal; what the system says when they cannot be started.
  package func perform(stop: StopRequest) async throws -> Outcome {
    try FileSystem.create(log, containing: "")
    let tests = Invocation(
      shell: command, environment: environment, directory: worktree,
      mark: RunMark(run: run.mark, task: name, attempt: 1), sandbox: sandbox)
    KillPoint.before(.testRun)
    defer { KillPoint.after(.testRun) }
    do {
      if let launcher {
        let key = "\(run.id)/\(name)"
        let folder = JobFolder(log.removingLastComponent().appending("\(log.stem ?? name).job"))
        let ending = try await ProgramJob(
          launcher, job: Job(key: key, folder: folder), pace: JobPace(environment: environment)
        ).run(tests, in: repository, branch: branch, to: log, timeout: limit, stop: stop)
        let reason = ending.reason.map { ": \($0)" } ?? ""
        return Outcome(passed: ending.exit.isSuccess, words: "\(ending.exit)\(reason)")
      }
      let exit = try await stop.cancelling(at: .graceful) { try await tests.run(to: log, timeout: limit) }
      return Outcome(passed: exit.isSuccess, words: "\(exit)")
    } catch ProcessFailure.timedOut(let limit) where stop.level == .none {
      return Outcome(passed: false, words: "not finished after \(limit.components.seconds) s")
    } catch {
      if stop.level > .none { throw CancellationError() }
      throw error
    }
  }

  /// The same, noticing what they change in the repository that is not the task's.
  package func perform(stop: StopRequest, for task: String, watchedBy watch: RepositoryWatch) async throws -> Outcome {
    let window = try await watch.begin(task)
    do {
      let outcome = try await perform(stop: stop)
      _ = try await watch.end(window)
      return outcome
    } catch {
      _ = try await watch.end(window)
      throw error
    }
  }

  /// The end of what they printed, safe to show.
  package static func tail(of log: FilePath, limit: Int = 4096) -> String {
    plainText(log.readTail(limit: limit), limit: limit, keepsLines: true)
  }
}
