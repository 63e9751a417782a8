import Basics
import Dispatch
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Revisions` {
  @Test(arguments: [
    "HEAD", "main", "HEAD~1", "refs/heads/main", "v1", "annotated", "main^{/first}", "@", "@~1", "main@{0}",
  ])
  func `name the commit git takes them for`(_ revision: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.commit("b", "b", message: "second")
    try await made.git("tag", "v1", "HEAD~1")
    try await made.git("tag", "-a", "-m", "a tag", "annotated")
    #expect(try made.open().commit(at: revision) == (await made.id("\(revision)^{commit}")))
  }

  @Test(arguments: ["nothing", "HEAD~5", "0123456789012345678901234567890123456789", "HEAD:README.md", "origin/main"])
  func `that name no commit are nil`(_ revision: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    #expect(try made.open().commit(at: revision) == nil)
  }

  @Test(arguments: ["", "a..b", "main\0x"])
  func `that are none are refused`(_ revision: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    #expect(await failure { _ = try made.open().commit(at: revision) }?.code == .invalidName)
  }

  @Test func `that name a branch and another tag are ambiguous`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("tag", "twin")
    try await made.git("branch", "twin")
    #expect(try made.open().commit(at: "twin") == (await made.id("HEAD")))
    try await made.commit("b", "b", message: "second")
    try await made.git("branch", "-f", "twin")
    let error = await failure { _ = try made.open().commit(at: "twin") }
    #expect(error?.code == .ambiguous)
    #expect(
      error?.message
        == "'twin' is ambiguous: it names a branch and a tag; write 'refs/heads/twin' or 'refs/tags/twin'")
    #expect(try made.open().commit(at: "refs/heads/twin") == (await made.id("HEAD")))
  }

  @Test func `that fit several objects are ambiguous`() async throws {
    let made = try await TemporaryRepository.withCommit()
    // Among so many objects two begin with the same four digits.
    let ids = try await made.git(
      ["hash-object", "-w", "--stdin-paths"],
      input: (0..<1500).map { number in
        try? made.write("n\(number)", "\(number)")
        return "n\(number)\n"
      }.joined())
    let groups = Dictionary(grouping: ids.split(separator: "\n"), by: { $0.prefix(4) })
    let prefix = try #require(groups.first { $0.value.count > 1 }?.key)
    #expect(await failure { _ = try made.open().commit(at: String(prefix)) }?.code == .ambiguous)
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Commits` {
  @Test func `are listed as git lists them`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let base = try await made.id("HEAD")
    try await made.commit("b", "b", message: "second\nline\n\nbody")
    try await made.commit("c", "c", message: "Ünïcödé 日本")
    let tip = try await made.id("HEAD")
    let all = try made.open().commits(from: tip, excluding: [], limit: 10)
    let byGit = try await made.git("log", "--date-order", "--format=%H %s").split(separator: "\n").map(String.init)
    #expect(all.map { "\($0.id) \($0.summary)" } == byGit)
    #expect(all.map(\.summary) == ["Ünïcödé 日本", "second line", "first"])
    #expect(try made.open().commits(from: tip, excluding: [base], limit: 10).count == 2)
    #expect(try made.open().commits(from: tip, excluding: [base], limit: 1).map(\.id) == [tip])
    #expect(try made.open().commits(from: base, excluding: [tip], limit: 10).isEmpty)
  }

  @Test func `with the same content have the same tree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let first = try await made.id("HEAD")
    try await made.git("commit", "-q", "--allow-empty", "-m", "empty")
    let second = try await made.id("HEAD")
    #expect(first != second)
    #expect(try made.open().tree(of: first) == made.open().tree(of: second))
    #expect(try made.open().tree(of: first) == (await made.id("HEAD^{tree}")))
  }

  @Test(arguments: [false, true])
  func `know their ancestors, also where a shallow clone ends`(_ isShallow: Bool) async throws {
    var made = try await TemporaryRepository.withCommit()
    for name in ["b", "c", "d"] { try await made.commit(name, name, message: name) }
    if isShallow { made = try await made.clone("shallow", options: ["--depth=2"]) }
    let (old, new) = (try await made.id("HEAD~1"), try await made.id("HEAD"))
    try await made.git("checkout", "-q", "-b", "side", "HEAD~1")
    let side = try #require(ObjectID(try await made.commit("s", "s", message: "side")))
    let repository = try made.open()
    #expect(repository.isShallow == isShallow)
    #expect(try repository.isAncestor(old, of: new))
    #expect(try repository.isAncestor(new, of: new))
    #expect(try !repository.isAncestor(new, of: old))
    #expect(try !repository.isAncestor(side, of: new))
    #expect(try repository.commits(from: side, excluding: [new], limit: 9).map(\.summary) == ["side"])
    #expect(try repository.isReachableFromOtherRefs(old, except: ["refs/heads/side"]))
    #expect(try !repository.isReachableFromOtherRefs(side, except: ["refs/heads/side"]))
    #expect(try repository.isReachableFromOtherRefs(side, except: []))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `References` {
  @Test func `are read by branch, remote and full name`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.git("branch", "feature/x")
    let tip = try await made.id("HEAD")
    let repository = try made.open()
    #expect(repository.branches() == ["main": tip, "feature/x": tip])
    #expect(try repository.branch("feature/x") == tip)
    #expect(try repository.branch("feature") == nil)
    #expect(try repository.remoteBranch("main", of: "origin") == tip)
    #expect(try repository.remoteBranch("feature/x", of: "origin") == nil)
    #expect(try repository.defaultBranch(of: "origin") == "main")
    #expect(try repository.defaultBranch(of: "upstream") == nil)
    #expect(try repository.reference("refs/heads/main") == tip)
    #expect(await failure { _ = try repository.branch("a..b") }?.code == .invalidName)
  }

  @Test func `are made as branches without an upstream, never over another`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.git("config", "branch.autoSetupMerge", "always")
    let tip = try await made.id("HEAD")
    let repository = try made.open()
    try repository.createBranch("feature/x", at: tip)
    #expect(try await made.id("feature/x") == tip)
    #expect(await (try? made.git("config", "branch.feature/x.remote")) == nil)
    #expect(
      await failure { try repository.createBranch("feature/x", at: tip) }
        == GitError(.exists, "a branch named 'feature/x' already exists"))
    for other in ["feature", "feature/x/y"] {
      let error = await failure { try repository.createBranch(other, at: tip) }
      #expect(error == GitError(.exists, "cannot have branch '\(other)' next to branch 'feature/x'"))
    }
    #expect(await failure { try repository.createBranch("-x", at: tip) }?.code == .invalidName)
  }

  @Test func `move only from where they are expected`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let first = try await made.id("HEAD")
    let second = try #require(ObjectID(try await made.commit("b", "b", message: "second")))
    let repository = try made.open()
    let name = "refs/orchestrator/saved/run/task/1"
    func move(to target: ObjectID, expecting: ObjectID?) async -> GitError.Code? {
      await failure { try repository.updateReference(name, to: target, expecting: expecting, message: "test") }?.code
    }
    #expect(await move(to: first, expecting: first) == .conflict)
    #expect(await move(to: first, expecting: nil) == nil)
    #expect(await move(to: second, expecting: nil) == .exists)
    #expect(await move(to: second, expecting: second) == .conflict)
    #expect(try repository.reference(name) == first)
    #expect(await move(to: second, expecting: first) == nil)
    #expect(try await made.id(name) == second)
  }

  @Test func `wait for a lock that is soon given back`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let tip = try await made.id("HEAD")
    let lock = ".git/refs/heads/x.lock"
    try made.write(lock, "")
    // The waiting is what is tested: the lock must be there for a while.
    let file = made.path.appending(lock).string
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(60)) { unlink(file) }
    try await Repository.withRepository(at: made.path, environment: made.environment) { repository throws(GitError) in
      try repository.createBranch("x", at: tip)
    }
    #expect(try await made.id("x") == tip)
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Merging in memory` {
  @Test(arguments: [false, true])
  func `joins branches, in their order`(_ isShallow: Bool) async throws {
    var made = try await TemporaryRepository.withCommit()
    for name in ["a", "b", "c"] {
      try await made.git("checkout", "-q", "-b", name, "main")
      try await made.commit(name, name, message: name)
    }
    try await made.git("checkout", "-q", "main")
    try await made.commit("old", "old", message: "so that the clone is shallow")
    if isShallow {
      // Whole enough for merge bases to be there.
      made = try await made.clone("shallow", options: ["--depth=2", "--no-single-branch"])
      for name in ["a", "b", "c"] { try await made.git("branch", name, "origin/\(name)") }
    }
    let tips = [try await made.id("a"), try await made.id("b"), try await made.id("c")]
    let before = try await made.git("for-each-ref")
    guard case .merged(let merged) = try made.open().merge(tips, message: "all three") else {
      Issue.record("it should merge")
      return
    }
    #expect(try await made.git("ls-tree", "--name-only", "\(merged)") == "README.md\na\nb\nc")
    #expect(
      try await made.git("log", "-1", "--format=%an <%ae> %s %P", "\(merged)")
        == "Test User <test@example.com> all three \(try await made.id("\(merged)^1")) \(tips[2])")
    #expect(try await made.git("for-each-ref") == before)
    #expect(try await made.git("status", "--porcelain") == "")
  }

  @Test func `makes nothing when one commit holds the others`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let first = try await made.id("HEAD")
    let second = try #require(ObjectID(try await made.commit("b", "b", message: "second")))
    #expect(try made.open().merge([first, second], message: "m") == .merged(second))
    #expect(try made.open().merge([second, first], message: "m") == .merged(second))
    #expect(try made.open().merge([first], message: "m") == .merged(first))
  }

  @Test(arguments: [false, true])
  func `names the files that conflict, and between which commits`(_ isShallow: Bool) async throws {
    var made = try await TemporaryRepository.withCommit()
    for name in ["a", "b"] {
      try await made.git("checkout", "-q", "-b", name, "main")
      try await made.commit("ä shared", name, message: name)
      try await made.commit("own-\(name)", name, message: name)
    }
    try await made.git("checkout", "-q", "main")
    try await made.commit("old", "old", message: "so that the clone is shallow")
    if isShallow {
      made = try await made.clone("shallow", options: ["--depth=3", "--no-single-branch"])
      for name in ["a", "b"] { try await made.git("branch", name, "origin/\(name)") }
    }
    let (a, b) = (try await made.id("a"), try await made.id("b"))
    #expect(try made.open().merge([a, b], message: "m") == .conflicts(files: ["ä shared"], between: a, and: b))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Remotes` {
  @Test func `are none in a repository without any`() async throws {
    let made = try await TemporaryRepository()
    #expect(try made.open().remotes() == [])
  }

  @Test func `are not none because a git was killed that was asked for them`() async throws {
    let made = try await TemporaryRepository()
    try await made.git("config", "remote.origin.url", "/srv/x.git")
    try made.write("bin/git", "#!/bin/sh\nkill -TERM $$\n")
    chmod(made.path.appending("bin/git").string, 0o755)
    #expect(throws: GitError.self) {
      try made.open(nil, ["PATH": "\(made.path)/bin:/usr/bin:/bin"]).remotes()
    }
  }

  @Test func `have their URLs rewritten as git does`() async throws {
    let made = try await TemporaryRepository()
    for (key, value) in [
      ("remote.origin.url", "gh:owner/name"), ("remote.fork.url", "https://example.com/fork.git"),
      ("remote.fork.pushurl", "gh:me/fork"), ("remote.dotted.name.url", "/srv/x.git"),
      ("url.https://github.com/.insteadOf", "gh:"), ("url.git@example.com:.pushInsteadOf", "https://example.com/"),
      ("url.ssh://longer/.insteadOf", "gh:owner/"),
    ] { try await made.git("config", key, value) }
    let remotes = try made.open(
      nil,
      ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "url.file:///mirror/.insteadOf", "GIT_CONFIG_VALUE_0": "/srv/"]
    )
    .remotes()
    #expect(remotes.map(\.name) == ["dotted.name", "fork", "origin"])
    #expect(remotes[0].url == "file:///mirror/x.git")
    #expect(remotes.map(\.writtenURL) == ["/srv/x.git", "https://example.com/fork.git", "gh:owner/name"])
    for remote in remotes.dropFirst() {
      #expect(remote.url == (try await made.git("remote", "get-url", remote.name)))
      #expect(remote.pushURL == (try await made.git("remote", "get-url", "--push", remote.name)))
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Recent subjects` {
  @Test func `are those of git log without merges, newest first`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("checkout", "-q", "-b", "side")
    try await made.commit("side", "s", message: "side: one\ngoes on\n\nbody")
    try await made.git("checkout", "-q", "main")
    try await made.commit("b", "b", message: "main: two")
    try await made.git("merge", "-q", "--no-ff", "-m", "a merge", "side")
    for number in 1...60 { try await made.git("commit", "-q", "--allow-empty", "-m", "n: \(number)") }
    try await made.git("reset", "-q", "--hard", "HEAD~55")
    let log = try await made.git("log", "--no-merges", "-50", "--format=%s")
    let found = try made.open().recentSubjects()
    #expect(Set(found) == Set(log.split(separator: "\n").map(String.init)))
    #expect(found.first == "n: 5", "\(found)")
    try await made.git("commit", "-q", "--allow-empty", "-m", "last")
    for number in 1...50 { try await made.git("commit", "-q", "--allow-empty", "-m", "n: \(number)") }
    #expect(try made.open().recentSubjects().count == 50)
  }

  @Test func `there are none before the first commit`() async throws {
    #expect(try await TemporaryRepository().open().recentSubjects() == [])
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Large files` {
  @Test(arguments: [".gitattributes", "deep/er/.gitattributes", "x.gitattributes", ".gitattributes/x"])
  func `are known by attributes in the index, wherever`(path: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    #expect(try !made.open().shape().usesLFS)
    try made.write(path, "*.bin filter=lfs diff=lfs\n")
    try await made.git("add", "--", path)
    #expect(try made.open().shape().usesLFS == [".gitattributes", "deep/er/.gitattributes"].contains(path))
  }
}
