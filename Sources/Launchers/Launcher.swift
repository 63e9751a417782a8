package import Agents
package import Processes
package import SystemPackage

/// What starts agents on other machines: a scheduler, and what is asked of all of them.
///
/// Whoever calls it keeps three rules. The job's key is in the journal before ``start(_:)``. The exit file of the job's
/// folder is the truth, whatever the scheduler says; see ``JobFolder``. And no answer is not the answer that a job is gone.
package protocol Launcher: Sendable {
  /// As settings and journals call it: `slurm`.
  var name: String { get }
  /// As people call it: `Slurm`.
  var title: String { get }
  /// How long a job may wait for its turn.
  var maxPending: Duration { get }

  /// How long nobody need answer before the attempt is given up; nil for a scheduler whose jobs' files are here: they tell
  /// enough.
  var maxSilence: Duration? { get }

  /// Writes all that the job needs into its folder; nothing is submitted yet.
  func prepare(_ job: Job, _ invocation: Invocation, _ work: JobWork) throws
  func start(_ job: Job) async throws(LaunchError) -> JobHandle
  /// The jobs of that key that the scheduler knows, also those that have ended; none is no proof that there never was one.
  func find(_ job: Job) async throws(LaunchError) -> [JobHandle]
  func state(_ handle: JobHandle) async throws(LaunchError) -> JobState
  /// Asks the agent to end, or takes the job out of the queue.
  func stop(_ handle: JobHandle, isPending: Bool) async throws(LaunchError)
  /// Kills the job with all that it started.
  func kill(_ handle: JobHandle, isPending: Bool) async throws(LaunchError)
  /// Lets no agent of the job start any more, should it be on its way, and leaves nothing of it elsewhere; best effort.
  func forbid(_ job: Job) async
  /// Brings what is new of the job into its folder here, where it has one of its own elsewhere. The exit file comes last,
  /// when all that the agent did is here.
  func fetch(_ job: Job) async throws(LaunchError)
  /// Whether jobs have folders of their own elsewhere.
  var travels: Bool { get }
  /// `job 17`.
  func name(of handle: JobHandle?, _ job: Job) -> String
  /// Why the scheduler ended a job that left no exit file, by what it wrote into the job's folder; nil where it did not.
  func reason(in folder: JobFolder) -> String?
  /// Why the job ended as its exit file says, if that was the scheduler's doing.
  func reason(for exit: JobExit, of handle: JobHandle?, in folder: JobFolder) async -> String?
}

/// For schedulers whose nodes see the same files.
extension Launcher {
  package var maxSilence: Duration? { nil }
  package var travels: Bool { false }

  package func prepare(_ job: Job, _ invocation: Invocation, _ work: JobWork) throws {
    try job.folder.prepare(invocation, work.files)
  }

  package func forbid(_ job: Job) async {}
  package func fetch(_ job: Job) async throws(LaunchError) {}
  package func name(of handle: JobHandle?, _ job: Job) -> String { "job \(handle?.id ?? job.key)" }
}

/// What a job's agent, or a program of the project's, works on and with, on this machine.
package struct JobWork: Sendable {
  package var files: AttemptFiles
  /// Its worktree, with the repository's folders; nil where nobody asked.
  package var repository: AgentRepository?
  package var worktree: FilePath
  /// The task's branch.
  package var branch: String?
  /// Where the conversation is that it continues.
  package var earlierNode: String?
  /// Whether it is a program of the project's: what it writes into the worktree is nobody's work.
  package var isProgram: Bool

  package init(
    files: AttemptFiles, repository: AgentRepository?, worktree: FilePath, branch: String?, earlierNode: String? = nil,
    isProgram: Bool = false
  ) {
    self.files = files
    self.repository = repository
    self.worktree = worktree
    self.branch = branch
    self.earlierNode = earlierNode
    self.isProgram = isProgram
  }
}

/// One attempt's job.
package struct Job: Sendable, Equatable {
  /// `<run>/<task>/<attempt>`.
  package let key: String
  package let folder: JobFolder

  package init(key: String, folder: JobFolder) {
    self.key = key
    self.folder = folder
  }
}

/// How the scheduler calls a job. A scheduler that was killed may give a number a second time.
package struct JobHandle: Sendable, Hashable {
  package let id: String
  package let key: String

  package init(id: String, key: String) {
    self.id = id
    self.key = key
  }
}

/// What the scheduler says of a job.
package enum JobState: Sendable, Equatable {
  /// In the scheduler's words.
  case pending(reason: String)
  case running(node: String)
  case ended(JobEnd)
  /// It does not know the job, or not any more.
  case unknown
}

/// How a job ended that is over for the scheduler.
package struct JobEnd: Sendable, Equatable {
  /// A clause about the job: `exceeded its memory limit`; nil where its own exit status says it.
  package let reason: String?

  package init(reason: String?) { self.reason = reason }
}

/// Why a scheduler did not do what it was asked.
package enum LaunchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It would refuse it again.
  case refused(String)
  /// It does not answer, or has no room; what was asked may have been done all the same.
  case unavailable(String)
  /// It has no room for now, and nothing was done.
  case full(String)
  /// The host answers, and its scheduler does not, or has no room; what was asked may have been done all the same.
  case postponed(String)

  /// The same where the host answers, and its scheduler does not: that says nothing of the host.
  var ofAnsweringHost: LaunchError {
    if case .unavailable(let words) = self { .postponed(words) } else { self }
  }

  /// Whether it may do later what it was asked.
  var isTemporary: Bool { if case .refused = self { false } else { true } }

  package var description: String {
    switch self {
    case .refused(let words), .unavailable(let words), .full(let words), .postponed(let words): words
    }
  }
}

/// What is known of a job, for the journal and the screens.
package struct JobStatus: Sendable, Equatable {
  package enum Stage: String, Sendable {
    /// It is handed to the scheduler, which may or may not have it.
    case submitting
    case pending
    case running
  }

  package var stage: Stage
  package var id: String?
  /// Why it waits, or why nothing is known of it at the moment.
  package var reason: String?
  package var node: String?

  package init(stage: Stage, id: String? = nil, reason: String? = nil, node: String? = nil) {
    self.stage = stage
    self.id = id
    self.reason = reason
    self.node = node
  }
}
