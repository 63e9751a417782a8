package import Agents
package import Basics
package import Processes
import SystemPackage

/// Starts the agent of one attempt as a job.
package struct JobLauncher: AttemptLauncher {
  let launcher: any Launcher
  let job: Job
  let work: JobWork
  /// Gets what is new of the job; the first before it is submitted, which is not done if this throws.
  let note: @Sendable (JobStatus) async throws -> Void
  let pace: JobPace

  package init(
    _ launcher: any Launcher, job: Job, work: JobWork, pace: JobPace = .usual,
    note: @escaping @Sendable (JobStatus) async throws -> Void
  ) {
    self.launcher = launcher
    self.job = job
    self.work = work
    self.pace = pace
    self.note = note
  }

  package func launch(
    _ invocation: Invocation, files: AttemptFiles, wakeup: AsyncSignal
  ) throws(ProcessFailure) -> any AgentProcess {
    guard invocation.sandbox == nil else {
      throw .notStarted("a sandbox of this machine does not reach to \(launcher.title)'s nodes")
    }
    do {
      try launcher.prepare(job, invocation, work)
    } catch let error as LaunchError {
      throw .notStarted(error.description)
    } catch {
      throw .notStarted("cannot write '\(job.folder.path)': \(FileSystem.reason(error))")
    }
    return JobProcess.begin(self, stream: files.stream, wakeup: wakeup, isNew: true)
  }

  package func adopt(files: AttemptFiles, wakeup: AsyncSignal) -> any AgentProcess {
    JobProcess.begin(self, stream: files.stream, wakeup: wakeup, isNew: false)
  }
}

/// How often is looked and asked, and how long nothing is believed.
package struct JobPace: Sendable {
  /// Between looks at the job's files.
  package var look = Duration.seconds(1)
  /// Between questions to the scheduler about a job that waits, or is to end.
  package var question = Duration.seconds(2)
  /// About one that runs, whose files tell more.
  package var runningQuestion = Duration.seconds(15)
  /// How long a job must be unknown and without a sign of life to count as gone, or over without its exit file.
  package var gone = Duration.seconds(60)
  /// The same of a job that the scheduler says it ended itself.
  package var ended = Duration.seconds(5)
  /// How long a job that was about to be submitted when we died is looked for before it is submitted again.
  package var settling = Duration.seconds(30)
  /// Between tries to submit: at first, and at most.
  package var firstRetry = Duration.seconds(2)
  package var longestRetry = Duration.seconds(60)
  /// Between entries that only tell another reason.
  package var reasons = Duration.seconds(30)

  package static let usual = JobPace()

  /// How many times slower or faster it goes; only tests set it.
  package static let variable = "GIT_ORCH_JOB_PACE"

  package init() {}

  package init(environment: [String: String]) {
    self = environment[Self.variable].flatMap(Double.init).map { .scaled(by: $0) } ?? .usual
  }

  /// All of it faster or slower, for tests.
  package static func scaled(by factor: Double) -> JobPace {
    var pace = JobPace()
    for path in [
      \JobPace.look, \.question, \.runningQuestion, \.gone, \.ended, \.settling, \.firstRetry, \.longestRetry,
      \.reasons,
    ] as [WritableKeyPath<JobPace, Duration>] { pace[keyPath: path] = pace[keyPath: path] * factor }
    return pace
  }
}
