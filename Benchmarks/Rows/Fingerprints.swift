import Guarding
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Row {
  /// What looking at a repository before and after an attempt costs, against asking git the same twice.
  static func fingerprints(branches: Int, files: Int, wanted: String) -> Row {
    let name = "fingerprints of \(Text.count(branches)) branches and \(Text.count(files)) files"
    return Row(name: name, wanted: wanted, against: "git status, for-each-ref and config, twice") { bench in
      let folder = try bench.scratch.folder("fingerprints")
      defer { try? bench.scratch.empty(folder) }
      let repository = folder.appending("app")
      try makeRepository(bench, at: repository, files: files)
      try bench.git("checkout", "--quiet", "main", in: repository)
      let commands = folder.appending("branches.txt")
      var file = try FileWriter(commands)
      for number in 0..<branches { try file.write("create refs/heads/topic/\(number) main\n") }
      try file.flush()
      try bench.git("update-ref", "--stdin", in: repository, input: commands)
      let look = "git status --porcelain && git for-each-ref | wc -l && git config --local --list"
      let other = bench.command(["sh", "-c", "\(look) && \(look)"], in: repository)
      let ours = try bench.part(.takeFingerprints, [repository.string, "1"], in: repository)
      for command in [other, ours] { _ = try command.run() }
      let pairs = try Pairs(bench.size(full: 7, smoke: 1), seconds: 15) {
        try other.run()
      } ours: {
        try ours.run()
      }
      // Of many looks the first one, which reads everything, no longer counts.
      let many = bench.size(full: 50, smoke: 2)
      let cost = try bench.part(.takeFingerprints, [repository.string, "\(many)"], in: repository).run()
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes.append("\(Text.seconds(cost.wall / Double(many))) an attempt where there are many")
      return measurement
    }
  }
}

extension MeasuredPart {
  /// Looks at the repository before and after each of so many attempts; what is between two of them is one look.
  static func takeFingerprints(repository: FilePath, attempts: Int) throws {
    let places = RepositoryFingerprint.Places(
      commonDirectory: repository.appending(".git"), checkout: repository,
      environment: ProcessInfo.processInfo.environment)
    var last = RepositoryFingerprint.take(of: places)
    for _ in 0..<attempts {
      let next = RepositoryFingerprint.take(of: places, previous: last)
      let changes = next.changes(since: last) { _, _ in nil }
      guard changes.isEmpty else { throw BenchError.failed("\(changes)") }
      last = next
    }
  }
}
