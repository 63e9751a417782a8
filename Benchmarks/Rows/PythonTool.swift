import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Row {
  /// The same tasks by claude-code-orchestrator, whose plans and settings this suite reads. It starts all tasks at once
  /// and knows no other way, so we do the same.
  static func pythonTool(_ count: Int, seconds: Double) -> Row {
    let name = "\(Text.count(count)) tasks, all at once"
    return Row(name: name, wanted: "–", against: "claude-code-orchestrator") { bench in
      let (program, version) = try pythonProgram(bench)
      func measure(_ name: String, _ command: (TaskWorld) -> Command) throws -> Cost {
        let world = try TaskWorld(bench, name, tasks: count)
        let cost = try command(world).run()
        if cost.stopped == nil { try world.checkRemote() }
        try world.remove()
        return cost
      }
      let pairs = try Pairs(5, seconds: seconds) {
        try measure("their-tasks") { world in
          var command = bench.command(
            [program.string, "run", "--auto-approve", "--no-pr", "--project-dir", world.repository.string],
            in: world.repository)
          command.environment["PATH"] =
            "\(world.agent.removingLastComponent()):\(command.environment["PATH"] ?? "")"
          return command
        }
      } ours: {
        try measure("tasks") { $0.run(jobs: min(count, 1024), limits: Command.Limits()) }
      }
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes +=
        pairs.cpuNotes + [
          "memory \(Text.bytes(pairs.peak)), theirs \(Text.bytes(pairs.otherPeak))", "theirs is \(version)",
        ]
      return measurement
    }
  }

  /// Installs the tool into an environment in the scratch folder, once; nothing of it is left behind.
  private static func pythonProgram(_ bench: Bench) throws -> (program: FilePath, version: String) {
    guard bench.size == .full else { throw BenchError.notHere("nothing is fetched for the smoke size") }
    guard !bench.isOffline else { throw BenchError.notHere("--offline") }
    let folder = bench.scratch.path.appending("python-environment")
    let program = folder.appending("bin/claude-orchestrator")
    if !Files.exists(folder) {
      try Files.makeFolder(folder)
      // The caller's own environment: pip may need a proxy or a mirror.
      for arguments in [
        ["python3", "-m", "venv", folder.string],
        [
          folder.appending("bin/pip").string, "install", "--quiet", "--disable-pip-version-check", "--no-input",
          "--retries", "1", "--timeout", "10", "claude-code-orchestrator",
        ],
      ] {
        var command = bench.command(arguments, in: bench.scratch.path)
        command.environment = ProcessInfo.processInfo.environment
        command.limits.seconds = 100
        do {
          if let reason = try command.run().stopped { narrate("  \(arguments[0]): \(reason)") }
        } catch BenchError.failed(let message) {
          narrate("  \(message)")
          break
        }
      }
    }
    guard Files.exists(program) else { throw BenchError.notHere("the tool is not available here") }
    let version = try bench.capture([program.string, "--version"], in: bench.scratch.path)
    return (program, version.split(separator: " ").last.map(String.init) ?? version)
  }
}
