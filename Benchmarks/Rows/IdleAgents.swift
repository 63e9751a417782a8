import Basics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Row {
  /// Agents that live and say nothing: what it takes to wait for them.
  static func idleAgents(_ count: Int, seconds: Int, wanted: String) -> Row {
    Row(name: "\(Text.count(count)) idle agents", wanted: wanted, against: nil, needs: 120) { bench in
      guard ProcessFigures.cpu(getpid()) != nil else { throw BenchError.notHere("there is no /proc to read") }
      let world = try TaskWorld(bench, "idle", tasks: count, agent: .idle)
      var limits = Command.Limits()
      limits.seconds = 220
      // It is stopped by us, whatever its exit status is then.
      let command = world.orch(["run", "--no-pr", "-j", "\(count)"], limits: limits, accepting: Set(0...255))
      let begin = ContinuousClock.now
      let child = try Child(command)
      let patience = min(150, bench.secondsLeft - 60)
      while Files.size(world.begun) < count, (ContinuousClock.now - begin).inSeconds < patience, isAlive(child.pid) {
        usleep(50_000)
      }
      let begun = Files.size(world.begun)
      let beginning = (ContinuousClock.now - begin).inSeconds
      let measurement =
        begun == count
        ? program(below: child.pid).map { watch($0, agents: count, seconds: seconds) }
        : program(below: child.pid).map { measurementOfSome($0, agents: begun) }
      let cost = try stop(child)
      bench.scratch.endProcesses()
      try world.remove()
      guard var measurement else {
        throw BenchError.failed(
          "it ended when \(begun) of \(count) agents had begun; \(cost.stopped ?? "nothing stopped it")")
      }
      measurement.notes.append("the start took \(Text.seconds(beginning))")
      if let reason = cost.stopped { measurement.notes.append(reason) }
      return measurement
    }
  }

  private static func measurementOfSome(_ program: pid_t, agents: Int) -> Measurement {
    let memory = ProcessFigures.memory(program) ?? 0
    return Measurement(
      ours: "\(Text.bytes(memory)) with \(Text.count(agents)) agents",
      notes: ["the others had not begun in time", "CPU so far \(Text.seconds(ProcessFigures.cpu(program) ?? 0))"])
  }

  private static func watch(_ program: pid_t, agents: Int, seconds: Int) -> Measurement {
    let starting = ProcessFigures.cpu(program) ?? 0
    // What the last starts left to do is not waiting.
    usleep(1_000_000)
    let (before, begin) = (ProcessFigures.cpu(program) ?? 0, ContinuousClock.now)
    for _ in 0..<(seconds * 10) where Interrupts.signal == nil { usleep(100_000) }
    let used = (ProcessFigures.cpu(program) ?? 0) - before
    let share = used / (ContinuousClock.now - begin).inSeconds
    let memory = ProcessFigures.memory(program) ?? 0
    let peak = ProcessFigures.peakMemory(program) ?? 0
    return Measurement(
      ours: "\(Text.bytes(memory)), \(Text.number(share * 100)) % of a core",
      notes: [
        "peak \(Text.bytes(peak))", "\(Text.number(Double(memory) / Double(agents) / 1000)) KB an agent",
        "CPU to start \(Text.seconds(starting))",
      ])
  }

  /// Asked twice, it does not wait for the agents; what is left then is ended with the row.
  private static func stop(_ child: Child) throws -> Cost {
    for _ in 0..<2 where isAlive(child.pid) {
      kill(-child.pid, SIGINT)
      usleep(500_000)
    }
    let asked = ContinuousClock.now
    while isAlive(child.pid), (ContinuousClock.now - asked).inSeconds < 10 { usleep(50_000) }
    // Not reaped yet, so that its number is nobody else's.
    kill(-child.pid, SIGKILL)
    return try child.wait()
  }

  /// Whether a child of ours still runs.
  private static func isAlive(_ pid: pid_t) -> Bool {
    var seen = siginfo_t()
    // Left as it is while the child runs.
    seen.si_signo = 0
    return waitid(P_PID, id_t(pid), &seen, WEXITED | WNOHANG | WNOWAIT) == 0 && seen.si_signo == 0
  }

  /// The program of ours that git has started.
  private static func program(below git: pid_t) -> pid_t? {
    ProcessFigures.children(git).first { ProcessFigures.name($0).hasPrefix("git-orch") }
  }
}
