import Git
import Testing
import Trains

@Suite struct LandingMessageTests {
  private static func commit(_ message: String, by author: String = "Ann <ann@example.com>") throws -> BranchCommit {
    let id = try #require(ObjectID(String(repeating: "1", count: 40)))
    return BranchCommit(
      id: id, parents: [id],
      text: CommitText(
        author: "\(author) 1764216000 +0000", committer: "\(author) 1764216000 +0000", message: message))
  }

  @Test func `the message of an only commit is kept as it is`() throws {
    let message = "feat: a\n\nWhy.\n\nCloses #3\n"
    #expect(try LandingMessage.squash(title: "other", branch: "a", commits: [Self.commit(message)]) == message)
  }

  @Test func `of several commits all that they say is kept, and each trailer once`() throws {
    let commits = try [
      Self.commit("feat: half\n\nFirst part.\n\nSigned-off-by: Ann <ann@example.com>\n"),
      Self.commit(
        "feat: rest\n\nFixes #7\n\nSigned-off-by: Ann <ann@example.com>\nCo-authored-by: Cy <cy@example.com>\n",
        by: "Bob <bob@example.com>"),
    ]
    #expect(
      LandingMessage.squash(title: "feat: all of it", branch: "a", commits: commits)
        == """
        feat: all of it

        * feat: half

          First part.
        * feat: rest

        Signed-off-by: Ann <ann@example.com>
        Co-authored-by: Cy <cy@example.com>
        Fixes #7
        Co-authored-by: Ann <ann@example.com>

        """)
  }

  @Test func `a merge names its branch and what it closes`() throws {
    let commits = [try Self.commit("fix: it\n\nCloses #1\n\nSigned-off-by: Ann <ann@example.com>\n")]
    #expect(
      LandingMessage.merge(title: "fix: it", branch: "fix/it", commits: commits)
        == "Merge branch 'fix/it'\n\nfix: it\n\nCloses #1\n")
  }
}

@Suite struct TestCacheTests {
  @Test func `a result is found again under the same circumstances alone`() {
    let first = TestCache.Circumstances(
      command: "make test", environment: ["PATH": "/bin", "TERM": "x"], additions: [])
    var other = first
    other.environment["TERM"] = "y"
    #expect(first.key(tree: "1") == other.key(tree: "1"))
    #expect(first.key(tree: "1") != first.key(tree: "2"))
    other.environment["PATH"] = "/usr/bin"
    #expect(first.key(tree: "1") != other.key(tree: "1"))
    other = first
    other.command = "make test "
    #expect(first.key(tree: "1") != other.key(tree: "1"))
    other = first
    other.additions = ["set-up x"]
    #expect(first.key(tree: "1") != other.key(tree: "1"))
  }
}
