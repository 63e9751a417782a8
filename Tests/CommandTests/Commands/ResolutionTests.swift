import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// A conflict that was resolved in work that landed is resolved so again, if the tests agree.
@Suite(.timeLimit(.minutes(5))) struct ResolutionTests {
  /// Commits one file on top of another branch, as a merge with a third one where there is one.
  private func commit(
    _ text: String, on branch: String, from start: String, merging other: String? = nil, in world: OrchWorld
  ) async throws {
    let message = "feat: \(branch)\n"
    var stream = "commit refs/heads/\(branch)\nauthor A U Thor <author@example.com> 1764216000 +0000\n"
    stream += "committer C O Mitter <committer@example.com> 1764216000 +0000\n"
    stream += "data \(message.utf8.count)\n\(message)\nfrom \(try await world.repository.git("rev-parse", start))\n"
    if let other { stream += "merge \(try await world.repository.git("rev-parse", other))\n" }
    stream += "M 100644 inline f.txt\ndata \(text.utf8.count)\n\(text)\n"
    try await world.repository.git(["fast-import", "--quiet", "--force"], input: stream)
  }

  @Test func `commits that are put on top of the base one by one are resolved as before, too`() async throws {
    let land = try await LandWorld.make(isAway: true)
    let world = land.world
    try await commit("a\nb\nc\n", on: "start", from: "main", in: world)
    for branch in ["main", "release"] { try await commit("a\nTheirs\nc\n", on: branch, from: "start", in: world) }
    for branch in ["x", "y"] { try await commit("a\nOurs\nc\n", on: branch, from: "start", in: world) }
    try await commit("a\nOurs\nc\nd\ne\n", on: "y", from: "y", in: world)
    try await commit("a\nOurs and theirs\nc\n", on: "x", from: "x", merging: "main", in: world)
    let learned = try await world.orch("land", "x")
    #expect(learned.status == 0, "\(learned.errors)\(learned.output)")

    try await world.set("git.destinationBranch", "release")
    let result = try await world.orch("land", "--mode", "rebase", "y")
    #expect(result.status == 0, "\(result.errors)\(result.output)")
    #expect(try await world.repository.git("show", "release:f.txt") == "a\nOurs and theirs\nc\nd\ne")
    let trailers = try await world.repository.git(
      "log", "-2", "--format=%(trailers:key=Resolved-as-before,valueonly,separator=%x2C)|", "release")
    #expect(trailers.split(separator: "\n") == ["|", "f.txt|"], "\(trailers)")
  }

  @Test func `cleanup forgets those that are old`() async throws {
    let world = try await OrchWorld.make(remote: false)
    let store = world.root.appending(".git/orchestrator/rr-cache")
    let names = ["a", "b"].map { String(repeating: $0, count: 40) } + ["note"]
    for name in names {
      try world.repository.write("\(name)/preimage", "x\n", in: store)
      try world.repository.write("\(name)/postimage", "y\n", in: store)
    }
    for name in [names[0], names[2]] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -61 * 86_400)],
        ofItemAtPath: store.appending(name).appending("postimage").string)
    }
    #expect(try await world.orch("cleanup", "-n").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.string).count == 3)
    #expect(try await world.orch("cleanup").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.string).sorted() == [names[1], "note"])
  }

  @Test func `a resolution is replayed where the tests pass with it, and forgotten where they do not`() async throws {
    let land = try await LandWorld.make(isAway: true)
    let world = land.world
    try await commit("a\nb\nc\n", on: "start", from: "main", in: world)
    for branch in ["main", "release", "other", "untested"] {
      try await commit("a\nTheirs\nc\n", on: branch, from: "start", in: world)
    }
    for branch in ["x", "y"] { try await commit("a\nOurs\nc\n", on: branch, from: "start", in: world) }
    // Two that say the same would be one commit.
    try await commit("a\nOurs\nc\nd\n", on: "y", from: "y", in: world)

    // As yet nobody knows.
    let first = try await world.orch("land", "x")
    #expect(first.status == 1, "\(first.output)")
    #expect(try await land.statuses() == ["x": "conflict"])
    try await commit("a\nOurs and theirs\nc\n", on: "x", from: "x", merging: "main", in: world)
    let learned = try await world.orch("land", "x")
    #expect(learned.status == 0, "\(learned.errors)\(learned.output)")
    #expect(!FileManager.default.fileExists(atPath: world.root.appending(".git/rr-cache").string))
    let store = world.root.appending(".git/orchestrator/rr-cache")
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.string).count == 1)

    try await world.set("git.destinationBranch", "untested")
    #expect(try await world.orch("land", "y", "--no-test").status == 1)
    try await world.repository.git("config", "orchestrator.land.rerere", "false")
    #expect(try await world.orch("land", "y", "-n").status == 1)
    try await world.repository.git("config", "--unset", "orchestrator.land.rerere")

    try await world.set("git.destinationBranch", "release")
    let rehearsal = try await world.orch("land", "y", "-n")
    #expect(rehearsal.status == 0, "\(rehearsal.errors)\(rehearsal.output)")
    #expect(rehearsal.output.contains("conflicts in f.txt, to be resolved as before"), "\(rehearsal.output)")
    let replayed = try await world.orch("land", "y")
    #expect(replayed.status == 0, "\(replayed.errors)\(replayed.output)")
    #expect(try await world.repository.git("show", "release:f.txt") == "a\nOurs and theirs\nc\nd")
    #expect(
      try await world.repository.git("log", "-1", "--format=%(trailers:key=Resolved-as-before,valueonly)", "release")
        == "f.txt")
    #expect(
      replayed.output.contains("'y' conflicted in f.txt, which was resolved as it was before"), "\(replayed.output)")

    try await world.set("git.destinationBranch", "other")
    try await world.set("project.testCommand", "! grep -q 'Ours and theirs' f.txt")
    let red = try await world.orch("land", "y")
    #expect(red.status == 1, "\(red.errors)")
    #expect(try await land.statuses() == ["y": "conflict"])
    #expect(red.output.contains("that is forgotten"), "\(red.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.string).isEmpty)
    #expect(try await world.repository.git("show", "other:f.txt") == "a\nTheirs\nc")
    let after = try await world.orch("land", "y", "-n")
    #expect(!after.output.contains("resolved as before"), "\(after.output)")
  }
}
