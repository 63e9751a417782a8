import Agents
import Basics
import Forges
import Foundation
import Git
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

/// Stacks whose lower part is done.
extension ReviewMergeTests {
  /// #41 is `lower` into main, #42 is `upper` into `lower`.
  private func stack(_ state: PullRequest.State) async throws -> ReviewWorld {
    let world = try await world()
    try await world.open(41, branch: "lower")
    try await world.open(42, branch: "upper", base: "lower")
    world.forge.change(41) { $0.state = state }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    return world
  }

  @Test func `what is based on the branch of a merged one goes to that one's base`() async throws {
    let world = try await stack(.merged)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .merged, "\(state[task: "pr-42"]?.message ?? "")")
    #expect(world.forge.record.withLock { $0.retargets.map(\.base) } == ["main"])
    #expect(state[task: "pr-42"]?.pullRequest?.base == "main")
  }

  @Test func `what is based on the branch of a closed one is not merged`() async throws {
    let world = try await stack(.closed)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.message == "not merged: it builds on #41, which was closed without a merge")
    #expect(world.forge.record.withLock { $0.merges.isEmpty && $0.retargets.isEmpty })
  }

  @Test func `a branch that is there to stay is no dead branch, though its release is merged`() async throws {
    let world = try await stack(.merged)
    world.forge.record.withLock { $0.rules["lower"] = MergeRules(isProtected: true) }
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .merged)
    #expect(world.forge.record.withLock { $0.retargets.isEmpty })
  }

  @Test func `a base that has moved since it was merged is not guessed about`() async throws {
    let world = try await stack(.merged)
    let before = try await world.remoteTip("lower")
    world.forge.change(41) { $0.head.commit = before }
    _ = try await world.advance("lower")
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.message?.contains("whose branch 'lower' has moved since") == true)
  }

  @Test func `a merged one's branch goes once nothing is based on it`() async throws {
    let world = try await world()
    try await world.set("land.deleteBranch", "true")
    try await world.open(41, branch: "lower")
    try await world.open(42, branch: "upper", base: "lower")
    try world.script(#"{"pr-41": [[\#(Self.approve)]]}"#)
    let state = try await world.review(41, merges: true)
    #expect(state[task: "pr-41"]?.status == .merged)
    #expect(world.forge.record.withLock { $0.pullRequests[42]?.base } == "main")
    await #expect(throws: (any Error).self) { try await world.remoteTip("lower") }
  }
}
