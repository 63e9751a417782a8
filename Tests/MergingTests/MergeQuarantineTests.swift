import Basics
import Git
import Merging
import OrchTestSupport
import SystemPackage
import Testing

@Suite struct MergeQuarantineTests {
  /// `main` with a file of three lines; `one` and `two` change the same line, `three` adds a file, `alone` is of no
  /// family.
  private func world() async throws -> (TemporaryRepository, [String: ObjectID]) {
    let repository = try await TemporaryRepository.withCommit()
    try await repository.commit("file", "1\n2\n3\n", message: "base")
    let main = try await repository.git("symbolic-ref", "--short", "HEAD")
    for (branch, file, text) in [("one", "file", "1\nx\n3\n"), ("two", "file", "1\ny\n3\n"), ("three", "more", "z\n")] {
      try await repository.git("switch", "--quiet", "-c", branch, main)
      try await repository.commit(file, text, message: branch)
    }
    try await repository.git("switch", "--quiet", "--orphan", "alone")
    try await repository.commit("other", "o\n", message: "alone")
    try await repository.git("switch", "--quiet", main)
    var ids: [String: ObjectID] = [:]
    for name in ["one", "two", "three", "alone", main] {
      ids[name == main ? "main" : name] = ObjectID(try await repository.git("rev-parse", name))
    }
    return (repository, ids)
  }

  private func quarantine(_ repository: TemporaryRepository) async throws -> MergeQuarantine {
    try await MergeQuarantine(
      commonDirectory: repository.path.appending(".git"), environment: repository.environment)
  }

  @Test func `merges give trees and paths, and write nothing into the repository`() async throws {
    let (repository, ids) = try await world()
    let one = try #require(ids["one"])
    let two = try #require(ids["two"])
    let three = try #require(ids["three"])
    let alone = try #require(ids["alone"])
    let before = try await repository.git("count-objects", "-v")
    let quarantine = try await quarantine(repository)
    let results = try await quarantine.merge([
      MergePair(ours: one, theirs: two), MergePair(ours: one, theirs: alone), MergePair(ours: one, theirs: three),
    ])
    guard results.count == 3, case .clean(let tree) = results[2] else {
      Issue.record("\(results)")
      return
    }
    #expect(results[0] == .conflict(paths: ["file"]))
    #expect(results[1] == .unrelated)
    #expect(try await quarantine.merge(one, three, in: .forge) == .clean(tree))
    #expect(try await repository.git("count-objects", "-v") == before)

    // Adopted, it is a commit of the repository.
    let identities = try await quarantine.command(.here).identities()
    let text = CommitText(author: identities.author, committer: identities.committer, message: "merge\n")
    let first = try await quarantine.commit(tree: tree, parents: [one, three], text)
    let second = try await quarantine.commit(tree: tree, parents: [first], text)
    #expect(try await quarantine.tree(of: second) == tree)
    #expect(try await repository.git("count-objects", "-v") == before)
    try await quarantine.adopt([second])
    #expect(try await repository.git("log", "--format=%s", "-2", "\(second)") == "merge\nmerge")
    #expect(try await repository.git("show", "\(second):more") == "z")
    try await repository.git("fsck", "--strict")
  }

  @Test func `many merges are in the order of their pairs`() async throws {
    let (repository, ids) = try await world()
    let one = try #require(ids["one"])
    let two = try #require(ids["two"])
    let quarantine = try await quarantine(repository)
    let pairs = (0..<150).map { MergePair(ours: one, theirs: $0 % 7 == 0 ? two : one) }
    let results = try await quarantine.merge(pairs)
    #expect(
      results.indices.filter { results[$0] == .conflict(paths: ["file"]) } == Array(stride(from: 0, to: 150, by: 7)))
  }

  @Test func `a driver that attributes name merges here, and not on the forge`() async throws {
    let (repository, ids) = try await world()
    let one = try #require(ids["one"])
    let two = try #require(ids["two"])
    try repository.write(".git/info/attributes", "file merge=union\n")
    let quarantine = try await quarantine(repository)
    guard case .clean = try await quarantine.merge(one, two) else {
      Issue.record("the union of both sides is no conflict")
      return
    }
    #expect(try await quarantine.merge(one, two, in: .forge) == .conflict(paths: ["file"]))
  }

  @Test func `the folder goes with the quarantine, and what was left behind with the next one`() async throws {
    let (repository, _) = try await world()
    var made: MergeQuarantine? = try await quarantine(repository)
    let folder = try #require(made).directory.removingLastComponent()
    #expect(folder.isDirectory)
    made = nil
    #expect(!folder.exists)

    let left = folder.removingLastComponent().appending("git-orch-merge.left-by-test")
    try FileSystem.createFolder(left)
    try FileSystem.createFolder(left.appending("git"))
    try await repository.git("-c", "alias.age=!touch -d '2 minutes ago'", "age", left.string)
    _ = try await quarantine(repository)
    #expect(!left.exists)
  }
}
