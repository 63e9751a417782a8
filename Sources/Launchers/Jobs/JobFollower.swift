import Basics
import Processes
import SystemPackage
import Trace

/// Submits a job or finds it, and follows it to its end.
struct JobFollower {
  private let process: JobProcess
  private let launcher: any Launcher
  private let job: Job
  private let pace: JobPace
  private let stopwatch = Stopwatch()

  private var status = JobStatus(stage: .submitting)
  private var noted: (status: JobStatus, at: Duration)?
  private var handle: JobHandle?
  /// Since when the job waits for its turn.
  private var waitingSince = Duration.zero

  init(_ process: JobProcess) {
    self.process = process
    launcher = process.settings.launcher
    job = process.settings.job
    pace = process.settings.pace
  }

  private var folder: JobFolder { job.folder }
  private var now: Duration { stopwatch.elapsed }

  mutating func run(isNew: Bool) async {
    if await begin(isNew: isNew) { await follow() }
    // A job that never began could not do it; with a login in it, it must not stay.
    let folder = folder
    await offPool { folder.forgetEnvironment() }
  }

  /// False when all is over.
  private mutating func begin(isNew: Bool) async -> Bool {
    if isNew {
      do {
        try await note(status)
      } catch {
        process.ends(.unknown, failure: "\(error)")
        return false
      }
      return await submit()
    }
    switch await search() {
    case .over: return false
    case .found: return true
    case .absent: return await submit()
    }
  }

  // MARK: - Beginning

  private enum Finding {
    case found, absent, over
  }

  /// Looks for the job that an earlier process submitted, or was about to.
  private mutating func search() async -> Finding {
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
        if handle != nil || isClaimed { return .found }
        let since = absentSince ?? now
        absentSince = since
        // It may have been on its way when we died.
        if now - since >= pace.settling { return .absent }
      } catch {
        // Not there and no answer are not the same.
        absentSince = nil
        await tell(reason: error.description)
        if isClaimed { return .found }
      }
      if process.wished > .none {
        // Should it be on its way, it finds that it is not wanted.
        folder.forbid(killing: true)
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
  private mutating func submit() async -> Bool {
    var delay = pace.firstRetry
    while true {
      if process.wished > .none {
        // One that the scheduler took without telling us finds that it is not wanted.
        folder.forbid(killing: true)
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
        guard case .unavailable(let reason) = error, now - waitingSince < launcher.maxPending else {
          folder.forbid(killing: true)
          process.ends(.unknown, failure: "\(launcher.title) did not take the job: \(error)")
          return false
        }
        await tell(reason: reason)
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

  // MARK: - Following

  private struct Sight {
    let exit: JobExit?
    let node: String?
    let sign: FileStamp?
    let size: Int64
  }

  /// What is asked, and what is to be done, beside the looks at the files.
  private var question: JobQuestion<(JobHandle?, JobState)>?
  private var deed: JobQuestion<Void>?

  private mutating func follow() async {
    await followOn()
    await question?.drop()
    await deed?.drop()
  }

  private mutating func followOn() async {
    var size: Int64 = -1
    var sign: FileStamp?
    /// When the job last gave a sign of life, or the scheduler one of it.
    var known = now
    var ended: (reason: String?, since: Duration)?
    var nextQuestion = Duration.zero
    var done = JobProcess.Wish.none
    var nextDeed = Duration.zero
    while true {
      let sight = await look()
      // Where the file is on another machine, nobody says that it has grown.
      if sight.size != size {
        size = sight.size
        process.hasGrown()
      }
      if let node = sight.node, !process.hasBegun {
        status.stage = .running
        if status.node == nil { status.node = node }
        await tell(reason: nil)
        process.begins()
      }
      if let exit = sight.exit { return await finish(exit) }
      if sight.sign != sign {
        sign = sight.sign
        known = now
      }
      let wish = process.wished
      if wish > done || wish > .none && now >= nextDeed {
        done = wish
        await fulfil(wish)
        nextDeed = now + pace.question * 5
        nextQuestion = now
      }
      if case .failure(let error)? = deed?.result { await tell(reason: error.description) }
      if let answer = question?.result {
        question = nil
        switch answer {
        case .success((let found, let state)):
          handle = handle ?? found
          if case .ended(let end) = state {
            if ended == nil { ended = (launcher.reason(in: folder) ?? end.reason, now) }
          } else if state != .unknown {
            (known, ended) = (now, nil)
            await note(state)
          }
        case .failure(let error):
          // A job is not gone since nobody answers.
          known = now
          await tell(reason: error.description)
        }
        let isCalm = process.hasBegun && wish == .none && ended == nil
        nextQuestion = now + (isCalm ? pace.runningQuestion : pace.question)
      }
      if let ended, now - ended.since >= (ended.reason != nil || wish > .none ? pace.ended : pace.gone) {
        return vanish(ended.reason)
      }
      // Not while an answer is awaited, which may be that it lives.
      if ended == nil, question == nil,
        now - known >= (wish > .none && !process.hasBegun ? pace.ended : pace.gone)
      {
        return vanish("is gone: \(launcher.title) does not know it any more")
      }
      if question == nil, now >= nextQuestion { ask() }
      if !process.hasBegun, wish == .none, now - waitingSince >= launcher.maxPending {
        return await giveUpWaiting()
      }
      await pause(pace.look)
    }
  }

  private func look() async -> Sight {
    let (folder, stream) = (folder, process.stream)
    return await offPool {
      Sight(exit: folder.exit, node: folder.node, sign: folder.sign, size: FileStamp(stream)?.size ?? 0)
    }
  }

  private mutating func note(_ state: JobState) async {
    switch state {
    case .pending(let reason) where !process.hasBegun:
      status.stage = .pending
      await tell(reason: reason)
    case .running(let node):
      if !node.isEmpty { status.node = node }
      if process.hasBegun { await tell(reason: nil) }
    default: break
    }
  }

  private var id: String { handle?.id ?? job.key }

  private mutating func ask() {
    let (launcher, job, known) = (launcher, job, handle)
    question = JobQuestion(process.nudge) { () async throws(LaunchError) in
      var handle = known
      if handle == nil { handle = try await launcher.find(job).last }
      guard let handle else { return (nil, .unknown) }
      let state = try await launcher.state(handle)
      return (handle, state)
    }
  }

  /// By both ways: the scheduler may be down, and the job's script may be stuck.
  private mutating func fulfil(_ wish: JobProcess.Wish) async {
    KillPoint.before(.jobCancellation)
    defer { KillPoint.after(.jobCancellation) }
    await deed?.drop()
    // A job that waits must not begin any more, whatever the scheduler makes of it.
    let isPending = !process.hasBegun
    if wish == .kill || isPending { folder.forbid(killing: true) }
    guard let handle else { return folder.forbid(killing: wish == .kill) }
    let (launcher, folder) = (launcher, folder)
    deed = JobQuestion(process.nudge) { () async throws(LaunchError) in
      do throws(LaunchError) {
        if wish == .kill {
          try await launcher.kill(handle, isPending: isPending)
        } else {
          try await launcher.stop(handle, isPending: isPending)
        }
      } catch {
        folder.forbid(killing: wish == .kill)
        throw error
      }
    }
  }

  private mutating func giveUpWaiting() async {
    let reason = status.reason.map { " (\($0))" } ?? ""
    let limit = launcher.maxPending.components.seconds
    folder.forbid(killing: true)
    if let handle { try? await launcher.kill(handle, isPending: true) }
    process.ends(
      .unknown,
      failure: "job \(id) of \(launcher.title) was still pending after \(limit) s\(reason), and was taken back")
  }

  // MARK: - Ending

  private func finish(_ exit: JobExit) async {
    process.hasGrown()
    let reason = process.wished > .none ? nil : await launcher.reason(for: exit, of: handle, in: folder)
    if !process.hasBegun { process.begins() }
    process.ends(exit.exit, reason: reason.map { "job \(id) \($0)" })
  }

  /// It is over, and has not said how.
  /// - Parameter reason: why, in the scheduler's words; nil where they say nothing.
  private func vanish(_ reason: String?) {
    // Should it live after all, it ends.
    folder.forbid(killing: true)
    var text = "job \(id) \(reason ?? "ended without telling how")" + (folder.node.map { " on \($0)" } ?? "")
    if !folder.isClaimed { text += "; it never began, or its node does not see '\(folder.path)'" }
    let words = reason == nil ? folder.schedulerErrors.readTail(limit: 400).trimmed : ""
    if !words.isEmpty { text += ": \(words)" }
    process.ends(.unknown, reason: text, failure: folder.isClaimed ? nil : text)
  }

  // MARK: - Telling

  /// What is new, once; another reason alone not too often.
  private mutating func tell(reason: String?) async {
    status.id = handle?.id
    status.reason = reason.flatMap { $0.isEmpty ? nil : plainText($0, limit: 200) }
    // A journal that fails here fails at the attempt's end, too, where it is told.
    try? await note(status)
  }

  private mutating func note(_ status: JobStatus) async throws {
    if let noted {
      guard noted.status != status else { return }
      var plain = status
      plain.reason = noted.status.reason
      if plain == noted.status, noted.status.reason != nil, now - noted.at < pace.reasons { return }
    }
    noted = (status, now)
    try await process.settings.note(status)
  }

  /// Until something is wished, at most.
  private func pause(_ time: Duration) async {
    await process.nudge.wait(until: stopwatch.elapsed + time, on: stopwatch)
  }
}
