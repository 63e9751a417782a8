import Foundation
import OrchTestSupport
import Platform
import SystemPackage

/// `make soak`: strikes runs at random, has them continued, and counts what was lost, done twice, or left behind.
///
/// The same seed gives the same strikes, though not at the same moments: those depend on the machine.
@main enum Entrypoint {
  static func main() async {
    do {
      exit(try await Soak(Options(Array(CommandLine.arguments.dropFirst()))).run())
    } catch {
      say("soak: \(error)")
      exit(129)
    }
  }
}

/// At once, whoever reads it.
func say(_ line: String) { _ = try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8) }

struct Options {
  var strikes = 60
  var seed = "1"
  /// Where the worlds are made.
  var folder = FilePath(TemporaryDirectory.place.string)

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw SoakError("'\(name)' needs a value") }
      switch name {
      case "--kills": strikes = Int(value) ?? strikes
      case "--seed": seed = value
      case "--folder": folder = FilePath(value)
      default: throw SoakError("there is no option '\(name)'")
      }
    }
  }
}

struct SoakError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One world after the other, until all strikes are made.
struct Soak {
  let options: Options
  /// How many strikes a world gets.
  private static let strikesPerWorld = 10

  init(_ options: Options) { self.options = options }

  func run() async throws -> Int32 {
    var figures = Figures()
    var faults: [String] = []
    var number = 0
    while figures.strikes < options.strikes {
      number += 1
      var random = SeededRandom(options.seed, number)
      let world = try await SoakWorld.make(number, in: options.folder, random: &random)
      var round = Round(world: world, random: random)
      let wanted = min(Self.strikesPerWorld, options.strikes - figures.strikes)
      let result = try await round.run(strikes: wanted)
      await world.stopForge()
      figures.add(result)
      if result.faults.isEmpty {
        world.remove()
      } else {
        faults += result.faults.map { "world \(number): \($0)" }
        for fault in result.faults { say("soak: world \(number) of seed \(options.seed): \(fault)") }
        say("soak: that world is kept in \(world.folder)")
      }
    }
    say(figures.table(seed: options.seed, worlds: number))
    if !SoakWorld.canMount { say("soak: no full disks: file systems cannot be mounted here") }
    for fault in faults { say("soak: \(fault)") }
    return faults.isEmpty ? 0 : 1
  }
}

/// What came of all of it.
struct Figures {
  var strikes = 0
  /// By what was struck and how.
  var kinds: [String: Int] = [:]
  var starts = 0
  var attempts = 0
  var tokens = 0
  var pullRequests = 0
  var (lost, doubled, left, stuck, paidAgain, other) = (0, 0, 0, 0, 0, 0)

  mutating func add(_ round: RoundResult) {
    strikes += round.strikes.count
    for strike in round.strikes { kinds[strike.description, default: 0] += 1 }
    starts += round.starts
    attempts += round.attempts
    tokens += round.tokens
    pullRequests += round.pullRequests
    for fault in round.faults {
      switch fault.prefix(while: { $0 != ":" }) {
      case "lost": lost += 1
      case "doubled": doubled += 1
      case "left": left += 1
      case "stuck": stuck += 1
      case "paid again": paidAgain += 1
      default: other += 1
      }
    }
  }

  func table(seed: String, worlds: Int) -> String {
    var lines = kinds.sorted { $0.key < $1.key }.map { kind, count in
      "  \(kind.padding(toLength: 28, withPad: " ", startingAt: 0))\(count)"
    }
    lines.append("\(strikes) strikes (seed \(seed)) in \(worlds) runs of \(SoakWorld.taskCount) tasks; ")
    lines[lines.count - 1] += "\(starts) processes, \(attempts) attempts, \(tokens) tokens, "
    lines[lines.count - 1] += "\(pullRequests) pull requests:"
    lines.append(
      "  \(lost) lost, \(doubled) doubled, \(left) left, \(stuck) stuck, \(paidAgain) paid again after their work was done"
        + (other > 0 ? ", \(other) other faults" : ""))
    return lines.joined(separator: "\n")
  }
}
