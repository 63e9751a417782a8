import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Guarding

/// What of a repository is noticed to have changed, and whether the command that is given puts it back.
@Suite(.timeLimit(.minutes(5))) struct FingerprintTests {
  private let made: TemporaryRepository

  init() async throws {
    made = try await TemporaryRepository.withCommitAndRemote().repository
    try await made.git("branch", "--no-track", "other")
    try await made.git("tag", "v1")
  }

  private func take(_ previous: RepositoryFingerprint? = nil, ignoring: [String] = []) -> RepositoryFingerprint {
    let places =
      previous?.places
      ?? .init(commonDirectory: made.path.appending(".git"), checkout: made.path, environment: made.environment)
    return .take(of: places, previous: previous, ignoring: ignoring)
  }

  private func changes(_ now: RepositoryFingerprint, _ old: RepositoryFingerprint) -> [RepositoryChange] {
    now.changes(since: old) { name, contents in
      let path = made.scratch.path.appending("kept-\(UUID().uuidString)-\(name)")
      try? Data(contents).write(to: URL(filePath: path.string))
      return path
    }
  }

  /// Expects that `command` makes exactly these changes, and that what is reported to put them back does so.
  private func expect(
    _ command: String, _ expected: String..., putBack: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = take()
    try await sh(command)
    let after = take(before)
    let found = changes(after, before)
    #expect(
      found.map { "\($0.kind.rawValue) \($0.name): \($0.old ?? "-") > \($0.new ?? "-")" } == expected,
      sourceLocation: sourceLocation)
    // A second look at the same sees nothing.
    #expect(changes(take(after), after).isEmpty, sourceLocation: sourceLocation)
    guard putBack else { return }
    for change in found { try await sh(try #require(change.restore, "\(change)")) }
    #expect(changes(take(after), before).map(\.name) == [], sourceLocation: sourceLocation)
  }

  private func sh(_ command: String) async throws {
    try await made.git("-c", "alias.sh=!f() { cd \"$1\" && eval \"$2\"; }; f", "sh", made.path.string, command)
  }

  @Test func `a repository that nobody touches has not changed`() async throws {
    try await expect("git status && git log -1 && git gc -q && git for-each-ref")
  }

  @Test(arguments: [
    ("git config core.fsmonitor ./spy", "core.fsmonitor: - > ./spy"),
    ("git config user.email 'a b@c'", "user.email: - > a b@c"),
    ("git config --unset branch.main.merge", "branch.main.merge: refs/heads/main > -"),
    ("git remote set-url origin 'ext::sh -c true'", "remote.origin.url: "),
    ("git config alias.st '!sh -c \"echo x\"'", "alias.st: - > !sh -c \"echo x\""),
  ]) func `configuration`(command: String, words: String) async throws {
    let before = take()
    try await sh(command)
    let after = take(before)
    let found = changes(after, before)
    #expect(found.count == 1)
    let change = try #require(found.first)
    #expect("\(change.name): \(change.old ?? "-") > \(change.new ?? "-")".hasPrefix(words))
    try await sh(try #require(change.restore))
    #expect(changes(take(after), before).isEmpty)
  }

  @Test func `configuration with several values, and in other files of the repository`() async throws {
    try await made.git("config", "--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/*")
    try await made.git("config", "include.path", "extra")
    try made.write(".git/extra", "[core]\n\tpager = less\n")
    try await expect(
      "git config --unset-all remote.origin.fetch",
      "configuration remote.origin.fetch: +refs/heads/*:refs/remotes/origin/*\n+refs/notes/*:refs/notes/* > -")
    try await expect("git config --file .git/extra core.pager evil", "configuration core.pager: less > evil")
    try await expect(
      "git config extensions.worktreeConfig true && git config --worktree core.hooksPath /x",
      "configuration extensions.worktreeconfig: - > true", "configuration core.hookspath: - > /x", putBack: false)
  }

  @Test func `a password is not shown, and can be put back all the same`() async throws {
    try await made.git("config", "http.extraHeader", "Authorization: secret of mine")
    try await expect(
      "git config http.extraHeader other", "configuration http.extraheader: *** > *** (another value)")
  }

  @Test func `hooks: content, mode, new, gone, a link, and in the folder of the checkout`() async throws {
    try await made.addHook("pre-commit", "exit 0")
    try await expect(
      "echo evil >> .git/hooks/pre-commit", "hook .git/hooks/pre-commit: executable, 17 bytes > executable, 22 bytes")
    try await expect(
      "chmod -x .git/hooks/pre-commit", "hook .git/hooks/pre-commit: executable, 17 bytes > 17 bytes")
    try await expect("rm .git/hooks/pre-commit", "hook .git/hooks/pre-commit: executable, 17 bytes > -")
    try await expect("echo x > .git/hooks/post-merge", "hook .git/hooks/post-merge: - > 2 bytes")
    try await expect(
      "ln -sf /bin/true .git/hooks/pre-commit",
      "hook .git/hooks/pre-commit: executable, 17 bytes > a link to '/bin/true', executable, "
        + "\(try Data(contentsOf: URL(filePath: "/bin/true")).count) bytes")
    try await made.git("config", "core.hooksPath", ".githooks")
    try made.write(".githooks/pre-push", "x")
    try await expect(
      "echo y > .githooks/pre-push", "hook .githooks/pre-push: 1 byte > 2 bytes",
      "checkout .githooks/pre-push: untracked > untracked, changed again", putBack: false)
  }

  @Test func `the same size at the same time is noticed`() async throws {
    try await made.addHook("pre-commit", "exit 0")
    let before = take()
    try await sh(
      "touch -r .git/hooks/pre-commit stamp; printf 1 | dd of=.git/hooks/pre-commit bs=1 seek=15 conv=notrunc "
        + "status=none; touch -r stamp .git/hooks/pre-commit; rm stamp")
    #expect(changes(take(before), before).map(\.kind) == [.hook])
  }

  @Test func `references of every kind`() async throws {
    let id = try await made.git("rev-parse", "HEAD")
    let new = try await made.git("commit-tree", "-m", "new", "HEAD^{tree}")
    try await expect("git update-ref refs/heads/other \(new)", "reference refs/heads/other: \(id) > \(new)")
    try await expect("git branch -q -D other", "reference refs/heads/other: \(id) > -")
    try await expect("git tag -f v1 \(new)", "reference refs/tags/v1: \(id) > \(new)")
    try await expect("git update-ref refs/stash \(new)", "reference refs/stash: - > \(new)")
    try await expect(
      "git update-ref refs/remotes/origin/main \(new)", "reference refs/remotes/origin/main: \(id) > \(new)")
    try await expect("git update-ref refs/orchestrator/x \(new)", "reference refs/orchestrator/x: - > \(new)")
    try await expect(
      "git symbolic-ref refs/heads/other refs/heads/main",
      "reference refs/heads/other: \(id) > ref: refs/heads/main")
  }

  @Test func `a packed branch that a link is put before`() async throws {
    try await made.git("commit", "-q", "--allow-empty", "-m", "more")
    try await made.git("pack-refs", "--all")
    let before = take()
    try await sh("ln -s refs/heads/other .git/refs/heads/main")
    let found = changes(take(before), before)
    #expect(found.first { $0.name == "refs/heads/main" }?.new == "ref: refs/heads/other")
  }

  @Test func `references that are packed, and those that are packed meanwhile`() async throws {
    let id = try await made.git("rev-parse", "HEAD")
    let new = try await made.git("commit-tree", "-m", "new", "HEAD^{tree}")
    try await expect("git pack-refs --all")
    try await expect("git update-ref refs/heads/other \(new)", "reference refs/heads/other: \(id) > \(new)")
    try await expect("git tag -d v1 && git pack-refs --all", "reference refs/tags/v1: \(id) > -")
    try await expect("git branch one && git pack-refs --all --prune", "reference refs/heads/one: - > \(id)")
  }

  @Test func `records of worktrees`() async throws {
    let place = try await made.addWorktree("w")
    try await expect("git worktree lock \(place)", "worktree w/locked: - > ")
    let before = take()
    try await sh("git -C \(place) checkout -q --detach")
    let found = changes(take(before), before)
    #expect(found.map(\.name) == ["w/HEAD"])
    #expect(found.first?.worktree?.lastComponent == "w")
    try await sh("git -C \(place) checkout -q w")
    try await expect("git worktree add -q --detach ../added", "worktree added: - > \(made.scratch.path)/added")
    try await expect("git worktree remove \(place)", "worktree w: \(place) > -")
  }

  @Test func `the user's checkout`() async throws {
    try made.write("changed.txt", "mine\n")
    try await expect("echo x >> README.md", "checkout README.md: as committed > modified")
    try await expect("rm README.md", "checkout README.md: as committed > deleted")
    try await expect("echo x > new", "checkout new: as committed > untracked")
    // What was only there cannot be put back.
    try await expect(
      "echo x > changed.txt", "checkout changed.txt: untracked > untracked, changed again", putBack: false)
    try await expect("git switch -q other", "checkout HEAD: ref: refs/heads/main > ref: refs/heads/other")
    // Somebody's prompt that refreshes the index changes nothing.
    try await expect("touch README.md && git status")
  }

  @Test func `a worktree inside the checkout is not the user's`() async throws {
    let before = take()
    try await made.git("worktree", "add", "-q", "--detach", ".trees/a")
    #expect(
      changes(take(before, ignoring: [made.path.appending(".trees/a").string]), before).map(\.kind) == [.worktree])
  }

  @Test func `other files by which git decides`() async throws {
    try await expect("echo '* filter=x' > .git/info/attributes", "file .git/info/attributes: - > 11 bytes")
    try made.write(".git/info/exclude", "a\n")
    try await expect("echo b >> .git/info/exclude", "file .git/info/exclude: 2 bytes > 4 bytes")
    try await expect("echo /x > .git/objects/info/alternates", "file .git/objects/info/alternates: - > 3 bytes")
  }

  @Test func `a bare repository has no checkout`() async throws {
    let bare = try await TemporaryRepository(options: ["--bare"])
    let places = RepositoryFingerprint.Places(
      commonDirectory: bare.path, checkout: nil, environment: bare.environment)
    let before = RepositoryFingerprint.take(of: places)
    try await bare.git("config", "core.fsmonitor", "./spy")
    let after = RepositoryFingerprint.take(of: places, previous: before)
    #expect(after.changes(since: before) { _, _ in nil }.map(\.name) == ["core.fsmonitor"])
  }
}
