import Basics
import Processes
import Testing

@testable import CommandSupport

@Suite struct WaitNoticeTests {
  private let activities = Activities()
  private let stop = StopRequest()
  private var notices: WaitNotices { WaitNotices(stop: stop, activities: activities) { _ in } }

  @Test func `what lasts is reported once, and agents never`() {
    let push = activities.begin("git push", patience: .zero)
    _ = activities.begin("the agent", isAgent: true, patience: .zero)
    _ = activities.begin("'npm ci' of a", patience: .seconds(3600))
    var memory = WaitNotices.Memory()
    #expect(notices.words(&memory, at: .seconds(2)) == "waiting for git push (0 s)")
    #expect(notices.words(&memory, at: .seconds(4)) == nil)
    activities.end(push)
    _ = activities.begin("git fetch", patience: .zero)
    #expect(notices.words(&memory, at: .seconds(6)) == "waiting for git fetch (0 s)")
  }

  @Test func `after a signal it is reported every ten seconds what the end waits for`() {
    _ = activities.begin("git push")
    for _ in 0..<2 { _ = activities.begin("an agent", isAgent: true) }
    stop.raise(to: .graceful)
    var memory = WaitNotices.Memory()
    let told = [0, 4, 10, 14, 20].map { notices.words(&memory, at: .seconds($0)) }
    #expect(
      told == [
        nil, nil, "still waiting for git push, 2 agents", nil, "still waiting for git push, 2 agents",
      ])
  }
}
