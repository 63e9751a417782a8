import Git
import OrchTestSupport
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct LandingTests {
  private let git: TemporaryRepository
  private let lines = (1...30).map { "line \($0)\n" }

  init() async throws {
    git = try await TemporaryRepository.withCommit()
    try await git.commit("file", lines.joined(), message: "lines")
    try await git.git("checkout", "-q", "-b", "work")
    try await git.commit("file", changed(5), message: "one")
    try await git.commit("other", "other\n", message: "two")
    try await git.git("checkout", "-q", "main")
  }

  private func changed(_ numbers: Int...) -> String {
    lines.enumerated().map { numbers.contains($0 + 1) ? "changed \($0 + 1)\n" : $1 }.joined()
  }

  private func landing(_ base: String = "main") async throws -> Landing? {
    try git.open().landing(of: await git.id("work"), in: await git.id(base))
  }

  @Test func `not while the base lacks any of it`() async throws {
    #expect(try await landing() == nil)
    try await git.git("cherry-pick", "work~1")
    #expect(try await landing() == nil)
  }

  @Test func `by its commits, after a merge`() async throws {
    try await git.commit("base", "base\n", message: "base")
    try await git.git("merge", "-q", "--no-ff", "-m", "merge", "work")
    #expect(try await landing() == .commits)
  }

  @Test func `by its content, after a squash of several commits on a base that has moved`() async throws {
    try await git.commit("file", changed(20), message: "elsewhere")
    try await git.git("merge", "-q", "--squash", "work")
    try await git.git("commit", "-q", "-m", "squash")
    try await git.commit("more", "more\n", message: "later")
    #expect(try await landing() == .content)
  }

  @Test func `by its patch, when the squash was changed again later`() async throws {
    try await git.git("merge", "-q", "--squash", "work")
    try await git.git("commit", "-q", "-m", "squash")
    try await git.commit("file", changed(4, 6), message: "the same lines, another way")
    try await git.commit("other", "replaced\n", message: "and the other file")
    #expect(try await landing() == .patch)
  }

  @Test func `by its patches, when each was picked and changed again later`() async throws {
    try await git.commit("base", "base\n", message: "base")
    try await git.git("cherry-pick", "work~1", "work")
    try await git.commit("file", changed(4, 6), message: "the same lines, another way")
    try await git.commit("other", "replaced\n", message: "and the other file")
    #expect(try await landing() == .patch)
  }

  @Test func `not when only a part was picked and the rest conflicts`() async throws {
    try await git.git("cherry-pick", "work")
    try await git.commit("file", changed(4, 6), message: "something else")
    #expect(try await landing() == nil)
  }

  @Test func `a branch that changes nothing has nothing to land`() async throws {
    try await git.git("checkout", "-q", "work")
    try await git.git("revert", "--no-edit", "HEAD~1..HEAD")
    try await git.git("revert", "--no-edit", "HEAD~2")
    #expect(try await git.git("diff", "main", "work") == "")
    #expect(try await landing() == .content)
  }

  @Test func `as git tells it in a shallow clone`() async throws {
    try await git.git("merge", "-q", "--squash", "work")
    try await git.git("commit", "-q", "-m", "squash")
    let clone = try await git.clone("clone", options: ["--no-single-branch", "--depth=4"])
    let (work, main) = (try await clone.id("origin/work"), try await clone.id("origin/main"))
    #expect(try clone.open().landing(of: work, in: main) == .content)
  }

  @Test func `commits that no reference leads to, without those that others of them lead to`() async throws {
    let tip = try await git.id("work")
    let lost = try await git.id("work~1")
    let repository = try git.open()
    #expect(try repository.unreferenced(among: [tip, lost]) == [])
    #expect(try repository.unreferenced(among: [tip, lost], ignoring: ["refs/heads/work"]) == [tip])
    #expect(try repository.unreferenced(among: [lost], ignoring: ["refs/heads/"]) == [lost])
    let shallow = try await git.clone("clone", options: ["--no-single-branch", "--depth=2"])
    #expect(try shallow.open().unreferenced(among: [tip], ignoring: ["refs/remotes/origin/work"]) == [tip])
  }
}
