import Basics
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage

struct RoundResult: Sendable {
  var strikes: [Strike] = []
  /// How many processes of the program the run took.
  var starts = 0
  var attempts = 0
  var tokens = 0
  var pullRequests = 0
  /// `lost: tok-t1-1-2`, a line each.
  var faults: [String] = []
}

/// One run in a world of its own, struck and continued until it is done.
struct Round {
  let world: SoakWorld
  var random: SeededRandom
  private var result = RoundResult()
  /// What the program said last.
  private var lastWords = ""

  init(world: SoakWorld, random: SeededRandom) {
    self.world = world
    self.random = random
  }

  /// More than any machine takes for what is left.
  private static let longest = Duration.seconds(180)
  /// After the last strike the run must be done by then.
  private static let mostContinuations = 8

  mutating func run(strikes: Int) async throws -> RoundResult {
    var isDone = false
    while result.strikes.count < strikes, !isDone, result.faults.isEmpty {
      isDone = try await once(strikesLeft: strikes - result.strikes.count)
    }
    var tries = 0
    while !isDone, result.faults.isEmpty {
      tries += 1
      guard tries <= Self.mostContinuations else {
        result.faults.append("stuck: not done after \(tries - 1) continuations: \(lastWords)")
        break
      }
      isDone = try await once(strikesLeft: 0)
    }
    if result.faults.isEmpty {
      // Once more, which finds nothing to do.
      let before = Audit(world: world).attempts
      if try await !once(strikesLeft: 0) { result.faults.append("stuck: done, and then not any more: \(lastWords)") }
      if Audit(world: world).attempts != before { result.faults.append("paid again: after the end") }
      let audit = try await Audit(world: world).perform()
      (result.attempts, result.tokens, result.pullRequests) = (audit.attempts, audit.tokens, audit.pullRequests)
      result.faults += audit.faults
    }
    if !result.faults.isEmpty {
      result.faults.append("other: struck by \(result.strikes.map(\.description).joined(separator: "; "))")
    }
    return result
  }

  /// Starts the run, or continues it, and strikes it up to so many times.
  /// - Returns: whether it is done.
  private mutating func once(strikesLeft: Int) async throws -> Bool {
    let begun = Audit(world: world).hasJournal
    if let forge = world.forge, random.once(in: 2) {
      // It is done, and nobody learns of it.
      await forge.fail(.init("POST", "/pullrequests", random.once(in: 2) ? .loseAnswer : .cutBody))
    }
    let output = world.ledger.appending("output-\(result.starts)")
    result.starts += 1
    let file = try FileDescriptor.open(
      output, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
    let wakeup = AsyncSignal()
    let child = try ChildProcess(
      starting: Invocation(
        executable: FilePath("\(BuiltPrograms.folder)/git-orch"),
        arguments: ["run"] + (begun ? ["--continue"] : []) + ["-j", "\(world.jobs)"], environment: world.environment,
        directory: world.root),
      input: nil, output: file, error: file, wakeup: wakeup)
    try file.close()
    var left = strikesLeft
    var isStruckDead = false
    let deadline = ContinuousClock.now + Self.longest
    while child.exit == nil {
      if left > 0, !isStruckDead {
        let pause = ContinuousClock.now + .milliseconds(20 + random.below(900))
        while child.exit == nil, .now < pause { try await Task.sleep(for: .milliseconds(5)) }
        guard child.exit == nil else { break }
        let strike = Strike.pick(&random, disk: world.hasOwnDisk)
        if try await strike.strike(child.identity.pid, in: world, random: &random) {
          left -= 1
          result.strikes.append(strike)
          isStruckDead = strike.isFatal
        }
      } else {
        try await Task.sleep(for: .milliseconds(10))
      }
      guard ContinuousClock.now < deadline else {
        result.faults.append("stuck: process \(child.identity.pid) does not end")
        kill(child.identity.pid, SIGKILL)
        break
      }
    }
    lastWords = FilePath(output.string).readTail(limit: 2000)
    guard let exit = child.exit, exit.isSuccess else { return false }
    return true
  }
}
