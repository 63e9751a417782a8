import Agents
import Basics
import Forges
import Foundation
import Journal
import OrchTestSupport
import Processes
import Synchronization
import SystemPackage
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ReviewResumptionTests {
  private func world() async throws -> ReviewWorld {
    let world = try await ReviewWorld()
    try await world.set("project.testCommand", "true")
    try await world.open(42, branch: "topic")
    return world
  }

  @Test(arguments: [false, true])
  func `a review that was interrupted after its verdict continues without an agent`(hasFix: Bool) async throws {
    let world = try await world()
    try world.script(#"{"pr-42": [[\#(hasFix ? ReviewTests.fix + ", " : "")\#(ReviewTests.approve)]]}"#)
    let stop = StopRequest()
    let first = try await world.review(42, stop: stop) { entry in
      if case .verdictGiven = entry.event { stop.raise(to: .graceful) }
    }
    #expect(first[task: "pr-42"]?.status == .interrupted, "\(first[task: "pr-42"]?.message ?? "")")
    #expect(world.forge.posts.isEmpty)
    let second = try await world.review(42)
    let task = try #require(second[task: "pr-42"])
    #expect(task.status == .approved, "\(task.message ?? "")")
    #expect(task.attempts.isEmpty)
    #expect(task.tests?.passed == true)
    #expect(world.agentCalls() == ["pr-42.1.json"])
    let tip = try await world.remoteTip("topic")
    #expect(world.forge.posts.map(\.commit) == [tip])
    #expect((task.pushedCommit != nil) == hasFix)
    #expect(world.forge.posts.first?.signature.contains(first.header.id) == true)
    #expect(try await world.leftovers() == [])
  }

  @Test func `a review that was interrupted after its post is not posted again`() async throws {
    let world = try await world()
    try world.script(#"{"pr-42": [[\#(ReviewTests.fix), \#(ReviewTests.approve)]]}"#)
    let stop = StopRequest()
    world.forge.onPost { stop.raise(to: .immediate) }
    let first = try await world.review(42, merges: true, stop: stop)
    #expect(first[task: "pr-42"]?.status == .interrupted)
    // Twice interrupted: the signature is still the first review's.
    let again = StopRequest()
    let second = try await world.review(42, merges: true, stop: again) { entry in
      if case .verdictGiven = entry.event { again.raise(to: .graceful) }
    }
    #expect(second[task: "pr-42"]?.status == .interrupted)
    let third = try await world.review(42, merges: true)
    #expect(third[task: "pr-42"]?.status == .merged, "\(third[task: "pr-42"]?.message ?? "")")
    #expect(third[task: "pr-42"]?.posted?.wasThere == true)
    #expect(world.forge.posts.count == 1)
    #expect(world.agentCalls() == ["pr-42.1.json"])
  }

  @Test func `a review whose process died is resumed, and what it left is removed`() async throws {
    let world = try await world()
    try world.script(#"{"pr-42": [[\#(ReviewTests.fix), \#(ReviewTests.approve)]]}"#)
    let stop = StopRequest()
    let first = try await world.review(42, stop: stop) { entry in
      if case .verdictGiven = entry.event { stop.raise(to: .graceful) }
    }
    // As if it had been killed once the verdict was on disk.
    let folder = world.repository.path.appending(".git/orchestrator/runs").appending(first.header.id)
    let lines = try world.repository.read("journal.ndjson", in: folder).split(separator: "\n")
    let last = try #require(lines.firstIndex { $0.contains("verdict-given") })
    try world.repository.write(
      "journal.ndjson", lines[...last].map { $0 + "\n" }.joined(), in: folder)
    let branch = "orch/review/\(first.header.id)/pr-42"
    let worktree = world.worktrees.appending("pr-42").string
    try await world.repository.git("worktree", "add", "--quiet", worktree, branch)
    try await world.repository.git("update-ref", "refs/orchestrator/review/\(first.header.id)/pr-42/head", branch)
    let second = try await world.review(42)
    #expect(second[task: "pr-42"]?.status == .approved, "\(second[task: "pr-42"]?.message ?? "")")
    #expect(world.agentCalls() == ["pr-42.1.json"])
    #expect(try await world.leftovers() == [])
  }

  @Test func `a verdict about another head is not used`() async throws {
    let world = try await world()
    try world.script(#"{"pr-42": [[\#(ReviewTests.approve)]]}"#)
    let stop = StopRequest()
    _ = try await world.review(42, stop: stop) { entry in
      if case .verdictGiven = entry.event { stop.raise(to: .graceful) }
    }
    try await world.advance("topic")
    let second = try await world.review(42)
    #expect(second[task: "pr-42"]?.attempts.count == 1)
    #expect(world.forge.posts.first?.signature.contains(second.header.id) == true)
  }

  @Test func `the first signal stops agents, and what has not begun is skipped`() async throws {
    let world = try await world()
    try await world.open(43, branch: "other")
    try world.script(#"{"pr-42": [["hang"]], "pr-43": [["hang"]]}"#)
    let stop = StopRequest()
    let state = try await world.review(42, 43, jobs: 1, stop: stop) { entry in
      if case .attemptLaunched = entry.event { stop.raise(to: .graceful) }
    }
    #expect(state[task: "pr-42"]?.status == .interrupted)
    #expect(state[task: "pr-43"]?.status == .skipped)
    #expect(world.forge.posts.isEmpty)
    // The worktree stayed for its conversation; the next review needs neither.
    try world.script(#"{"pr-42": [[\#(ReviewTests.approve)]]}"#)
    #expect(try await world.review(42)[task: "pr-42"]?.status == .approved)
    #expect(try await world.leftovers() == [])
  }

  @Test func `the first signal stops tests`() async throws {
    let world = try await world()
    try await world.set("project.testCommand", "touch '\(world.file)'; sleep 600")
    try world.script(#"{"pr-42": [[\#(ReviewTests.approve)]]}"#)
    let stop = StopRequest()
    async let state = world.review(42, stop: stop)
    try await waitUntil("the agent has begun") { FileManager.default.fileExists(atPath: world.file.string) }
    stop.raise(to: .graceful)
    #expect(try await state[task: "pr-42"]?.status == .interrupted)
    #expect(try await state[task: "pr-42"]?.tests == nil)
  }
}
