import Foundation
import Journal
import OrchTestSupport
import Processes
import SystemPackage
import Testing

/// Reviews are stopped alone, as tasks are.
@Suite(.timeLimit(.minutes(2))) struct ReviewStopTests {
  @Test func `one at work and one that waits are stopped, and the others are reviewed`() async throws {
    let world = try await ReviewWorld()
    for (number, branch) in [(42, "one"), (43, "two"), (44, "three")] { try await world.open(number, branch: branch) }
    let approve = ReviewWorld.verdict("approve")
    try world.script(#"{"pr-42": [["hang"]], "pr-43": [[\#(approve)]], "pr-44": [[\#(approve)]]}"#)
    let (launches, launch) = AsyncStream.makeStream(of: Void.self)
    async let review = world.review(42, 43, 44, jobs: 1) { entry in
      if case .attemptLaunched = entry.event { launch.yield() }
    }
    var launched = launches.makeAsyncIterator()
    await launched.next()
    let folder = try RunStore(commonDirectory: world.repository.path.appending(".git")).run(nil)
    let by = RequestOrigin(command: "git orch stop", pid: 1, terminal: nil)
    try folder.send(ControlRequest(.stop, of: try folder.state(), tasks: ["pr-42", "pr-43"], by: by))
    let state = try await review
    #expect(state.tasks.map(\.status) == [.interrupted, .skipped, .approved])
    #expect(state[task: "pr-42"]?.message == "stopped by you")
    #expect(state[task: "pr-43"]?.message == "stopped by you")
    #expect(state[task: "pr-43"]?.attempts.isEmpty == true)
  }
}
