import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// The base branch.
extension DoctorTests {
  @Test func `no remote: branches stay local`() async throws {
    let world = try await OrchWorld.make(remote: false)
    let (report, status) = try await world.doctor()
    #expect(status == 0)
    #expect(report["Git provider"].first?.line.hasPrefix("warning: there is no remote 'origin'") == true)
    #expect(report["Base branch"].map(\.state) == ["ok"])
    #expect(report["Remote"].isEmpty)
  }

  @Test func `the remote's base has moved, and is not fetched by looking`() async throws {
    let world = try await OrchWorld.make()
    let before = try await world.repository.git("for-each-ref")
    let other = try await world.repository.clone("other")
    try await other.git("remote", "set-url", "origin", world.remote.string)
    try await other.commit("c.txt", "c\n", message: "theirs")
    try await other.git("push", "--quiet", "origin", "HEAD:main")
    let (report, status) = try await world.doctor()
    #expect(status == 0)
    #expect(report["Remote"].first?.state == "warning")
    #expect(report["Remote"].first?.mend == ["git fetch origin main"])
    #expect(try await world.repository.git("for-each-ref") == before)
  }

  @Test func `a base branch that is nowhere`() async throws {
    let world = try await OrchWorld.make()
    try await world.set("git.baseBranch", "develop")
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Base branch"].first?.line == "fault: base branch 'develop' does not exist")
    #expect(report["Base branch"].first?.mend.contains("git fetch origin develop") == true)
  }

  @Test func `a repository without a commit`() async throws {
    let world = try await OrchWorld(repository: TemporaryRepository("app"))
    let (report, status) = try await world.doctor()
    #expect(status == 1)
    #expect(report["Base branch"].first?.mend == ["git commit --allow-empty -m 'first commit'"])
  }

  @Test func `a remote that cannot be reached is reported without the password in its URL`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git(
      "remote", "set-url", "origin", "http://someone:planted-word-1234@127.0.0.1:1/app.git")
    let result = try await world.orch("doctor", "--timeout", "120")
    #expect(result.status == 1)
    #expect(result.output.contains("✗ Remote: cannot reach 'origin'"))
    #expect(!(result.output + result.errors).contains("planted-word-1234"))
  }
}
