import Basics

/// The user's jobs as Slurm lists them. All who ask at the same time get one answer: a controller serves many.
actor SlurmQueue {
  private let list: @Sendable () async throws(LaunchError) -> [SlurmJob]
  private let stopwatch = Stopwatch()
  /// How old an answer may be.
  private let age: Duration
  private var latest: (result: Result<[SlurmJob], LaunchError>, asked: Duration)?
  private var question: (task: Task<Result<[SlurmJob], LaunchError>, Never>, asked: Duration)?

  init(age: Duration = .seconds(1), _ list: @escaping @Sendable () async throws(LaunchError) -> [SlurmJob]) {
    self.age = age
    self.list = list
  }

  /// - Parameter isFresh: whether it must have been asked after this call.
  func jobs(isFresh: Bool = false) async throws(LaunchError) -> [SlurmJob] {
    let called = stopwatch.elapsed
    let oldest = isFresh ? called : called - age
    while true {
      if let latest, latest.asked >= oldest { return try latest.result.get() }
      let present: (task: Task<Result<[SlurmJob], LaunchError>, Never>, asked: Duration)
      if let question {
        present = question
      } else {
        let list = list
        present = (
          Task {
            do throws(LaunchError) {
              let jobs = try await list()
              return .success(jobs)
            } catch {
              return .failure(error)
            }
          }, stopwatch.elapsed
        )
        question = present
      }
      let result = await present.task.value
      if question?.asked == present.asked {
        latest = (result, present.asked)
        question = nil
      }
    }
  }
}
