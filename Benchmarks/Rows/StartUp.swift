import SystemPackage

extension Row {
  /// How long a command takes that has next to nothing to do.
  ///
  /// - note: why it matters how fast it is.
  static func startUp(_ words: String, wanted: String, as note: String? = nil) -> Row {
    Row(name: "start-up: git orch \(words)", wanted: wanted, against: "git --version") { bench in
      let world = try startUpWorld(bench)
      let arguments = words.split(separator: " ").map(String.init)
      // The doctor may find something to advise on any machine: that is an answer, too.
      let ours = world.orch(
        arguments + (words == "log" ? ["task-1"] : []), accepting: words == "doctor" ? [0, 1] : [0])
      let other = bench.command(["git", "--version"], in: world.repository)
      for command in [other, ours] { _ = try command.run() }
      let pairs = try Pairs(bench.size(full: 25, smoke: 1), seconds: 8) {
        try other.run()
      } ours: {
        try ours.run()
      }
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes += pairs.cpuNotes + ["memory \(Text.bytes(pairs.peak))"]
      if let note { measurement.notes.append(note) }
      return measurement
    }
  }

  /// A repository in which a run of two tasks has ended, with a plan of two more; the same for all commands.
  private static func startUpWorld(_ bench: Bench) throws -> TaskWorld {
    let name = "start-up"
    if Files.exists(bench.scratch.path.appending(name)) {
      return TaskWorld(existing: name, bench, tasks: 2)
    }
    let world = try TaskWorld(bench, name, tasks: 2)
    _ = try world.run(jobs: 2, limits: Command.Limits()).run()
    // What `run -n` is asked about are tasks that have not been done.
    try world.writePlan(prefix: "next")
    return world
  }
}
