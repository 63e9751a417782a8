import Basics
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage

/// `make fuzz`: feeds spoiled input to all that reads what others wrote, and shows what came of it.
///
/// Each target runs in a child process, as a trap ends its process. The same seed gives the same inputs, so that a fault
/// is found again by its seed, its target and its number.
@main enum Entrypoint {
  static func main() async {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      exit(options.isChild ? await Child(options).run() : try await Parent(options).run())
    } catch {
      print("fuzz: \(error)")
      exit(129)
    }
  }
}

struct Options {
  var seconds = 20.0
  var seed = "1"
  var targets = FuzzTarget.all
  /// The only input to be tried, by its number or as a file.
  var number: Int?
  var file: FilePath?
  /// Where the samples of the tests are.
  var samples: FilePath = "Tests"
  /// Where inputs are kept that failed.
  var folder: FilePath = ".build/fuzz"
  var isChild = false

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Violation("'\(name)' needs a value") }
      switch name {
      case "--seconds": seconds = Double(value) ?? seconds
      case "--seed": seed = value
      case "--target": targets = targets.filter { $0.name == value }
      case "--number": number = Int(value)
      case "--file": file = FilePath(value)
      case "--samples": samples = FilePath(value)
      case "--folder": folder = FilePath(value)
      case "--child": isChild = value == "yes"
      default: throw Violation("there is no option '\(name)'")
      }
    }
    guard !targets.isEmpty else {
      throw Violation("the targets are " + FuzzTarget.all.map(\.name).joined(separator: ", "))
    }
  }
}

/// Starts a child for each target in turn, and again after a fault.
struct Parent {
  let options: Options

  init(_ options: Options) { self.options = options }

  func run() async throws -> Int32 {
    try FileManager.default.createDirectory(atPath: options.folder.string, withIntermediateDirectories: true)
    let share = options.seconds / Double(options.targets.count)
    var faults = 0
    for target in options.targets {
      var number = options.number ?? 0
      let end = ContinuousClock.now + .seconds(share)
      var found = 0
      // A fault that most inputs have is not shown for each.
      while found < 5 {
        let left = (end - .now) / .seconds(1)
        if left <= 0.01, number > 0 || found > 0 { break }
        let output = try child(target, from: number, seconds: max(left, 0.1))
        number =
          FilePath("\(options.folder)/\(target.name).number").text.flatMap { Int($0) } ?? number
        if output.exit.isSuccess { break }
        found += 1
        report(target, number, output)
        number += 1
        if options.number != nil || options.file != nil { break }
      }
      faults += found
      print("fuzz: \(target.name): \(number) inputs\(found > 0 ? ", \(found) faults" : "")")
    }
    return faults == 0 ? 0 : 1
  }

  private func child(_ target: FuzzTarget, from number: Int, seconds: Double) throws -> ProcessOutput {
    var arguments = [
      "--child", "yes", "--target", target.name, "--seed", options.seed, "--seconds", "\(seconds)", "--samples",
      options.samples.string, "--folder", options.folder.string, "--number", "\(number)",
    ]
    if let file = options.file { arguments += ["--file", file.string] }
    if options.number != nil { arguments += ["--seconds", "0"] }
    let own = FilePath(CommandLine.arguments[0])
    // No input may take more than 6 GB.
    return try Invocation(
      executable: "/bin/sh", arguments: ["-c", "ulimit -v 6000000; exec \"$0\" \"$@\"", own.string] + arguments,
      environment: ProcessInfo.processInfo.environment
    ).runBlocking()
  }

  private func report(_ target: FuzzTarget, _ number: Int, _ output: ProcessOutput) {
    let kept = "\(options.folder)/\(target.name)-\(options.seed)-\(number)"
    try? FileManager.default.removeItem(atPath: kept)
    try? FileManager.default.copyItem(atPath: "\(options.folder)/\(target.name).input", toPath: kept)
    print("fuzz: \(target.name): input \(number) of seed \(options.seed): \(output.exit)")
    for text in [output.standardOutput, output.standardError] {
      let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").prefix(30)
      for line in lines { print("  \(sanitized(String(line), limit: 500))") }
    }
    print("  the input is in \(kept); again: make fuzz TARGET=\(target.name) SEED=\(options.seed) NUMBER=\(number)")
  }
}

/// Tries one input after the other until the time is over.
struct Child {
  let options: Options

  init(_ options: Options) { self.options = options }

  /// The longest that an input may take: all are small, and debug builds are slow.
  private static let longest = Duration.seconds(10)

  func run() async -> Int32 {
    guard let target = options.targets.first else { return 129 }
    do {
      let seeds = try target.seeds(options.samples)
      if let file = options.file {
        return await attempt(target, 0, try file.readBytes(limit: 1 << 30))
      }
      let end = ContinuousClock.now + .seconds(options.seconds)
      var number = options.number ?? 0
      repeat {
        var mutator = Mutator(random: SeededRandom(options.seed, target.name, number))
        let seed = mutator.random.pick(seeds) ?? []
        // Each seed as it is first.
        let input = number < seeds.count ? seeds[number] : mutator.mutate(seed, with: seeds)
        let status = await attempt(target, number, input)
        if status != 0 { return status }
        number += 1
      } while .now < end
      try write(Array("\(number)".utf8), "number", of: target)
      return 0
    } catch {
      print("\(error)")
      return 129
    }
  }

  private func attempt(_ target: FuzzTarget, _ number: Int, _ input: [UInt8]) async -> Int32 {
    do {
      try write(input, "input", of: target)
      try write(Array("\(number)".utf8), "number", of: target)
      // One that does not end is ended by the signal.
      alarm(120)
      var random = SeededRandom(options.seed, target.name, number, "run")
      let start = Self.processorTime()
      try await target.run(input, &random)
      let took = Self.processorTime() - start
      if took > Self.longest { throw Violation("\(input.count) bytes take \(took) of the processor") }
      return 0
    } catch {
      print("\(error)")
      return 3
    }
  }

  private static func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private func write(_ bytes: [UInt8], _ ending: String, of target: FuzzTarget) throws {
    let file = try FileDescriptor.open(
      FilePath("\(options.folder)/\(target.name).\(ending)"), .writeOnly, options: [.create, .truncate],
      permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(bytes) }
  }
}
