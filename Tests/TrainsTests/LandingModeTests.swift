import Testing
import Trains

@Suite struct LandingModeTests {
  @Test func `the names are those of settings and options`() {
    #expect(LandingMode.allCases.map(\.rawValue) == ["squash", "merge", "rebase"])
  }
}
