import Basics
import Processes
import SystemPackage
import Trace

/// Submits a job or finds it, and follows it to its end.
struct JobFollower {
  let process: JobProcess
  let launcher: any Launcher
  let job: Job
  let pace: JobPace
  let stopwatch = Stopwatch()

  var status = JobStatus(stage: .submitting)
  private var noted: (status: JobStatus, at: Duration)?
  var handle: JobHandle?
  /// Since when the job waits for its turn.
  var waitingSince = Duration.zero

  init(_ process: JobProcess) {
    self.process = process
    launcher = process.settings.launcher
    job = process.settings.job
    pace = process.settings.pace
  }

  var folder: JobFolder { job.folder }
  var now: Duration { stopwatch.elapsed }

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
  /// What brings the job's files here, where they are elsewhere.
  private var fetching: JobQuestion<Void>?
  private var nextFetching = Duration.zero
  /// When the question began that is asked, and the last one that was answered.
  private var fetchBegan = Duration.zero
  private var answeredFetch = Duration.seconds(-1)
  /// Since when nobody answers.
  var silentSince: Duration?

  private mutating func follow() async {
    await followOn()
    await question?.drop()
    await deed?.drop()
    await fetching?.drop()
  }

  private mutating func followOn() async {
    var size: Int64 = -1
    var sign: FileStamp?
    /// When the job last gave a sign of life, or the scheduler one of it.
    var known = now
    var ended: (reason: String?, since: Duration)?
    var nextQuestion = Duration.zero
    var done = JobProcess.Wish.none
    var wishedAt = Duration.zero
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
        if done == .none { wishedAt = now }
        done = wish
        await fulfil(wish)
        nextDeed = now + pace.question * 5
        nextQuestion = now
      }
      if case .failure(let error)? = deed?.result { await tell(reason: error.description) }
      if let answer = fetching?.result {
        fetching = nil
        switch answer {
        case .success: (silentSince, answeredFetch) = (nil, fetchBegan)
        case .failure(let error):
          // A job is not gone since nobody answers.
          known = now
          if await isGivenUp(error) { return }
          nextFetching = now + pace.question
        }
      }
      if launcher.travels, fetching == nil, now >= nextFetching {
        let (launcher, job) = (launcher, job)
        fetchBegan = now
        fetching = JobQuestion(process.nudge) { () async throws(LaunchError) in try await launcher.fetch(job) }
      }
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
      // Not while an answer is awaited, which may be that it lives: it may have begun there a moment ago.
      if ended == nil, question == nil, !launcher.travels || answeredFetch >= wishedAt,
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

  var name: String { launcher.name(of: handle, job) }

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
    // Why it waits is what the user needs most.
    if status.reason == nil, let handle, case .pending(let words)? = try? await launcher.state(handle), !words.isEmpty {
      status.reason = plainText(words, limit: 200)
    }
    let reason = status.reason.map { " (\($0))" } ?? ""
    let limit = launcher.maxPending.components.seconds
    folder.forbid(killing: true)
    if let handle { try? await launcher.kill(handle, isPending: true) }
    try? await launcher.fetch(job)
    process.ends(
      .unknown,
      failure: "\(name) of \(launcher.title) was still pending after \(limit) s\(reason), and was taken back")
  }

  // MARK: - Ending

  func finish(_ exit: JobExit) async {
    process.hasGrown()
    let reason = process.wished > .none ? nil : await launcher.reason(for: exit, of: handle, in: folder)
    let text = reason.map { "\(name) \($0)" }
    if !process.hasBegun { process.begins() }
    let folder = folder
    let hasBegun = await offPool { folder.isClaimed }
    process.ends(exit.exit, reason: text, failure: hasBegun ? nil : text)
  }

  /// Takes note that nobody answers; true when that has lasted too long. What the agent did there is not lost: see
  /// ``FarRemains``.
  mutating func isGivenUp(_ error: LaunchError) async -> Bool {
    // The host itself answers.
    if case .postponed = error {
      silentSince = nil
      await tell(reason: error.description)
      return false
    }
    let since = silentSince ?? now
    silentSince = since
    // Nor does whoever wants an end at once wait for a host.
    let isUrgent = process.wished == .kill && now - since >= pace.ended
    if let limit = launcher.maxSilence, now - since >= limit || isUrgent {
      folder.forbid(killing: true)
      let minutes = max(1, (now - since).components.seconds / 60)
      process.ends(
        .signal(9),
        reason:
          "nothing is known of \(name) for \(minutes) min: \(error); if its agent has done anything since it began, "
          + "'git orch run --continue' or 'git orch cleanup' brings it home once the host answers",
        failure: folder.isClaimed ? nil : "nothing is known of \(name) for \(minutes) min: \(error)")
      return true
    }
    await tell(reason: error.description)
    return false
  }

  /// It is over, and has not said how.
  /// - Parameter reason: why, in the scheduler's words; nil where they say nothing.
  private func vanish(_ reason: String?) {
    // Should it live after all, it ends.
    folder.forbid(killing: true)
    var text = "\(name) \(reason ?? "ended without telling how")" + (folder.node.map { " on \($0)" } ?? "")
    if !folder.isClaimed { text += "; it never began, or its node does not see '\(folder.path)'" }
    let words = reason == nil ? folder.schedulerErrors.readTail(limit: 400).trimmed : ""
    if !words.isEmpty { text += ": \(words)" }
    process.ends(.unknown, reason: text, failure: folder.isClaimed ? nil : text)
  }

  // MARK: - Telling

  /// What is new, once; another reason alone not too often.
  mutating func tell(reason: String?) async {
    status.id = handle?.id
    status.reason = reason.flatMap { $0.isEmpty ? nil : plainText($0, limit: 200) }
    // A journal that fails here fails at the attempt's end, too, where it is told.
    try? await note(status)
  }

  mutating func note(_ status: JobStatus) async throws {
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
  func pause(_ time: Duration) async {
    await process.nudge.wait(until: stopwatch.elapsed + time, on: stopwatch)
  }
}
