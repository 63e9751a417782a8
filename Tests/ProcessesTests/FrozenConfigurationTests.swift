import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

/// What git sees of the configuration while a run lasts, asked of git itself.
@Suite(.timeLimit(.minutes(5))) struct FrozenConfigurationTests {
  private typealias Entry = FrozenConfiguration.Entry

  /// A key, what it is when the run begins (nil: nothing), what somebody makes of it, and what git still sees.
  static let planted: [(key: String, before: String?, after: String, seen: String)] = [
    ("core.sshCommand", nil, "evil", "ssh"),
    ("core.sshCommand", "ssh -i mine", "evil", "ssh -i mine"),
    ("core.alternateRefsCommand", nil, "evil", ":"),
    ("core.askPass", nil, "evil", ""),
    ("filter.lfs.clean", "git-lfs clean -- %f", "evil", "git-lfs clean -- %f"),
    ("filter.new.smudge", nil, "evil", ""),
    ("filter.new.process", nil, "evil", ""),
    ("filter.new.required", nil, "true", "false"),
    ("diff.words.textconv", nil, "evil", ""),
    ("merge.mine.driver", nil, "evil", "false"),
    ("gpg.program", nil, "evil", "gpg"),
    ("gpg.ssh.program", nil, "evil", "ssh-keygen"),
    ("gpg.x509.program", nil, "evil", "gpgsm"),
    ("push.gpgSign", nil, "true", "false"),
    ("http.proxy", nil, "http://evil", ""),
    ("http.https://example.com.proxy", nil, "http://evil", ""),
    ("http.sslVerify", nil, "false", "true"),
    ("http.curloptResolve", nil, "example.com:443:127.0.0.1", ""),
    ("protocol.ext.allow", nil, "always", "never"),
    ("protocol.evil.allow", nil, "always", "user"),
    ("ssh.variant", nil, "simple", "auto"),
    ("submodule.x.update", nil, "!evil", "checkout"),
    ("push.recurseSubmodules", nil, "on-demand", "no"),
    ("push.pushOption", nil, "evil", ""),
    ("submodule.recurse", nil, "true", "false"),
    ("fetch.bundleURI", nil, "https://evil", ""),
    ("transfer.bundleURI", nil, "true", "false"),
    ("http.delegation", nil, "always", "none"),
    ("http.saveCookies", nil, "true", "false"),
  ]

  @Test(arguments: planted.indices)
  func `a value that somebody changes while the run lasts is not what git sees`(index: Int) async throws {
    let row = Self.planted[index]
    let repository = try await TemporaryRepository("r")
    if let before = row.before { try await repository.git("config", row.key, before) }
    let guarding = GitGuard(configuration: try await freeze(repository))
    try await repository.git("config", "--replace-all", row.key, row.after)
    let seen = try await GitGuard.$current.withValue(guarding) {
      try await git(repository, "config", "--get", row.key)
    }
    #expect(seen == row.seen)
  }

  @Test func `the list of credential helpers is the one from the start`() async throws {
    let repository = try await TemporaryRepository("r")
    try await repository.git("config", "credential.helper", "store")
    try await repository.git("config", "--add", "credential.helper", "cache")
    let guarding = GitGuard(configuration: try await freeze(repository))
    try await repository.git("config", "--add", "credential.helper", "!evil")
    let helpers = try await GitGuard.$current.withValue(guarding) {
      try await git(repository, "config", "--get-all", "credential.helper")
    }
    // An empty one drops all before it.
    #expect(helpers.components(separatedBy: "\n\n").last == "store\ncache")
  }

  @Test func `where nothing has changed git sees what it saw, and no process is asked`() async throws {
    let repository = try await TemporaryRepository("r")
    try await repository.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    let frozen = try await freeze(repository)
    #expect(frozen.entries == [Entry(key: "filter.lfs.clean", value: "git-lfs clean -- %f")])
    let nowhere = Invocation.git("/nowhere/git", for: .reading, ["status"], in: repository.path, environment: [:])
    let asked = GitGuard.$current.withValue(GitGuard(configuration: frozen)) {
      Invocation.git("/nowhere/git", for: .reading, ["status"], in: repository.path, environment: [:])
    }
    #expect(asked.arguments == nowhere.arguments)
    #expect(asked.environment["GIT_CONFIG_COUNT"] == "5")
  }

  @Test func `of lists nothing is added, and nothing said twice`() async throws {
    let repository = try await TemporaryRepository("r")
    try await repository.git("config", "http.extraHeader", "A: 1")
    try await repository.git("config", "http.https://example.com.extraHeader", "B: 2")
    let guarding = GitGuard(configuration: try await freeze(repository))
    try await repository.git("config", "--add", "http.https://example.com.extraHeader", "C: evil")
    let headers = try await GitGuard.$current.withValue(guarding) {
      try await git(repository, "config", "--null", "--get-regexp", "^http\\..*extraheader$")
    }
    let values = headers.split(separator: "\0").map { $0.split(separator: "\n").dropFirst().joined() }
    #expect(values.split(separator: "").last == ["A: 1", "B: 2"], "\(values)")
  }

  @Test func `another repository in the place of a worktree's is found out`() async throws {
    let repository = try await TemporaryRepository.withCommit("r")
    let worktree = repository.scratch.path.appending("w")
    try await repository.git("worktree", "add", "-q", worktree.string)
    let guarding = GitGuard(
      configuration: try await freeze(repository, commonDirectory: repository.path.appending(".git")))
    func seen(in folder: FilePath) async throws -> String {
      try await GitGuard.$current.withValue(guarding) {
        try await git(repository, in: folder, "config", "--default", "-", "--get", "filter.evil.clean")
      }
    }
    #expect(try await seen(in: worktree) == "-")
    try FileManager.default.removeItem(atPath: worktree.appending(".git").string)
    try await repository.git("init", "-q", in: worktree)
    try await repository.git("config", "filter.evil.clean", "evil", in: worktree)
    #expect(try await seen(in: worktree) == "")
    // A file that leads to it, and one that leads to a submodule's.
    let other = repository.scratch.path.appending("other")
    try FileManager.default.moveItem(atPath: worktree.appending(".git").string, toPath: other.string)
    try repository.write(".git", "gitdir: \(other)\n", in: worktree)
    #expect(try await seen(in: worktree) == "")
    let module = repository.path.pushing(".git/worktrees/w/modules/m")
    try FileManager.default.createDirectory(
      atPath: module.removingLastComponent().string, withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: other.string, toPath: module.string)
    try repository.write(".git", "gitdir: \(module)\n", in: worktree)
    #expect(try await seen(in: worktree) == "")
  }

  @Test func `objects that are missing are fetched only where that was so when the run began`() async throws {
    let repository = try await TemporaryRepository("r")
    func isolated(_ guarding: GitGuard, _ purpose: GitPurpose = .reading) -> Bool {
      GitGuard.$current.withValue(guarding) {
        Invocation.git("/bin/git", for: purpose, ["x"], in: repository.path, environment: repository.environment)
          .environment["GIT_NO_LAZY_FETCH"] == "1"
      }
    }
    #expect(!isolated(GitGuard()))
    var looking = GitGuard()
    looking.isOnlyLooking = true
    #expect(isolated(looking))
    let whole = GitGuard(configuration: try await freeze(repository))
    #expect(isolated(whole) && isolated(whole, .saving) && !isolated(whole, .fetching))
    try await repository.git("config", "remote.origin.url", "/r")
    try await repository.git("config", "remote.origin.promisor", "true")
    #expect(isolated(whole))
    let partial = GitGuard(configuration: try await freeze(repository))
    #expect(!isolated(partial))
    try await repository.git("config", "branch.x.remote", "origin")
    #expect(!isolated(partial))
    try await repository.git("config", "remote.origin.uploadpack", "evil")
    #expect(isolated(partial))
  }

  @Test func `a second change is seen as the first was`() async throws {
    let repository = try await TemporaryRepository("r")
    let guarding = GitGuard(configuration: try await freeze(repository))
    for (key, seen) in [("user.name", nil), ("core.sshCommand", "ssh"), ("gpg.program", "gpg")] as [(String, String?)] {
      try await repository.git("config", key, "evil")
      let (first, second) = try await GitGuard.$current.withValue(guarding) {
        (
          try await git(repository, "config", "--get", key), try await git(repository, "config", "--get", key)
        )
      }
      #expect(first == seen ?? "evil" && second == first, "\(key)")
    }
  }

  @Test func `a stranger's tree has no filters and no hooks`() async throws {
    let repository = try await TemporaryRepository("r")
    try await repository.git("config", "filter.lfs.smudge", "git-lfs smudge -- %f")
    var guarding = GitGuard(hooks: "/hooks", configuration: try await freeze(repository))
    guarding.isForeign = true
    let seen = try await GitGuard.$current.withValue(guarding) {
      (
        try await git(repository, "config", "--get", "filter.lfs.smudge"),
        try await git(repository, for: .checkout(hooks: "/hooks"), "config", "--get", "core.hooksPath")
      )
    }
    #expect(seen == ("", "/dev/null"))
    #expect(guarding.forAgents(isForeign: true).first == Entry(key: "core.hooksPath", value: "/dev/null"))
    #expect(guarding.forAgents(isForeign: false) == [Entry(key: "core.hooksPath", value: "/hooks")])
  }

  @Test func `each purpose says whose hooks run`() async throws {
    let repository = try await TemporaryRepository("r")
    try await repository.git("config", "core.hooksPath", ".githooks")
    try await repository.git("config", "core.fsmonitor", "evil")
    for (purpose, hooks) in [
      (.configuring, ".githooks"), (.reading, "/dev/null"), (.recording, "/dev/null"), (.saving, "/dev/null"),
      (.fetching, "/dev/null"), (.checkout(hooks: "/main"), "/main"), (.checkout(hooks: nil), "/dev/null"),
      (.pushing(hooks: "/main"), "/main"),
    ] as [(GitPurpose, String)] {
      #expect(try await git(repository, for: purpose, "config", "--get", "core.hooksPath") == hooks)
      let monitor = try await git(repository, for: purpose, "config", "--get", "core.fsmonitor")
      #expect(monitor == (purpose == .configuring ? "evil" : "false"))
    }
  }

  @Test func `values that may be secrets are in no argument`() {
    let invocation = Invocation.git(
      "/bin/git", for: .fetching, ["fetch"], in: "/r", environment: ["GIT_CONFIG_COUNT": "2"],
      configuration: [Entry(key: "remote.x.url", value: "https://me:secret@example.com")])
    #expect(!invocation.arguments.joined().contains("secret"))
    #expect(invocation.environment["GIT_CONFIG_VALUE_2"] == "https://me:secret@example.com")
    #expect(invocation.environment["GIT_CONFIG_COUNT"] == "3")
  }

  #if os(Linux)
    /// In this process, which is shown again after it: a test that starts a process of its own has the testing library
    /// look at the end of each child of all other tests.
    @Test func `a process can hide its memory and its environment from others of the same user`() throws {
      let address = try #require(dlsym(nil, "prctl"))
      // PR_GET_DUMPABLE and PR_SET_DUMPABLE of prctl(2), which Swift does not see.
      let (asked, set) = (Int32(3), Int32(4))
      typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
      let control = unsafeBitCast(address, to: Control.self)
      #expect(control(asked, 0, 0, 0, 0) == 1)
      #expect(hideProcess())
      #expect(control(asked, 0, 0, 0, 0) == 0)
      #expect(control(set, 1, 0, 0, 0) == 0)
    }
  #endif

  // MARK: -

  private func freeze(
    _ repository: TemporaryRepository, commonDirectory: FilePath? = nil
  ) async throws -> FrozenConfiguration {
    let listing = try await repository.git("config", "--list", "--local", "-z")
    let entries = listing.split(separator: "\0").map { record in
      let parts = record.split(separator: "\n", maxSplits: 1).map(String.init)
      return Entry(key: parts[0], value: parts.count > 1 ? parts[1] : nil)
    }
    return FrozenConfiguration(
      entries: entries, files: [repository.path.appending(".git/config")], commonDirectory: commonDirectory,
      environment: repository.environment)
  }

  private func git(
    _ repository: TemporaryRepository, for purpose: GitPurpose = .reading, in folder: FilePath? = nil,
    _ arguments: String...
  ) async throws -> String {
    let output = try await Invocation.preparedGit(
      "/usr/bin/git", for: purpose, arguments, in: folder ?? repository.path, environment: repository.environment
    ).run()
    return String(decoding: output.standardOutput, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
