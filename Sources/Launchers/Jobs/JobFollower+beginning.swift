import Basics
import Processes
import Trace

/// Submitting a job, or finding the one of an earlier process.
extension JobFollower {
  enum Finding {
    case found, absent, over
  }

  /// Looks for the job that an earlier process submitted, or was about to.
  mutating func search() async -> Finding {
    var absentSince: Duration?
    while true {
      let folder = folder
      let (exit, isClaimed) = await offPool { (folder.exit, folder.isClaimed) }
      if let exit {
        await finish(exit)
        return .over
      }
      do throws(LaunchError) {
        let found = try await launcher.find(job)
        // The files tell of one that has begun, whether the scheduler still knows it or not.
        handle = await best(of: found)
        silentSince = nil
        if handle != nil || isClaimed { return .found }
        let since = absentSince ?? now
        absentSince = since
        // It may have been on its way when we died.
        if now - since >= pace.settling { return .absent }
      } catch {
        // Not there and no answer are not the same.
        absentSince = nil
        if isClaimed { return .found }
        if await isGivenUp(error) { return .over }
      }
      if process.wished > .none {
        // Should it be on its way, it finds that it is not wanted.
        folder.forbid(killing: true)
        await launcher.forbid(job)
        process.ends(.unknown, failure: "it was stopped before it began")
        return .over
      }
      await pause(pace.question)
    }
  }

  /// The job that has begun, else one that waits, else any.
  private func best(of handles: [JobHandle]) async -> JobHandle? {
    guard handles.count > 1 else { return handles.first }
    var waiting: JobHandle?
    for handle in handles {
      switch try? await launcher.state(handle) {
      case .running: return handle
      case .pending: waiting = waiting ?? handle
      default: break
      }
    }
    return waiting ?? handles.last
  }

  /// Submits the job, once the scheduler takes it. False when all is over.
  mutating func submit() async -> Bool {
    var delay = pace.firstRetry
    while true {
      if process.wished > .none {
        // One that the scheduler took without telling us finds that it is not wanted.
        folder.forbid(killing: true)
        await launcher.forbid(job)
        process.ends(.unknown, failure: "it was stopped before it began")
        return false
      }
      do throws(LaunchError) {
        KillPoint.before(.jobSubmission)
        let handle = try await launcher.start(job)
        KillPoint.after(.jobSubmission)
        Trace.note(.decision, "job \(handle.id) of \(launcher.title) is \(job.key)")
        self.handle = handle
        status.stage = .pending
        await tell(reason: nil)
        return true
      } catch {
        if case .full(let reason) = error, now - waitingSince < launcher.maxPending {
          silentSince = nil
          await tell(reason: reason)
          await pause(pace.question)
          continue
        }
        guard error.isTemporary, now - waitingSince < launcher.maxPending else {
          folder.forbid(killing: true)
          await launcher.forbid(job)
          process.ends(.unknown, failure: "\(launcher.title) did not take the job: \(error)")
          return false
        }
        if await isGivenUp(error) { return false }
        await pause(delay)
        delay = min(delay * 2, pace.longestRetry)
        // It may have been taken all the same.
        if let found = try? await launcher.find(job), let known = await best(of: found) {
          handle = known
          return true
        }
      }
    }
  }
}
