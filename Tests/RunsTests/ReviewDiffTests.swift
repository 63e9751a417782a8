import Basics
import Git
import OrchTestSupport
import Processes
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ReviewDiffTests {
  @Test func `what is too large is named, and the rest is shown whole`() async throws {
    let repository = try await TemporaryRepository.withCommit()
    let base = try #require(ObjectID(try await repository.git("rev-parse", "HEAD")))
    try repository.write("long.txt", String(repeating: "many lines\n", count: 5000))
    try repository.write("wide.txt", String(repeating: "w", count: 70_000) + "\n")
    try repository.write("huge.txt", String(repeating: "h", count: 2 << 20) + "\n")
    try repository.write(":(top)odd*.txt", "odd\n")
    try repository.write("small.txt", "small\u{202E}\n")
    try await repository.git("add", "--all")
    try await repository.git("commit", "--quiet", "-m", "much")
    let head = try #require(ObjectID(try await repository.git("rev-parse", "HEAD")))
    let git = GitCommand(directory: repository.path, environment: repository.environment)
    let diff = try await ReviewDiff.read(base: base, head: head, git: git)
    #expect(diff.leftOut == ["long.txt", "wide.txt"])
    #expect(diff.text.contains("+small<U+202E>"))
    #expect(diff.text.contains("+odd"))
    #expect(diff.text.contains("huge.txt differ"))
  }

  @Test func `histories without a common commit can be compared`() async throws {
    let repository = try await TemporaryRepository.withCommit()
    let base = try #require(ObjectID(try await repository.git("rev-parse", "HEAD")))
    try await repository.git("switch", "--quiet", "--orphan", "other")
    let head = try #require(ObjectID(try await repository.commit("b.txt", "b\n", message: "b")))
    let git = GitCommand(directory: repository.path, environment: repository.environment)
    let diff = try await ReviewDiff.read(base: base, head: head, git: git)
    #expect(diff.text.contains("+b"))
    #expect(diff.text.contains("-read me"))
  }
}
