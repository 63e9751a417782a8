import Journal
import SystemPackage

extension Row {
  /// What `git orch status` has to go through.
  enum StatusCase {
    case oldRuns(Int)
    case journal(entries: Int)
    case references(Int)

    var name: String {
      switch self {
      case .oldRuns(let count): "status --all with \(Text.count(count)) old runs"
      case .journal(let entries): "status with a journal of \(Text.count(entries)) entries"
      case .references(let count): "status in a repository with \(Text.count(count)) refs"
      }
    }
  }

  static func status(_ kind: StatusCase, wanted: String) -> Row {
    Row(name: kind.name, wanted: wanted, against: "the same with one small run") { bench in
      let small = try TaskWorld(bench, "status-small", tasks: 1)
      let large = try TaskWorld(bench, "status-large", tasks: 1)
      defer {
        try? small.remove()
        try? large.remove()
      }
      var data = JournalData(seed: bench.seed)
      func store(_ world: TaskWorld) -> RunStore {
        RunStore(commonDirectory: world.repository.appending(".git"))
      }
      try data.writeRun(1, in: store(small), tasks: 4, attempts: 1)
      var notes: [String] = []
      switch kind {
      case .oldRuns(let count):
        for number in 1...count { try data.writeRun(number, in: store(large), tasks: 4, attempts: 2) }
      case .journal(let entries):
        // Twenty-five attempts a task are a hundred entries; six more tell of its beginning and its end.
        let tasks = max(1, entries / 105)
        let count = try data.writeRun(1, in: store(large), tasks: tasks, attempts: 25)
        notes.append("\(Text.count(count)) entries of \(Text.count(tasks)) tasks")
      case .references(let count):
        try data.writeRun(1, in: store(large), tasks: 4, attempts: 1)
        try large.addReferences("refs/heads/old", count, in: large.repository)
      }
      let arguments = if case .oldRuns = kind { ["status", "--all"] } else { ["status"] }
      let (other, ours) = (small.orch(arguments), large.orch(arguments))
      for command in [other, ours] { _ = try command.run() }
      let pairs = try Pairs(bench.size(full: 15, smoke: 1), seconds: 10) {
        try other.run()
      } ours: {
        try ours.run()
      }
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes += notes + ["memory \(Text.bytes(pairs.peak))"]
      return measurement
    }
  }
}
