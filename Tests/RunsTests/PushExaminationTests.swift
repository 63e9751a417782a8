import Foundation
import Git
import OrchTestSupport
import SystemPackage
import Testing

@testable import Engine
@testable import Guarding

/// What a branch may hold that is pushed: in any of its commits.
@Suite(.timeLimit(.minutes(5))) struct PushExaminationTests {
  private let made: TemporaryRepository
  private let start: ObjectID
  private static let token = "gh" + "p_" + "q7Zt2Kx9Vb4Nw8Rj5Lp3Hd6Ys1Gf0CmTeUaQ"

  init() async throws {
    made = try await TemporaryRepository.withCommitAndRemote().repository
    try made.write(".gitignore", "*.log\n.env\n/build/\n")
    try made.write("known.log", "tracked all the same\n")
    try await made.git("add", "-f", ".gitignore", "known.log")
    try await made.git("commit", "-q", "-m", "rules")
    start = try #require(ObjectID(try await made.git("rev-parse", "HEAD")))
    try await made.git("checkout", "-q", "-b", "work")
  }

  private func faults(_ change: (inout PushRules) -> Void = { _ in }) async throws -> [String] {
    var rules = PushRules()
    let place = try await RepositoryContext.find(from: made.path, environment: made.environment)
    rules.identity = try await place.requireIdentity()
    rules.commonDirectory = place.commonDirectory
    rules.checkout = place.checkout
    rules.remoteTips = try await PushRules.remoteTips(place.git)
    change(&rules)
    let tip = try #require(ObjectID(try await made.git("rev-parse", "HEAD")))
    let examination = PushExamination(
      rules: rules, worktree: made.path, branch: "work", start: start, tip: tip, environment: made.environment)
    return try await examination.faults().map { fault in
      #expect(!fault.remedy.isEmpty)
      // Everything but the commit.
      return fault.description.replacing(#/commit [0-9a-f]{10} /#, with: "")
    }
  }

  /// Whether it takes no git to see that there is nothing.
  private func isSurelyClean() async throws -> Bool {
    var rules = PushRules()
    rules.identity = try await RepositoryContext.find(from: made.path, environment: made.environment).requireIdentity()
    let tip = try #require(ObjectID(try await made.git("rev-parse", "HEAD")))
    return await PushExamination(
      rules: rules, worktree: made.path, branch: "work", start: start, tip: tip, environment: made.environment
    ).isSurelyClean()
  }

  @Test(arguments: [
    ("src/a.swift", "text\n", true), ("src/b.swift", "let prefix = \"ghp_\"\n", true), ("a.log", "ignored\n", false),
    ("build/x", "ignored\n", false), ("my-build/x", "not, but git is to say so\n", false),
    ("t.c", PushExaminationTests.token, false),
    ("src/.gitignore", "*\n", false), ("known.log", "it is no new one\n", true),
  ])
  func `ordinary commits need no git to be examined`(_ file: String, _ content: String, _ isClean: Bool) async throws {
    try await commit(file, content)
    try await commit("second.txt", "text\n")
    #expect(try await isSurelyClean() == isClean)
  }

  @Test func `merges and others' commits are for git to examine`() async throws {
    try await made.git("commit", "-q", "--allow-empty", "--author=Else <else@example.com>", "-m", "x")
    #expect(try await !isSurelyClean())
    try await made.git("reset", "-q", "--hard", "\(start)")
    try await made.git("checkout", "-q", "-b", "side")
    try await commit("side", "side\n")
    try await made.git("checkout", "-q", "work")
    try await commit("work", "work\n")
    #expect(try await isSurelyClean())
    try await made.git("merge", "-q", "--no-edit", "side")
    #expect(try await !isSurelyClean())
  }

  @Test(arguments: [
    "*.log", "/build/", "build", "docs/*.txt", "**/gen", "a[bc]d", "\\#x", "foo/**/bar", "THUMBS.db", "x?z", "*",
    "gen/",
    "  sp", "a/b/", "[[:alpha:]]x", "!no", "# comment",
  ])
  func `no rule that ignores a path is taken for one that does not`(_ rule: String) async throws {
    let paths = [
      "a.log", "build/x", "src/build/x", "build", "docs/a.txt", "docs/x/a.txt", "x/gen", "gen", "abd", "acd", "#x",
      "foo/bar",
      "foo/a/b/bar", "Thumbs.db", "thumbs.DB", "xyz", "  sp", "sp", "a/b/c", "qx", "no", "other",
    ]
    try made.write("sub/.gitignore", "\(rule)\n")
    let answer = try? await made.git(
      ["check-ignore", "--no-index", "--stdin"], input: paths.map { "sub/\($0)\n" }.joined())
    for path in (answer ?? "").split(separator: "\n").map(String.init) {
      let rules = IgnoreRules(
        worktree: made.path, commonDirectory: made.path.appending(".git"), excludes: nil, paths: [path])
      #expect(rules.mayMatch([path]), "\(rule) \(path)")
    }
  }

  private func commit(_ file: String, _ content: String) async throws {
    try made.write(file, content)
    try await made.git("add", "-f", "--", file)
    try await made.git("commit", "-q", "-m", "change \(file)")
  }

  @Test func `ordinary commits have no faults`() async throws {
    try await commit("a b.txt", "text\n")
    try await commit("known.log", "more\n")
    try await commit("src/x.swift", "let prefix = \"ghp_\"\n")
    try await made.git("mv", "a b.txt", "c.txt")
    try await made.git("commit", "-q", "-m", "rename")
    #expect(try await faults().isEmpty)
  }

  @Test func `a token, with its line`() async throws {
    try await commit("src/a.c", "one\ntwo\nkey = \"\(Self.token)\"\n")
    let expected = "adds what looks like a secret (GitHub token) in 'src/a.c', line 3"
    #expect(try await faults() == [expected])
    #expect(try await faults { $0.secrets = false }.isEmpty)
    for pattern in ["src/a.c", "src", "src/", "*.c", "src/*"] {
      #expect(try await faults { $0.allowed = [pattern] }.isEmpty, "\(pattern)")
    }
    #expect(try await faults { $0.allowed = ["*.h", "sr"] } == [expected])
  }

  @Test func `a token that a later commit removes is in the history`() async throws {
    try await commit("a.txt", "\(Self.token)\n")
    try await commit("a.txt", "nothing\n")
    #expect(try await faults() == ["adds what looks like a secret (GitHub token) in 'a.txt', line 1"])
  }

  @Test func `a token in a binary file, under an odd name, in a file that is declared binary`() async throws {
    try await commit("bin", "\0\u{1}\(Self.token)\0")
    try await commit("tab\tand \"quote\" ö", "\(Self.token)\n")
    try await commit(".gitattributes", "*.dat binary -diff\n")
    try await commit("x.dat", "\(Self.token)\n")
    #expect(
      try await faults().sorted() == [
        "adds what looks like a secret (GitHub token) in 'bin', line 1",
        "adds what looks like a secret (GitHub token) in 'tab and \"quote\" ö', line 1",
        "adds what looks like a secret (GitHub token) in 'x.dat', line 1",
      ])
  }

  @Test func `a token that was there before is not added by a change next to it`() async throws {
    try await made.git("checkout", "-q", "main")
    try await commit("old.txt", "\(Self.token)\n")
    let before = try #require(ObjectID(try await made.git("rev-parse", "HEAD")))
    try await commit("old.txt", "\(Self.token)\nmore\n")
    var rules = PushRules()
    rules.identity = nil
    let examination = PushExamination(
      rules: rules, worktree: made.path, branch: "main", start: before,
      tip: try #require(ObjectID(try await made.git("rev-parse", "HEAD"))), environment: made.environment)
    #expect(try await examination.faults().isEmpty)
  }

  @Test func `a merge is asked for what it adds itself, and not for what the remote has`() async throws {
    // On the remote, by somebody else, with a token.
    try await made.git("checkout", "-q", "-b", "theirs", "main")
    try made.write("theirs.txt", "\(Self.token)\n")
    try await made.git("add", "theirs.txt")
    try await made.git(
      "-c", "user.name=Other", "-c", "user.email=o@x", "commit", "-q", "--author", "Other <o@x>", "-m", "theirs")
    try await made.git("push", "-q", "origin", "theirs")
    try await made.git("checkout", "-q", "work")
    try await commit("mine.txt", "mine\n")
    try await made.git("merge", "-q", "--no-edit", "origin/theirs")
    #expect(try await faults().filter { !$0.contains("committed by") && !$0.contains("is by") }.isEmpty)
    try made.write("evil.txt", "one\n\(Self.token)\n")
    try await made.git("add", "evil.txt")
    try await made.git("commit", "-q", "--amend", "--no-edit")
    #expect(
      try await faults { $0.identity = nil } == [
        "adds what looks like a secret (GitHub token) in 'evil.txt', line 2"
      ])
  }

  @Test func `what an agent makes of remote-tracking branches, replacements and encodings hides nothing`() async throws
  {
    let place = try await RepositoryContext.find(from: made.path, environment: made.environment)
    let tips = try await PushRules.remoteTips(place.git)
    try await commit("a.txt", "\(Self.token)\n")
    let expected = ["adds what looks like a secret (GitHub token) in 'a.txt', line 1"]
    try await made.git("update-ref", "refs/remotes/origin/planted", "HEAD")
    #expect(try await faults { $0.remoteTips = tips } == expected)
    let clean = try await made.git("commit-tree", "-p", "\(start)", "-m", "clean", "\(start)^{tree}")
    try await made.git("replace", "HEAD", clean)
    #expect(try await faults { $0.remoteTips = tips } == expected)
    try await made.git("replace", "-d", "HEAD")
    try made.write(".git/info/grafts", "\(try await made.git("rev-parse", "HEAD")) \(clean)\n")
    try await made.git("config", "i18n.logOutputEncoding", "UTF-16")
    #expect(try await faults { $0.remoteTips = tips } == expected)
  }

  @Test func `many commits that others have made hide no fault of one's own`() async throws {
    try await made.git("checkout", "-q", "-b", "theirs", "main")
    let tree = try await made.git("rev-parse", "HEAD^{tree}")
    var tip = try await made.git("rev-parse", "HEAD")
    for number in 0..<120 {
      tip = try await made.git("commit-tree", "-p", tip, "-m", "\(Self.token) \(number)", tree)
    }
    try await made.git("update-ref", "refs/heads/theirs", tip)
    try await made.git("push", "-q", "origin", "theirs")
    try await made.git("checkout", "-q", "work")
    try await commit("a.txt", "\(Self.token)\n")
    try await made.git("merge", "-q", "--no-edit", "theirs")
    #expect(try await faults() == ["adds what looks like a secret (GitHub token) in 'a.txt', line 1"])
  }

  @Test func `an ignored file that begins as a copy of a tracked one`() async throws {
    try await commit("trace.log", "tracked all the same\n")
    #expect(try await faults().isEmpty)
    try await commit("trace.log", "something else\n")
    #expect(try await faults() == ["adds 'trace.log', which is ignored (.gitignore:1: *.log)"])
  }

  @Test func `a token in the message of a commit`() async throws {
    try await made.git("commit", "-q", "--allow-empty", "-m", "subject", "-m", "see \(Self.token)")
    #expect(try await faults() == ["has what looks like a secret (GitHub token) in its message, line 3"])
  }

  @Test func `a file that is only renamed adds nothing`() async throws {
    try await made.git("checkout", "-q", "main")
    try await commit("key.txt", "\(Self.token)\n")
    let before = try #require(ObjectID(try await made.git("rev-parse", "HEAD")))
    try await made.git("mv", "key.txt", "moved.txt")
    try await made.git("mv", "known.log", "other.log")
    try await made.git("commit", "-q", "-m", "rename")
    let examination = PushExamination(
      rules: PushRules(), worktree: made.path, branch: "main", start: before,
      tip: try #require(ObjectID(try await made.git("rev-parse", "HEAD"))), environment: made.environment)
    #expect(try await examination.faults().isEmpty)
  }

  @Test func `an ignored file, added by force`() async throws {
    try await commit("trace.log", "x\n")
    try await commit("sub/.env", "x\n")
    #expect(
      try await faults() == [
        "adds 'sub/.env', which is ignored (.gitignore:2: .env)",
        "adds 'trace.log', which is ignored (.gitignore:1: *.log)",
      ])
    #expect(try await faults { $0.ignored = false }.isEmpty)
  }

  @Test func `an ignored file that is removed again, and one that is empty`() async throws {
    try await commit("trace.log", "x\n")
    try await made.git("rm", "-q", "trace.log")
    try await made.git("commit", "-q", "-m", "rm")
    try await commit("build/empty", "")
    #expect(
      try await faults() == [
        "adds 'build/empty', which is ignored (.gitignore:3: /build/)",
        "adds 'trace.log', which is ignored (.gitignore:1: *.log)",
      ])
  }

  @Test func `an ignored file under a rule that the branch itself takes away`() async throws {
    try await commit(".gitignore", "*.log\n.env\n/build/\n!secret.log\n")
    try await commit("secret.log", "x\n")
    #expect(
      try await faults() == ["adds 'secret.log', which is ignored (.gitignore:1: *.log, when the branch began)"])
  }

  @Test func `a copied file, and its contents under another name`() async throws {
    try made.write(".env", "PASSWORD=of mine\n")
    let place = try await RepositoryContext.find(from: made.path, environment: made.environment)
    let rules = try await PushRules(
      place, identity: place.requireIdentity(), setup: WorktreeSetup(place))
    #expect(rules.copied == [".env"])
    try await made.git("add", "-f", ".env")
    try await made.git("commit", "-q", "-m", "env")
    try await commit("env.txt", "PASSWORD=of mine\n")
    #expect(
      try await faults { $0 = rules }.sorted() == [
        "holds '.env', which was copied into the worktree and is not for others",
        "holds the contents of '.env', which is not for others, as 'env.txt'",
      ])
  }

  @Test func `what a copied file shares with a committed one is not a secret`() async throws {
    try await commit(".env.example", "PASSWORD=\n")
    try made.write(".env", "PASSWORD=\n")
    let place = try await RepositoryContext.find(from: made.path, environment: made.environment)
    let rules = try await PushRules(place, identity: place.requireIdentity(), setup: WorktreeSetup(place))
    #expect(rules.copiedBlobs.isEmpty)
  }

  @Test func `commits by somebody else`() async throws {
    try await made.git(
      "-c", "user.name=Somebody", "-c", "user.email=s@x", "commit", "-q", "--allow-empty", "-m", "x")
    let found = try await faults()
    // The tests' environment may name the author, which no -c overrides.
    #expect(found.allSatisfy { $0.contains("Somebody <s@x>") })
    let other = try #require(
      ObjectID(
        try await made.git(
          "-c", "alias.as=!GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@x GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x git",
          "as", "commit-tree", "-p", "HEAD", "-m", "by others", "HEAD^{tree}")))
    try await made.git("reset", "-q", "--hard", "\(start)")
    try await made.git("update-ref", "refs/heads/work", "\(other)")
    let faults = try await faults()
    #expect(faults.contains("was committed by C <c@x>, which is not the identity you commit with"))
    #expect(faults.contains("is by A <a@x>, who is not the author you commit as"))
    #expect(try await self.faults { $0.identity = nil }.isEmpty)
  }

  @Test func `a submodule at a commit that nobody else has`() async throws {
    let inner = try await TemporaryRepository.withCommit("inner")
    try await made.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://\(inner.path)", "sub")
    try await made.git("commit", "-q", "-m", "submodule")
    #expect(try await faults().isEmpty)
    let sub = made.path.appending("sub")
    try await made.git("commit", "-q", "--allow-empty", "-m", "only here", in: sub)
    let id = try await made.git("rev-parse", "HEAD", in: sub)
    try await made.git("commit", "-qam", "forward")
    #expect(
      try await faults() == ["has the submodule 'sub' at \(id.prefix(10)), which is on no remote of it"])
    #expect(try await faults { $0.submodules = false }.isEmpty)
    // In a merge that has it from neither side.
    let forward = try await made.git("rev-parse", "HEAD")
    try await made.git("reset", "-q", "--hard", "HEAD~")
    let side = try await made.git("commit-tree", "-p", "HEAD", "-m", "side", "HEAD^{tree}")
    try await made.git("update-index", "--cacheinfo", "160000,\(id),sub")
    let merge = try await made.git(
      "commit-tree", "-p", "HEAD", "-p", side, "-m", "merge", try await made.git("write-tree"))
    try await made.git("reset", "-q", "--soft", merge)
    #expect(
      try await self.faults() == ["has the submodule 'sub' at \(id.prefix(10)), which is on no remote of it"])
    try await made.git("reset", "-q", "--soft", forward)
    try await made.git("update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "1", count: 40)),other")
    try await made.git("commit", "-q", "-m", "no submodule")
    #expect(
      try await faults().contains("has the submodule 'other' at 1111111111, and it is not in .gitmodules"))
  }
}
