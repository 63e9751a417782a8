import Basics
import Git
import OrchTestSupport
import SystemPackage
import Testing

/// Handles are used again, as long as they lead where the files say.
@Suite(.timeLimit(.minutes(5))) struct `Opening a repository again` {
  /// What is younger could change unnoticed, and is read again in any case.
  private func settle(_ files: FilePath...) async throws {
    try await waitUntil("the files are old enough") {
      files.allSatisfy { FileStamp($0).map { !$0.isFresh(at: FileStamp.now()) } ?? true }
    }
  }

  @Test func `finds what its files say by then`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let other = try await TemporaryRepository.withCommit("other")
    let (a, b) = (try await made.addWorktree("a"), try await other.addWorktree("b"))
    let link = a.appending(".git")
    try await settle(link, made.path.appending(".git/worktrees/a/commondir"))
    for _ in 0..<2 {
      let repository = try made.open(a)
      #expect(repository.commonDirectory == made.path.appending(".git"))
      #expect(try repository.status().isClean)
    }
    try made.write("new", "new\n", in: a)
    #expect(try made.open(a).status().entries.map(\.path) == ["new"])
    try await made.git("checkout", "-q", "-b", "c", in: a)
    let tip = try await made.id("main")
    #expect(try made.open(a).head() == .branch(name: "c", tip: tip))

    // Somebody puts another repository in its place.
    try made.write(".git", try other.read(".git", in: b), in: a)
    #expect(try made.open(a).commonDirectory == other.path.appending(".git"))
    try await settle(link)
    #expect(try made.open(a).commonDirectory == other.path.appending(".git"))
  }

  @Test func `sees a configuration that says where the files are`() async throws {
    let made = try await TemporaryRepository.withCommit()
    for _ in 0..<2 { #expect(try made.open().workingDirectory == made.path) }
    try await made.git("config", "user.nickname", "x")
    let elsewhere = made.scratch.path.appending("elsewhere")
    try made.write("f", "f", in: elsewhere)
    try await made.git("config", "core.worktree", elsewhere.string)
    #expect(try made.open().workingDirectory == elsewhere)
    try await made.git("config", "--unset", "core.worktree")
    #expect(try made.open().workingDirectory == made.path)
  }
}
