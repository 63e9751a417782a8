import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import Remotes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Pushing` {
  private func push(
    _ made: TemporaryRepository, _ branch: String = "main", expecting: ObjectID? = nil
  ) async throws -> PushResult {
    let tip = try await made.id(branch)
    return try await made.command().push(remote: "origin", branch: branch, tip: tip, expecting: expecting)
  }

  @Test func `brings exactly the commit to exactly the branch, and sets the upstream`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    try await made.git("config", "push.followTags", "true")
    try await made.git("checkout", "-q", "-b", "feature/x")
    try await made.commit("b", "b", message: "second")
    try await made.git("tag", "-a", "-m", "t", "v1")
    #expect(try await push(made, "feature/x") == .pushed)
    #expect(try await remote.git("for-each-ref", "--format=%(refname)") == "refs/heads/feature/x\nrefs/heads/main")
    #expect(try await remote.id("feature/x") == (await made.id("feature/x")))
    #expect(try await made.git("rev-parse", "--abbrev-ref", "feature/x@{u}") == "origin/feature/x")
    #expect(try await push(made, "feature/x") == .upToDate)
  }

  @Test func `leaves an upstream alone that is there`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.git("checkout", "-q", "-b", "x", "--track", "main")
    try await made.commit("b", "b", message: "second")
    #expect(try await push(made, "x") == .pushed)
    #expect(try await made.git("config", "branch.x.remote") == ".")
  }

  @Test func `is rejected when the remote's branch has moved`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    let other = try await remote.clone("other")
    try await other.commit("theirs", "x", message: "theirs")
    try await other.git("push", "-q")
    try await made.commit("ours", "x", message: "ours")
    #expect(try await push(made) == .rejected(reason: "fetch first"))
    try await made.git("fetch", "-q")
    #expect(try await push(made) == .rejected(reason: "non-fast-forward"))
    #expect(try await remote.id("main") == (await other.id("main")))
  }

  @Test func `overwrites only what it expects`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    let first = try await made.id("main")
    try await made.commit("b", "b", message: "second")
    let second = try await made.id("main")
    #expect(try await push(made) == .pushed)
    try await made.git("reset", "-q", "--hard", first.description)
    try await made.commit("c", "c", message: "third")
    #expect(try await push(made, expecting: first) == .rejected(reason: "stale info"))
    #expect(try await remote.id("main") == second)
    #expect(try await push(made, expecting: second) == .pushed)
    #expect(try await remote.id("main") == (await made.id("main")))
  }

  @Test func `fails in the words of the pre-push hook`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.commit("b", "b", message: "second")
    try await made.addHook("pre-push", "echo 'tests are red' >&2; exit 1")
    guard case .failed(let message) = try await push(made) else {
      Issue.record("the hook should have stopped it")
      return
    }
    #expect(message.contains("tests are red"))
    #expect(message.contains("failed to push some refs"))
  }

  @Test func `fails in the words of the remote's hook`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    try await made.commit("b", "b", message: "second")
    try await remote.addHook("pre-receive", "echo 'this branch is protected'; exit 1")
    guard case .failed(let message) = try await push(made) else {
      Issue.record("the hook should have stopped it")
      return
    }
    #expect(message.hasPrefix("[remote rejected] (pre-receive hook declined)\n"))
    #expect(message.contains("remote: this branch is protected"))
  }

  @Test func `has arrived when the remote says so, whatever git says`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    try await made.commit("b", "b", message: "second")
    // Another push brings it there while this one is under way, which then fails.
    try await made.addHook("pre-push", "git push -q --no-verify origin main; exit 1")
    #expect(try await push(made) == .upToDate)
    #expect(try await remote.id("main") == (await made.id("main")))
  }

  @Test func `that was not done in time has arrived when the remote says so`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    try await made.commit("b", "b", message: "second")
    try await made.addHook("pre-push", "git push -q --no-verify origin main; exec sleep 1000")
    let tip = try await made.id("main")
    let result = try await made.command().push(remote: "origin", branch: "main", tip: tip, timeout: .seconds(20))
    #expect(result == .upToDate)
  }

  @Test func `fails when there is no such remote`() async throws {
    let made = try await TemporaryRepository.withCommit()
    guard case .failed(let message) = try await push(made) else {
      Issue.record("there is nowhere to push to")
      return
    }
    #expect(message.contains("'origin' does not appear to be a git repository"))
  }

  @Test func `of many branches at once sets every upstream`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    for number in 0..<12 { try await made.git("branch", "--no-track", "task-\(number)") }
    let results = try await withThrowingTaskGroup { group in
      for number in 0..<12 { group.addTask { try await push(made, "task-\(number)") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: .pushed, count: 12))
    for number in 0..<12 {
      #expect(try await made.git("rev-parse", "--abbrev-ref", "task-\(number)@{u}") == "origin/task-\(number)")
    }
  }

  @Test func `of several branches together says which of them the remote has`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    for name in ["a", "b", "c"] { try await made.git("branch", "--no-track", name) }
    // Somebody else's, which a push would throw away.
    let other = try await remote.clone("other")
    try await other.git("checkout", "-q", "-b", "b")
    try await other.commit("theirs", "x", message: "theirs")
    try await other.git("push", "-q", "origin", "b")
    let tip = try await made.id("main")
    let branches = ["a", "b", "c"].map { (branch: $0, tip: tip) }
    #expect(try await made.command().pushTogether(branches, to: "origin") == ["a", "c"])
    #expect(try await remote.id("b") == (await other.id("b")))
    #expect(await (try? made.git("config", "branch.a.remote")) == nil)

    // A hook is to see each push, from the worktree of its branch.
    try made.write("pre-push", "#!/bin/sh\nexit 1\n", in: made.path.appending(".git/hooks"))
    try await made.git("branch", "--no-track", "d")
    #expect(try await made.command().pushTogether([(branch: "d", tip: tip)], to: "origin").isEmpty)
  }

  @Test func `sets many upstreams by one change of the configuration, in names of all kinds`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.addBareRemote()
    let names = ["plain", "with.dot", "feature/日本", "a\"b", "a#b", "a;b"]
    for name in names { try await made.git("branch", "--no-track", name) }
    try await made.git("config", "branch.plain.description", "mine")
    try await made.git("config", "branch.with.dot.remote", ".")
    let config = made.path.appending(".git/config")
    chmod(config.string, 0o600)
    try made.write(".git/config", try made.read(".git/config") + "[user]\n\tnickname = x")
    await made.command().setUpstreams(of: names, to: "origin", rebases: true)
    for name in names where name != "with.dot" {
      #expect(try await made.git("config", "branch.\(name).remote") == "origin")
      #expect(try await made.git("config", "branch.\(name).merge") == "refs/heads/\(name)")
      #expect(try await made.git("config", "branch.\(name).rebase") == "true")
    }
    #expect(try await made.git("config", "branch.with.dot.remote") == ".")
    #expect(try await made.git("config", "user.nickname") == "x")
    #expect(FileStamp(config).map { $0.mode & 0o777 } == 0o600)
    #expect(!exists(made.path.appending(".git/config.lock")))
    let before = try made.read(".git/config")
    await made.command().setUpstreams(of: names, to: "origin")
    #expect(try made.read(".git/config") == before)
  }

  @Test func `works from a linked worktree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    let path = try await made.addWorktree("x")
    try await made.commit("b", "b", message: "work", in: path)
    let tip = try await made.id("x")
    #expect(try await made.command(in: path).push(remote: "origin", branch: "x", tip: tip) == .pushed)
    #expect(try await remote.id("x") == tip)
    #expect(try await made.git("config", "--local", "branch.x.merge") == "refs/heads/x")
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Fetching` {
  /// A repository whose remote has gone on, with another branch and a tag besides.
  private func withNews() async throws -> (made: TemporaryRepository, remote: TemporaryRepository) {
    let made = try await TemporaryRepository.withCommit()
    let remote = try await made.addBareRemote()
    let other = try await remote.clone("other")
    try await other.commit("news", "news", message: "news")
    try await other.git("tag", "v1")
    try await other.git("branch", "side")
    try await other.git("push", "-q", "origin", "main", "side", "v1")
    return (made, remote)
  }

  @Test func `brings one branch and nothing else`() async throws {
    let (made, remote) = try await withNews()
    let mine = try await made.id("main")
    try await made.command().fetch(remote: "origin", branch: "main")
    let repository = try made.open()
    #expect(try repository.remoteBranch("main", of: "origin") == (await remote.id("main")))
    #expect(try repository.remoteBranch("side", of: "origin") == nil)
    #expect(try repository.reference("refs/tags/v1") == nil)
    #expect(try repository.branch("main") == mine)
  }

  @Test func `says when the remote has no such branch`() async throws {
    let (made, _) = try await withNews()
    #expect(
      await failure { try await made.command().fetch(remote: "origin", branch: "nothing") }
        == GitError(.notFound, "the remote 'origin' has no branch 'nothing'"))
    let error = await failure { try await made.command().fetch(remote: "upstream", branch: "main") }
    #expect(error?.code == .commandFailed)
    #expect(error?.message.hasPrefix("'upstream' does not appear to be a git repository") == true)
  }

  @Test func `does not deepen a shallow clone`() async throws {
    let (_, remote) = try await withNews()
    let shallow = try await remote.clone("shallow", options: ["--depth=1"])
    let other = try await remote.clone("third")
    try await other.commit("more", "more", message: "more")
    try await other.git("push", "-q")
    try await shallow.command().fetch(remote: "origin", branch: "main")
    #expect(try shallow.open().isShallow)
    #expect(try await shallow.git("log", "--format=%s", "origin/main") == "more\nnews")
  }

  @Test func `overwrites no local branch of a mirror`() async throws {
    let (_, remote) = try await withNews()
    let mirror = try await remote.clone("mirror.git", options: ["--mirror"])
    let mine = try await mirror.id("main~1")
    try await mirror.git("update-ref", "refs/heads/main", mine.description)
    try await mirror.command().fetch(remote: "origin", branch: "main")
    #expect(try mirror.open().branch("main") == mine)
    #expect(try mirror.open().remoteBranch("main", of: "origin") == (await remote.id("main")))
  }

  @Test func `asks the remote where a branch is`() async throws {
    let (made, remote) = try await withNews()
    try await remote.git("update-ref", "refs/x/refs/heads/side", "main~1")
    let command = made.command()
    #expect(try await command.remoteTip(remote: "origin", branch: "side") == (await remote.id("refs/heads/side")))
    #expect(try await command.remoteTip(remote: "origin", branch: "nothing") == nil)
    #expect(
      await failure { _ = try await command.remoteTip(remote: "upstream", branch: "main") }?.code == .commandFailed)
  }
}
