extension Row {
  /// Tasks whose agents do almost nothing, against a shell script that runs the same git commands.
  ///
  /// - branches: how many branches more there are in the repository and on its remote.
  static func tasks(_ count: Int, jobs: Int, branches: Int = 0, seconds: Double, wanted: String) -> Row {
    let place = branches > 0 ? ", \(Text.count(branches)) branches" : ""
    let name = "\(Text.count(count)) tasks, -j \(jobs)\(place)"
    return Row(name: name, wanted: wanted, against: "shell script") { bench in
      let pairs = try taskPairs(bench, count, jobs: jobs, branches: branches, pairs: 9, seconds: seconds)
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes +=
        pairs.cpuNotes + [
          "memory \(Text.bytes(pairs.peak))"
        ]
      return measurement
    }
  }

  /// So many tasks that whatever grows with them shows.
  static func manyTasks(_ count: Int, jobs: Int, wanted: String) -> Row {
    let name = "\(Text.count(count)) tasks, -j \(jobs)"
    return Row(name: name, wanted: wanted, against: "shell script", needs: 120) { bench in
      let few = max(count / 10, 2)
      let small = try taskPairs(bench, few, jobs: jobs, pairs: 1, seconds: 1)
      let large = try taskPairs(bench, count, jobs: jobs, pairs: 1, seconds: 1)
      var measurement = large.measurement(\.wall, Text.seconds)
      measurement.notes += large.cpuNotes
      measurement.notes.append(
        "memory \(Text.bytes(large.peak)), of \(Text.count(few)) tasks \(Text.bytes(small.peak))")
      if large.stopped.isEmpty {
        measurement.notes.append("\(Text.number(Double(large.peak) / Double(max(small.peak, 1)))) × the memory")
      }
      return measurement
    }
  }

  private static func taskPairs(
    _ bench: Bench, _ count: Int, jobs: Int, branches: Int = 0, pairs: Int, seconds: Double
  ) throws -> Pairs {
    var limits = Command.Limits()
    // The script comes first, and must leave ours as much of the time as it takes itself.
    limits.seconds = min(max(60, Double(count) / 6), bench.secondsLeft / 2 - 5)
    func measure(_ name: String, _ command: (TaskWorld) -> Command) throws -> Cost {
      let world = try TaskWorld(bench, name, tasks: count, branches: branches)
      let cost = try command(world).run()
      if cost.stopped == nil { try world.checkRemote() }
      try world.remove()
      return cost
    }
    return try Pairs(bench.size(full: pairs, smoke: 1), seconds: seconds) {
      try measure("script") { $0.runScript(jobs: jobs, limits: limits) }
    } ours: {
      try measure("tasks") { $0.run(jobs: jobs, limits: limits) }
    }
  }
}
