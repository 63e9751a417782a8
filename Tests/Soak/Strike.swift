import Foundation
import OrchTestSupport
import Platform
import SystemPackage

/// One blow against a run.
struct Strike: Sendable, CustomStringConvertible {
  enum Target: String, CaseIterable, Sendable { case program, group, agent, git, everything, disk }
  enum Blow: String, CaseIterable, Sendable {
    case kill = "KILL"
    case term = "TERM"
    case hup = "HUP"
    case int = "INT"
    case intTwice = "INT, INT"
    case stop = "STOP, CONT"
    case full = "full"
  }

  let target: Target
  let blow: Blow

  var description: String { "\(target.rawValue) \(blow.rawValue)" }

  /// Whether the program ends by it.
  var isFatal: Bool {
    switch (target, blow) {
    case (.program, .stop), (.group, .stop), (.everything, .stop), (.agent, _), (.git, _), (.disk, _): false
    default: true
    }
  }

  static func pick(_ random: inout SeededRandom, disk: Bool) -> Strike {
    let blows: [(Target, [Blow])] = [
      (.program, [.kill, .term, .hup, .int, .intTwice, .stop]), (.group, [.kill, .term, .hup, .int, .intTwice, .stop]),
      (.agent, [.kill, .term, .stop]), (.git, [.kill, .term]), (.everything, [.kill, .stop]),
    ]
    if disk, random.once(in: 6) { return Strike(target: .disk, blow: .full) }
    let (target, choice) = blows[random.below(blows.count)]
    return Strike(target: target, blow: choice[random.below(choice.count)])
  }

  /// - Returns: false when there was nothing to strike.
  func strike(_ program: pid_t, in world: SoakWorld, random: inout SeededRandom) async throws -> Bool {
    switch target {
    case .program, .group:
      let receiver = target == .group ? -program : program
      try await send(to: [receiver])
    case .agent, .git:
      // Those of git are short.
      let wanted = target == .agent ? "scripted-agent" : "git"
      var victim: SoakWorld.MarkedProcess?
      for _ in 0..<50 where victim == nil {
        victim = random.pick(world.processes().filter { $0.command == wanted })
        if victim == nil { try await Task.sleep(for: .milliseconds(5)) }
      }
      guard let victim else { return false }
      try await send(to: [victim.pid])
    case .everything:
      guard blow == .kill else {
        try await send(to: [program] + world.processes().map(\.pid))
        break
      }
      kill(program, SIGKILL)
      // What was being started meanwhile.
      for _ in 0..<20 {
        let left = world.processes()
        for process in left { kill(process.pid, SIGKILL) }
        if left.isEmpty { break }
        try await Task.sleep(for: .milliseconds(2))
      }
    case .disk:
      try await world.fillDisk(for: .milliseconds(100 + random.below(300)))
    }
    return true
  }

  private func send(to receivers: [pid_t]) async throws {
    func all(_ signal: Int32) { for receiver in receivers { kill(receiver, signal) } }
    switch blow {
    case .kill: all(SIGKILL)
    case .term: all(SIGTERM)
    case .hup: all(SIGHUP)
    case .int: all(SIGINT)
    case .intTwice:
      all(SIGINT)
      try await Task.sleep(for: .milliseconds(30))
      all(SIGINT)
    case .stop:
      all(SIGSTOP)
      try await Task.sleep(for: .milliseconds(200))
      all(SIGCONT)
    case .full: break
    }
  }
}
