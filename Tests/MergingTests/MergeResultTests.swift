import Merging
import Testing

@Suite struct MergeResultTests {
  @Test func `conflicts are compared by their paths`() {
    #expect(MergeResult.conflict(paths: ["a"]) != .conflict(paths: ["b"]))
  }
}
