import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Row {
  /// A worktree of many files, made as a task's is.
  static func worktree(files count: Int, wanted: String) -> Row {
    let name = "worktree of \(Text.count(count)) files"
    return Row(name: name, wanted: wanted, against: "git worktree add") { bench in
      let folder = try bench.scratch.folder("worktree")
      defer { try? bench.scratch.empty(folder) }
      let repository = folder.appending("app")
      try makeRepository(bench, at: repository, files: count)
      let (path, record) = (folder.appending("made"), repository.appending(".git/worktrees/made"))
      func measure(_ command: Command) throws -> Cost {
        let cost = try command.run()
        let made = try bench.git("status", "--porcelain", in: path)
        guard made.isEmpty else { throw BenchError.failed("the worktree is not clean: \(made.prefix(100))") }
        for folder in [path, record] { try bench.scratch.empty(folder) }
        return cost
      }
      let other = bench.command(["git", "worktree", "add", "--quiet", path.string, "work"], in: repository)
      let ours = try bench.part(.addWorktree, [repository.string, path.string, "work"], in: repository)
      for command in [other, ours] { _ = try measure(command) }
      let pairs = try Pairs(bench.size(full: 7, smoke: 1), seconds: 15) {
        try measure(other)
      } ours: {
        try measure(ours)
      }
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes +=
        pairs.cpuNotes + [
          "memory \(Text.bytes(pairs.peak)), theirs \(Text.bytes(pairs.otherPeak))"
        ]
      return measurement
    }
  }

  /// The same, handed on from another branch, of which a few files differ.
  static func handedOnWorktree(files count: Int, wanted: String) -> Row {
    let name = "worktree of \(Text.count(count)) files, handed on"
    return Row(name: name, wanted: wanted, against: "git worktree add") { bench in
      let folder = try bench.scratch.folder("handed-on")
      defer { try? bench.scratch.empty(folder) }
      let repository = folder.appending("app")
      try makeRepository(bench, at: repository, files: count)
      try addBranch(bench, "next", at: repository)
      let (fresh, record) = (folder.appending("made"), repository.appending(".git/worktrees/made"))
      let other = bench.command(["git", "worktree", "add", "--quiet", fresh.string, "main"], in: repository)
      var (here, there) = (("work", folder.appending("a")), ("next", folder.appending("b")))
      try bench.git("worktree", "add", "--quiet", here.1.string, here.0, in: repository)
      // `main` is not to be what the repository itself is on.
      try bench.git("symbolic-ref", "HEAD", "refs/heads/none", in: repository)
      let pairs = try Pairs(bench.size(full: 7, smoke: 1), seconds: 15) {
        let cost = try other.run()
        for folder in [fresh, record] { try bench.scratch.empty(folder) }
        return cost
      } ours: {
        let command = try bench.part(
          .handOnWorktree, [repository.string, here.1.string, there.1.string, there.0], in: repository)
        let cost = try command.run()
        (here, there) = (there, here)
        let status = try bench.git("status", "--porcelain", in: here.1)
        guard status.isEmpty else { throw BenchError.failed("the worktree is not clean: \(status.prefix(100))") }
        return cost
      }
      var measurement = pairs.measurement(\.wall, Text.seconds)
      measurement.notes += pairs.cpuNotes + ["memory \(Text.bytes(pairs.peak)), theirs \(Text.bytes(pairs.otherPeak))"]
      return measurement
    }
  }

  /// A branch of one commit more, which changes a file and adds one.
  private static func addBranch(_ bench: Bench, _ name: String, at repository: FilePath) throws {
    let stream = repository.removingLastComponent().appending("branch.txt")
    try Files.write(
      stream,
      """
      commit refs/heads/\(name)
      committer Bench <bench@example.com> 1767225700 +0000
      data 6
      second
      from refs/heads/main
      M 100644 inline Sources/Part0/File0.swift
      data 6
      other

      M 100644 inline Sources/New.swift
      data 4
      new


      """)
    try bench.git("fast-import", "--quiet", in: repository, input: stream)
  }

  /// A repository with the branches `main` and `work` at one commit of many files, none of them checked out.
  static func makeRepository(_ bench: Bench, at repository: FilePath, files count: Int) throws {
    try bench.git("init", "--quiet", repository.string, in: bench.scratch.path)
    let stream = repository.removingLastComponent().appending("import.txt")
    var random = SplitMix(seed: bench.seed)
    var file = try FileWriter(stream)
    try file.write("commit refs/heads/main\ncommitter Bench <bench@example.com> 1767225600 +0000\ndata 5\nfirst\n")
    for number in 0..<count {
      let content = random.prose(Int.random(in: 50..<1500, using: &random))
      try file.write("M 100644 inline Sources/Part\(number / 100)/File\(number).swift\n")
      try file.write("data \(content.utf8.count)\n\(content)\n")
    }
    try file.flush()
    try bench.git("fast-import", "--quiet", in: repository, input: stream)
    try bench.git("branch", "work", "main", in: repository)
  }
}

extension MeasuredPart {
  static func handOnWorktree(repository: FilePath, from old: FilePath, to new: FilePath, branch: String) async throws {
    let worktrees = Worktrees(repository: repository, environment: ProcessInfo.processInfo.environment)
    if let reason = try await worktrees.handOn(from: old, to: new, branch: branch, keepsIgnored: false) {
      throw BenchError.failed("not handed on: \(reason)")
    }
  }

  static func addWorktree(repository: FilePath, path: FilePath, branch: String) async throws {
    let worktrees = Worktrees(repository: repository, environment: ProcessInfo.processInfo.environment)
    try await worktrees.add(name: path.lastComponent?.string ?? "made", path: path, branch: branch)
  }
}
