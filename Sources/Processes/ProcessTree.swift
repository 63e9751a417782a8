import Platform
import Synchronization

/// Ends processes until none is left: those that are known, and any that carries the mark, looked for in each round so
/// that what they start meanwhile is found too.
///
/// - `known`: processes to end whatever their environment says.
/// - `grace`: how long they have between SIGTERM and SIGKILL; zero kills at once.
/// - `patience`: how long to go on killing. A process stuck in the kernel cannot be ended at all.
///
/// Returns what still lives.
package func endProcesses(
  known: Set<ProcessIdentity>, marked pattern: MarkPattern?, grace: Duration, patience: Duration = .seconds(10)
) async -> Set<ProcessIdentity> {
  let clock = ContinuousClock()
  func marked(in snapshot: ProcessSnapshot) -> Set<ProcessIdentity> { pattern.map(snapshot.marked) ?? [] }
  let snapshot = await ProcessWatch.shared.snapshot()
  reapAdopted(in: snapshot)
  var targets = known.filter(\.isAlive).union(marked(in: snapshot))
  guard !targets.isEmpty else { return [] }
  var all = known.union(targets)
  if grace > .zero {
    for target in targets { target.send(SIGTERM) }
    await waitForEnd(of: targets, until: clock.now + grace)
  }
  let deadline = clock.now + patience
  repeat {
    targets = all.filter(\.isAlive).union(marked(in: await ProcessWatch.shared.snapshot()))
    all.formUnion(targets)
    for target in targets { target.send(SIGKILL) }
    await waitForEnd(of: targets, until: min(clock.now + .milliseconds(200), deadline))
    reap(all)
  } while !targets.isEmpty && clock.now < deadline
  return targets.filter(\.isAlive)
}

/// Nothing reports the end of a process that is not our child; looked for at growing intervals, and only after a kill.
private func waitForEnd(of targets: Set<ProcessIdentity>, until deadline: ContinuousClock.Instant) async {
  var pause = Duration.milliseconds(2)
  while ContinuousClock.now < deadline, targets.contains(where: \.isAlive) {
    await sleepUncancelled(for: pause)
    pause = min(pause * 2, .milliseconds(50))
  }
}

/// Collects those of `processes` that fell to us when their parents died, and have ended.
private func reap(_ processes: Set<ProcessIdentity>) {
  let ourselves = getpid()
  let ours = liveChildren.withLock { $0 }
  for process in processes where !ours.contains(process.pid) {
    guard let record = ProcessEntry.read(pid: process.pid), record.identity == process, record.isZombie,
      record.parent == ourselves
    else { continue }
    var status: Int32 = 0
    _ = waitpid(process.pid, &status, WNOHANG)
  }
}

/// Ends whatever the tasks of a run left behind, of all their attempts; at the run's very end.
///
/// Returns how many processes were found.
@discardableResult
package func sweepRun(_ run: String, grace: Duration = .seconds(2)) async -> Int {
  await sweep(.run(run), grace: grace)
}

/// The same for a run whose own process was killed: git and gh, too, which nobody waits for any more. So helpers that
/// they left behind on purpose are ended here; git starts them again.
///
/// Not while the run itself starts anything. Agents that are to be taken over are spared, with all that is theirs.
@discardableResult
package func sweepDeadRun(
  _ run: String, sparing spared: Set<RunMark> = [], grace: Duration = .seconds(2)
) async -> Int {
  await sweep(.deadRun(run, sparing: Set(spared.map(\.value))), grace: grace)
}

private func sweep(_ pattern: MarkPattern, grace: Duration) async -> Int {
  let found = await ProcessWatch.shared.snapshot().marked(pattern).count
  _ = await endProcesses(known: [], marked: pattern, grace: grace)
  return found
}

/// Makes orphaned descendants our children, where the system can (Linux), so that they stay in sight. For the whole
/// process; call it once, early, in a program whose job is to supervise. Children do not inherit it.
package func becomeSubreaper() {
  if platform_become_subreaper() { isSubreaper.store(true, ordering: .relaxed) }
}

private let isSubreaper = Atomic(false)

/// Zombies of ours that may be adopted, and when they were first seen.
private let doubtful = Mutex<[ProcessIdentity: ContinuousClock.Instant]>([:])

/// Collects zombies that fell to us as subreaper, if we are one, and leaves alone those that somebody here waits for.
///
/// A child of ours in a session that somebody else leads was adopted. One that leads its own session may be a child that
/// somebody has just started and is about to put down as his: it is taken for adopted only if it is still there half a
/// minute after it was first seen. All others live in our session.
private func reapAdopted(in snapshot: ProcessSnapshot) {
  guard isSubreaper.load(ordering: .relaxed) else { return }
  let (ourselves, session, now) = (getpid(), getsid(0), ContinuousClock.now)
  let ours = liveChildren.withLock { $0 }
  let zombies = snapshot.records.filter { record in
    record.parent == ourselves && record.isZombie && record.session != session && !ours.contains(record.pid)
  }
  let adopted = doubtful.withLock { seen in
    let before = seen
    seen = [:]
    return zombies.filter { zombie in
      if zombie.session != zombie.pid { return true }
      let since = before[zombie.identity] ?? now
      if now - since > .seconds(30) { return true }
      seen[zombie.identity] = since
      return false
    }
  }
  for record in adopted {
    var status: Int32 = 0
    _ = waitpid(record.pid, &status, WNOHANG)
  }
}

/// Keeps this process's memory and environment from others of the same user, those that it starts among them: agents and
/// tests are not given the user's logins, and must not read them here. Linux only; not against root, and not for what is
/// started with them, such as gh. For the whole process; what it execs is readable again.
@discardableResult
package func hideProcess() -> Bool { platform_hide_process() }

/// Whether we are root, whom some programs trust less.
package var runsAsRoot: Bool { geteuid() == 0 }

/// Sleeps whether or not the task is cancelled: for pauses of a clean-up, which a cancelled task must still do.
package func sleepUncancelled(for duration: Duration) async {
  await Task { try? await Task.sleep(for: duration) }.value
}
