import Git
import Processes
import Testing

@testable import Engine

@Suite struct CancellationTests {
  @Test func `only what a stop itself makes fail is hidden by it`() {
    for error: any Error in [
      CancellationError(), GitError(.cancelled, "'git push' was canceled"), ProcessFailure.cancelled,
      RunError(.unusableForge, "cannot open pull requests: canceled", hints: ["or only push"]),
      RunError(.fetchFailed, "cannot reach remote 'origin': 'git ls-remote' was canceled"),
    ] {
      #expect(isCancellation(error))
    }
    for error: any Error in [
      GitError(.diskFull, "No space left on device"), ProcessFailure.timedOut(.seconds(1)),
      RunError(.noIdentity, "no identity"),
    ] {
      #expect(!isCancellation(error))
    }
  }
}
