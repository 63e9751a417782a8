import Engine
import Foundation
import Leftovers
import OrchTestSupport
import Processes
import Testing
import Upkeep

/// Ledgers of runs, which go with what they are about.
@Suite(.timeLimit(.minutes(3))) struct LedgerCleanupTests {
  private func ledgers(_ world: CleanupWorld) async throws -> [String] {
    try await world.repository.git(
      "for-each-ref", "--format=%(refname)", "refs/orchestrator/runs", "refs/orchestrator/remotes"
    ).split(separator: "\n").map(String.init)
  }

  private func onRemote(_ world: CleanupWorld) async throws -> String {
    try await world.repository.git("ls-remote", "origin", "refs/orchestrator/*")
  }

  private func cleanup(_ world: CleanupWorld, keep: Int = 0, remote: String?) -> Cleanup {
    var selection = LeftoverSelection(keptRuns: keep, now: Date(timeIntervalSinceNow: 400 * 86_400))
    selection.ledgersOf = remote
    return Cleanup(world.place, selection)
  }

  @Test func `a ledger goes with its run's record, and comes back`() async throws {
    let world = try await CleanupWorld.make()
    let id = try await world.run(1, "a", makes: false)
    let name = "refs/orchestrator/runs/\(id)"
    try await world.repository.git("update-ref", name, "HEAD")
    #expect(try await world.clean(world.cleanup(days: 2)).removed["ledger \(name)"] == nil)
    #expect(try await world.clean(world.cleanup(days: 400, keep: 1)).removed["ledger \(name)"] == nil)
    let outcome = try await world.clean(world.cleanup(days: 400))
    let entry = try #require(outcome.removed["ledger \(name)"])
    #expect(outcome.removed["run \(id)"] != nil)
    #expect(try await ledgers(world) == [])
    try await world.restore(entry)
    #expect(try await ledgers(world) == [name])
    // Its run is gone now.
    #expect(try await world.clean(world.cleanup(days: 400)).removed["ledger \(name)"] != nil)
  }

  @Test func `those of other clones stay while the remote has them, unless that is named`() async throws {
    let world = try await CleanupWorld.make()
    for id in ["20250101-000000-0001", "20250102-000000-0002", "20250103-000000-0003"] {
      try await world.repository.git("push", "-q", "origin", "HEAD:refs/orchestrator/runs/\(id)")
    }
    try await world.repository.git(
      "fetch", "-q", "origin", "refs/orchestrator/runs/*:refs/orchestrator/remotes/origin/runs/*",
      "refs/orchestrator/runs/*:refs/orchestrator/remotes/gone/runs/*")
    #expect(try await ledgers(world).count == 6)
    // Of what is no remote any more, nothing comes.
    #expect(
      try await world.clean(cleanup(world, remote: nil)).removed.keys.allSatisfy { $0.contains("/remotes/gone/runs/") })
    #expect(try await ledgers(world).count == 3)
    let outcome = try await world.clean(cleanup(world, keep: 1, remote: "origin"))
    #expect(outcome.removed.count == 2)
    #expect(outcome.plan.going.allSatisfy { $0.reason.hasSuffix("; it goes on 'origin', too") })
    #expect(try await ledgers(world) == ["refs/orchestrator/remotes/origin/runs/20250103-000000-0003"])
    #expect(try await onRemote(world).hasSuffix("\trefs/orchestrator/runs/20250103-000000-0003"))
  }

  @Test func `what somebody writes meanwhile stays, here and there`() async throws {
    let world = try await CleanupWorld.make()
    let name = "refs/orchestrator/runs/20250101-000000-0001"
    try await world.repository.git("push", "-q", "origin", "HEAD:\(name)")
    let ours = cleanup(world, remote: "origin")
    let plan = try await ours.plan()
    #expect(plan.going.count == 1)
    try await world.repository.commit("more.txt", "more", message: "more")
    try await world.repository.git("push", "-q", "origin", "HEAD:\(name)")
    var failed: [String] = []
    try await ours.perform(plan, stop: StopRequest()) { step in
      if case .failed(let kept) = step { failed.append(kept.reason) }
    }
    #expect(failed.count == 1 && failed.first?.contains("stale info") == true, "\(failed)")
    #expect(try await ledgers(world) == ["refs/orchestrator/remotes/origin/runs/20250101-000000-0001"])
    #expect(try await onRemote(world).hasSuffix("\t\(name)"))
    #expect(try await world.repository.git("for-each-ref", "refs/orchestrator/trash") == "")
  }
}
