import Basics
import Engine
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing
import Upkeep

@Suite(.timeLimit(.minutes(5))) struct TrashTests {
  @Test func `what has been in the trash long enough is deleted, references and all`() async throws {
    let world = try await CleanupWorld.make(configuration: ["orchestrator.cleanup.trashExpire=3d"])
    try await world.run(1, "a")
    try await world.squash("a")
    try world.repository.write("deep/read-only/file", "x", in: world.worktree("a"))
    try world.repository.write(".git/info/exclude", "deep\n")
    chmod(world.worktree("a").appending("deep/read-only").string, 0)
    let removed = try await world.clean(world.cleanup(days: 40)).removed
    #expect(removed.count == 3)
    #expect(try await world.clean(world.cleanup(days: 42.9)).deleted == [])
    let later = try await world.clean(world.cleanup(days: 43.1))
    #expect(Set(later.deleted) == Set(removed.values.map(\.id)))
    #expect(try FileManager.default.contentsOfDirectory(atPath: world.orchestrator.appending("trash").string) == [])
    #expect(try await world.repository.git("for-each-ref", "refs/orchestrator/trash") == "")
  }

  @Test func `a note leads nowhere else, and no link is followed`() async throws {
    let world = try await CleanupWorld.make()
    let outside = try world.repository.scratch.makeDirectory("outside")
    try world.repository.write("precious", "x", in: outside)
    let entry = world.orchestrator.appending("trash/20200101-000000-aaaa")
    try FileManager.default.createDirectory(atPath: entry.string, withIntermediateDirectories: true)
    symlink(outside.string, entry.appending("content").string)
    let moved = ["\(outside)", "\(outside)/precious", "\(outside)/.orch-trash/x/content"]
      .map { #"{"from": "/x", "to": "\#($0)"}"# }.joined(separator: ",")
    try world.repository.write(
      "entry.json",
      """
      {"schema": 1, "id": "20200101-000000-aaaa", "kind": "run", "name": "x", "reason": "x",
      "removedAt": "2020-01-01T00:00:00.000Z", "expiresAt": "2020-01-01T00:00:00.000Z", "commonDirectory": "/x",
      "moved": [\(moved)], "references": [], "configuration": [], "isWorktree": false}
      """, in: entry)
    // Nothing of ours: its name has no date.
    try FileManager.default.createDirectory(
      atPath: world.orchestrator.appending("trash/mine").string, withIntermediateDirectories: true)
    #expect(try await world.clean(world.cleanup()).deleted == ["20200101-000000-aaaa"])
    #expect(try world.repository.read("precious", in: outside) == "x")
    #expect(!world.exists(entry) && world.exists(world.orchestrator.appending("trash/mine")))
  }

  @Test func `a worktree on another file system has its trash there`() async throws {
    let other = FilePath("/tmp/git-orch-test-\(UUID().uuidString.prefix(13))")
    try FileManager.default.createDirectory(atPath: other.string, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: other.string) }
    let world = try await CleanupWorld.make(configuration: ["orchestrator.worktreeDir=\(other)"])
    // Where the machine has only one there is nothing to see.
    guard FileStatus(other)?.device != FileStatus(world.repository.path)?.device else { return }
    try await world.run(1, "a")
    try await world.squash("a")
    let folder = other.appending("app")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: world.worktree("a").string, toPath: folder.appending("a").string)
    try FileManager.default.removeItem(atPath: world.worktree("a").string)
    try await world.repository.git("worktree", "repair", folder.appending("a").string)
    let id = CleanupWorld.id(2)
    let start = try await world.repository.git("rev-parse", "HEAD")
    let header = RunHeader(
      version: "1", id: id, process: ProcessIdentity(pid: 1, startTime: 2),
      base: BaseRecord(branch: "main", commit: start), remote: nil, localReason: nil, jobs: 1, agent: "claude",
      tasks: [TaskHeader(id: "a", title: "a", branch: "feature/a", needs: [])])
    let journal = try await RunJournal(in: try world.place.store.create(id), header: header) { _, _ in }
    try await journal.append(
      .taskStarting(task: "a", startCommit: start, worktree: WorktreeRecord(name: "a", path: "\(folder)/a")))
    try await journal.append(.worktreeCreated(task: "a"))
    try await journal.append(.taskEnded(task: "a", status: .success, message: nil, advice: []))
    try await journal.append(.runEnded)
    try await journal.close()
    let outcome = try await world.clean(world.cleanup(days: 2))
    let entry = try #require(outcome.removed.first { $0.key.hasPrefix("worktree") }?.value)
    #expect(world.exists(folder.appending(".orch-trash").appending(entry.id).appending("content/a.txt")))
    // Its branch went as well.
    for removed in outcome.removed.values { try await world.restore(removed) }
    #expect(try await world.repository.git("status", "--porcelain", in: folder.appending("a")) == "")
    _ = try await world.clean(world.cleanup(days: 2))
    #expect(try await !world.clean(world.cleanup(days: 30)).deleted.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appending(".orch-trash").string) == [])
  }

  /// Whatever is there, afterwards every commit that references led to is led to, and every file is somewhere.
  @Test(arguments: 0..<12) func `nothing is lost`(seed: UInt64) async throws {
    var random = Seeded(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    let world = try await CleanupWorld.make()
    let git = world.repository
    for run in 1...3 {
      let tasks = ["t\(run)x", "t\(run)y"]
      let id = try await world.run(
        run, tasks[0], tasks[1], ending: random.chance(3) ? [tasks[1]: .failed] : [:], ends: !random.chance(5))
      for task in tasks {
        let path = world.worktree(task)
        if random.chance(2) { try await world.squash(task) }
        if random.chance(3) { try git.write("untracked", "\(task) \(seed)", in: path) }
        if random.chance(4) { try await git.git("commit", "-q", "--amend", "-m", "amended", in: path) }
        if random.chance(5) {
          try await git.git("checkout", "-q", "--detach", in: path)
          try await git.commit("detached", "\(task)", message: "detached", in: path)
        }
        if random.chance(4) {
          try await git.git("update-ref", "refs/orchestrator/saved/\(id)/\(task)/1", "feature/\(task)")
        }
        if random.chance(5) {
          try await git.git("update-ref", "refs/heads/orch/review/\(id)/\(task)", "feature/\(task)")
        }
        if random.chance(6) { try FileManager.default.removeItem(atPath: world.record(task).string) }
        if random.chance(8) { try FileManager.default.removeItem(atPath: path.string) }
        if random.chance(8) { try git.write("index.saving.7", "x", in: world.common) }
      }
    }
    let commits = try await reachable(git)
    let files = Self.contents(git.scratch.path)
    for _ in 0..<2 {
      try await world.clean(world.cleanup(days: 40, keep: random.chance(2) ? 0 : 2, unfinished: random.chance(2)))
    }
    #expect(try await commits.subtracting(reachable(git)) == [])
    let lost = Self.contents(git.scratch.path)
    for (content, count) in files { #expect(lost[content] ?? 0 >= count, "\(content)") }
    #expect(try await git.git("fsck", "--no-dangling", "--no-reflogs").contains("missing") == false)
  }

  private func reachable(_ git: TemporaryRepository) async throws -> Set<Substring> {
    Set(try await git.git("rev-list", "--glob=refs/*").split(separator: "\n"))
  }

  /// How often each content is in files outside of git's own; references and indices change.
  private static func contents(_ folder: FilePath) -> [String: Int] {
    var found: [String: Int] = [:]
    let files = FileManager.default.enumerator(atPath: folder.string)
    while let name = files?.nextObject() as? String {
      let isOurs = name.hasPrefix("app/.git/orchestrator/") || name.hasPrefix("app/.git/index.saving")
      guard !name.hasPrefix("app/.git/") || isOurs, !name.hasPrefix("origin.git"), !name.hasSuffix("/restore"),
        !name.hasSuffix("/entry.json"), !name.hasSuffix(".lock"), !name.hasSuffix("orchestrator/lock"),
        !name.contains("/record/"),
        let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      else { continue }
      found[text, default: 0] += 1
    }
    return found
  }
}

private struct Seeded {
  var state: UInt64

  /// Whether one of `count` equal chances came true.
  mutating func chance(_ count: UInt64) -> Bool {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % count == 0
  }
}
