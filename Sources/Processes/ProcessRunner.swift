import Platform
import Subprocess
package import SystemPackage

/// A program to be run to its end, with everything that it writes kept.
package struct Program: Sendable {
  package let executable: FilePath
  package let arguments: [String]
  /// The whole environment: nothing is inherited beside it.
  package let environment: [String: String]
  /// Where it runs; ours when nil.
  package let directory: FilePath?

  package init(
    executable: FilePath, arguments: [String], environment: [String: String], directory: FilePath? = nil
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// How long a program that is to end has between SIGTERM and SIGKILL.
  @TaskLocal package static var grace = Duration.seconds(5)

  /// Where `program` is on the `PATH` of `environment`; nil when it is nowhere.
  package static func locate(_ program: String, in environment: [String: String]) -> FilePath? {
    for folder in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
      let candidate = FilePath(String(folder)).appending(program)
      if candidate.withPlatformString({ access($0, X_OK) }) == 0 { return candidate }
    }
    return nil
  }

  /// Runs it. An exit status other than 0 is a result, not an error.
  ///
  /// It runs in a session of its own: it cannot ask on the terminal, and a Ctrl-C reaches us alone, who then decide.
  /// When the task is cancelled or `timeout` is over, it and its children get SIGTERM, and SIGKILL ``grace`` later; the
  /// call returns after that.
  package func run(input: [UInt8]? = nil, timeout: Duration? = nil) async throws(ProgramFailure) -> ProgramOutput {
    do {
      guard let timeout else { return try await run(input: input) }
      return try await withThrowingTaskGroup(of: ProgramOutput.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await run(input: input) }
        group.addTask {
          try await Task.sleep(for: timeout)
          throw ProgramFailure.timedOut(timeout)
        }
        guard let output = try await group.next() else { throw CancellationError() }
        return output
      }
    } catch let failure as ProgramFailure {
      throw failure
    } catch {
      if Task.isCancelled || error is CancellationError { throw .cancelled }
      throw .notStarted("\(error)")
    }
  }

  private func run(input: [UInt8]?) async throws -> ProgramOutput {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.grace)]
    let result = try await Subprocess.run(
      .path(executable), arguments: Arguments(arguments),
      // Subprocess wants these with their final zero byte.
      environment: .custom(environment.map { Array("\($0.key)=\($0.value)\0".utf8) }), workingDirectory: directory,
      platformOptions: options, input: .array(input ?? []), output: .bytes(limit: .max), error: .bytes(limit: .max))
    // A cancelled child is no result: it was stopped half way.
    try Task.checkCancellation()
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return ProgramOutput(status: status, standardOutput: result.standardOutput, standardError: result.standardError)
  }
}

/// What a program left behind.
package struct ProgramOutput: Sendable, Equatable {
  /// The exit status; 128 + the signal's number when a signal ended it, as a shell counts.
  package let status: Int32
  package let standardOutput: [UInt8]
  package let standardError: [UInt8]

  package init(status: Int32, standardOutput: [UInt8], standardError: [UInt8]) {
    self.status = status
    self.standardOutput = standardOutput
    self.standardError = standardError
  }
}

/// Why there is no result of a program.
package enum ProgramFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case timedOut(Duration)
  case cancelled
  /// In the system's words.
  case notStarted(String)

  package var description: String {
    switch self {
    case .timedOut(let limit): "it did not finish within \(limit.components.seconds) s"
    case .cancelled: "it was canceled"
    case .notStarted(let reason): "it could not be started: \(reason)"
    }
  }
}
