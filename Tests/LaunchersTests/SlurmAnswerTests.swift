import Basics
import Processes
import Synchronization
import Testing

@testable import Launchers

@Suite struct SlurmAnswerTests {
  @Test(arguments: [
    ("17|PENDING||Resources|r/a/1|/run/a.job", JobState.pending(reason: "Resources")),
    ("17|PENDING||None|r/a/1|/run/a.job", .pending(reason: "")),
    ("17|CONFIGURING|n1|None|r/a/1|/run/a.job", .pending(reason: "")),
    ("17|RUNNING|n1|None|r/a/1|/run/a.job", .running(node: "n1")),
    ("17|COMPLETING|n1|None|r/a/1|/run/a.job", .running(node: "n1")),
    ("17|COMPLETED|n1|None|r/a/1|/run/a.job", .ended(JobEnd(reason: nil))),
    ("17|FAILED|n1|NonZeroExitCode|r/a/1|/run/a.job", .ended(JobEnd(reason: nil))),
    ("17|TIMEOUT|n1|TimeLimit|r/a/1|/run/a.job", .ended(JobEnd(reason: "reached its time limit"))),
    ("17|OUT_OF_MEMORY|n1|OutOfMemory|r/a/1|/run/a.job", .ended(JobEnd(reason: "exceeded its memory limit"))),
    ("17|NODE_FAIL|n1|NodeDown|r/a/1|/run/a.job", .ended(JobEnd(reason: "lost its node"))),
    ("17|NEW_STATE|n1|None|r/a/1|/run/a.job", .ended(JobEnd(reason: "ended as NEW_STATE"))),
  ])
  func `a line of squeue`(line: String, state: JobState) throws {
    let job = try #require(SlurmJob(line[...]))
    #expect(job.id == "17")
    #expect(job.name == "r/a/1")
    #expect(job.comment == "/run/a.job")
    #expect(job.jobState == state)
  }

  @Test func `a folder may have the separator in its name`() {
    #expect(SlurmJob("1|RUNNING|n1|None|r/a/1|/a|b/c.job")?.comment == "/a|b/c.job")
    #expect(SlurmJob("slurm_load_jobs error: Invalid job id specified") == nil)
  }

  @Test(arguments: [
    "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
    "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
    "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying",
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates "
      + "accounting/QOS policy (job submit limit, user's size and/or time limits)",
  ])
  func `what may be taken later is asked again`(words: String) {
    guard case .unavailable = SlurmAnswers.failure("sbatch", words) else {
      Issue.record("\(words)")
      return
    }
  }

  @Test func `what would be refused again is not`() {
    let words = "sbatch: error: Batch job submission failed: Invalid partition name specified\n"
    #expect(
      SlurmAnswers.failure("sbatch", words)
        == .refused("sbatch: error: Batch job submission failed: Invalid partition name specified"))
    #expect(SlurmAnswers.failure("sinfo", "") == .refused("sinfo: it failed without a word"))
  }

  @Test func `all who ask at once get one answer, and a fresh one is asked for later`() async throws {
    let asked = Mutex(0)
    let queue = SlurmQueue(age: .seconds(3600)) { () async throws(LaunchError) in
      asked.withLock { $0 += 1 }
      return []
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try? await queue.jobs() } }
    }
    #expect(asked.withLock(\.self) == 1)
    _ = try await queue.jobs(isFresh: true)
    #expect(asked.withLock(\.self) == 2)
  }
}
