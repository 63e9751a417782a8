import Basics
import Git
import Merging
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Row {
  /// Which of many branches conflict, against git merging each pair of them; and what one more commit costs then.
  /// - Parameter home: of how many files each branch changes some: the fewer, the more often branches meet.
  static func conflicts(branches: Int, files: Int, home: Int, wanted: String) -> Row {
    let name = "conflicts of \(branches) branches in \(Text.count(files)) files, each in \(Text.count(home))"
    return Row(name: name, wanted: wanted, against: "git merge-tree --stdin") { bench in
      let folder = try bench.scratch.folder("conflicts")
      defer { try? bench.scratch.empty(folder) }
      let repository = folder.appending("app")
      try makeRepository(bench, at: repository, files: files)
      try addTopics(bench, branches, home: home, files: files, at: repository)
      let pairs = folder.appending("pairs.txt")
      let names = (0..<branches).map { "refs/heads/topic/\($0)" }
      try Files.write(
        pairs,
        names.indices.flatMap { one in names[(one + 1)...].map { "\(names[one]) \($0)\n" } }.joined())
      let objects = folder.appending("objects")
      let script =
        "rm -rf '\(objects)' && mkdir '\(objects)' && GIT_OBJECT_DIRECTORY='\(objects)' "
        + "GIT_ALTERNATE_OBJECT_DIRECTORIES='\(repository)/.git/objects' "
        + "git merge-tree --write-tree --stdin -z --name-only --no-messages <'\(pairs)' >/dev/null"
      let other = bench.command(["sh", "-c", script], in: repository)
      let ours = try bench.part(.judgeConflicts, [repository.string], in: repository)
      for command in [other, ours] { _ = try command.run() }
      let costs = try Pairs(bench.size(full: 7, smoke: 1), seconds: 15) {
        try other.run()
      } ours: {
        try ours.run()
      }
      var measurement = costs.measurement(\.wall, Text.seconds)
      measurement.notes +=
        costs.cpuNotes + [
          try bench.capture([Machine.ownProgram.string, "judge-conflicts", repository.string, "-v"], in: repository)
        ]
      return measurement
    }
  }

  /// Branches of one commit each, and `later`, one commit after the fourth.
  private static func addTopics(
    _ bench: Bench, _ count: Int, home: Int, files: Int, at repository: FilePath
  ) throws {
    let stream = repository.removingLastComponent().appending("topics.txt")
    var random = SplitMix(seed: bench.seed)
    var file = try FileWriter(stream)
    func commit(_ name: String, on parent: String, _ changes: Int, from start: Int) throws {
      try file.write("commit refs/heads/\(name)\ncommitter Bench <bench@example.com> 1767225700 +0000\ndata 1\nx\n")
      try file.write("from refs/heads/\(parent)\n")
      for _ in 0..<changes {
        let number = start + Int.random(in: 0..<min(home, files), using: &random)
        let content = random.prose(Int.random(in: 50..<1500, using: &random))
        try file.write("M 100644 inline Sources/Part\(number / 100)/File\(number).swift\n")
        try file.write("data \(content.utf8.count)\n\(content)\n")
      }
      let new = name.split(separator: "/").joined(separator: "-")
      try file.write("M 100644 inline Sources/Part\(start / 100)/New-\(new).swift\ndata 4\nnew\n\n\n")
    }
    for number in 0..<count {
      let start = (files / max(home, 1)) > 1 ? (number % (files / home)) * home : 0
      try commit("topic/\(number)", on: "main", 14, from: start)
      if number == 3 { try commit("later", on: "topic/3", 3, from: start) }
    }
    try file.flush()
    try bench.git("fast-import", "--quiet", in: repository, input: stream)
  }
}

extension MeasuredPart {
  static func judgeConflicts(repository: FilePath, isVerbose: Bool) async throws {
    let environment = ProcessInfo.processInfo.environment
    let clock = ContinuousClock()
    let (common, tips) = try await Repository.withRepository(at: repository, environment: environment) { repository in
      (repository.commonDirectory, repository.branches())
    }
    guard let base = tips["main"] else { throw BenchError.failed("no branch main") }
    var branches = tips.keys.sorted().filter { $0.hasPrefix("t") }.map {
      JudgedBranch(name: $0, tip: tips[$0] ?? base)
    }
    var report: ConflictReport?
    var matrix: ConflictMatrix?
    let cold = try await clock.measure {
      let made = ConflictMatrix(
        try await MergeQuarantine(commonDirectory: common, environment: environment), environment: environment)
      report = try await made.judge(base: base, branches)
      matrix = made
    }
    guard isVerbose, let matrix, let report else { return }
    let asked = await matrix.asked
    if let later = tips["later"],
      let place = branches.firstIndex(where: { $0.name == "topic/3" || $0.name == "task/003" })
    {
      branches[place] = JudgedBranch(name: branches[place].name, tip: later)
    }
    let warm = try await clock.measure { _ = try await matrix.judge(base: base, branches) }
    let more = await matrix.asked - asked
    print(
      "cold \(Text.seconds(cold.inSeconds)), \(asked) merges, \(report.pairs.count) pairs conflict; after a commit "
        + "\(Text.seconds(warm.inSeconds)), \(more) merges")
  }
}
