import Agents
package import Basics
import Git
package import Processes
import Subprocess
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One run of the project's tests.
package struct TestRun: Sendable {
  package let command: String
  package let worktree: FilePath
  package let environment: [String: String]
  /// Made anew; gets all that they print.
  package let log: FilePath
  package let limit: Duration
  package let run: String
  /// Names these tests, and nothing else, among what the run starts.
  package let name: String

  package init(
    command: String, worktree: FilePath, environment: [String: String], log: FilePath, limit: Duration, run: String,
    name: String
  ) {
    self.command = command
    self.worktree = worktree
    self.environment = environment
    self.log = log
    self.limit = limit
    self.run = run
    self.name = name
  }

  package struct Outcome: Equatable, Sendable {
    package let passed: Bool
    /// `exit status 1`, `killed by signal 9`, `not finished after 3600 s`.
    package let words: String
  }

  private enum Overdue: Error { case overdue }

  /// Runs them to their end and ends whatever they leave running.
  /// - Throws: `CancellationError` after the first signal; what the system says when they cannot be started.
  package func perform(stop: StopRequest) async throws -> Outcome {
    try FileSystem.create(log, containing: "")
    let result: Swift.Result<Outcome, any Error>
    do {
      result = .success(try await stop.cancelling(at: .graceful) { try await withinLimit() })
    } catch {
      result = .failure(error)
    }
    // Only now, when the shell itself is collected: the sweep collects what it ends.
    _ = await sweepRun("\(run)/\(name)")
    if stop.level > .none, case .failure = result { throw CancellationError() }
    return try result.get()
  }

  private func withinLimit() async throws -> Outcome {
    do {
      return try await withThrowingTaskGroup(of: Outcome.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await execute() }
        group.addTask {
          try await Task.sleep(for: limit)
          throw Overdue.overdue
        }
        guard let outcome = try await group.next() else { throw CancellationError() }
        return outcome
      }
    } catch is Overdue {
      return Outcome(passed: false, words: "not finished after \(limit.components.seconds) s")
    }
  }

  private func execute() async throws -> Outcome {
    var environment = GitEnvironment.withoutRepository(environment)
    environment[RunMark.variable] = RunMark(run: run, task: name, attempt: 1).value
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(5))]
    let file = try FileDescriptor.open(log, .writeOnly, options: [.append, .closeOnExec])
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", command],
      // Subprocess wants these with their final zero byte.
      environment: .custom(environment.map { Array("\($0.key)=\($0.value)\0".utf8) }), workingDirectory: worktree,
      platformOptions: options, input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: true),
      error: .combinedWithOutput)
    try Task.checkCancellation()
    return switch result.terminationStatus {
    case .exited(let code): Outcome(passed: code == 0, words: "exit status \(code)")
    case .signaled(let signal): Outcome(passed: false, words: "killed by signal \(signal)")
    }
  }

  /// The end of what they printed, safe to show.
  package static func tail(of log: FilePath, limit: Int = 4096) -> String {
    plainText(log.readTail(limit: limit), limit: limit, keepsLines: true)
  }
}
