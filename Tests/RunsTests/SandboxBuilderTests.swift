import Basics
import ClaudeCode
import Foundation
import OrchTestSupport
import Processes
import Settings
import SystemPackage
import Testing

@testable import Engine

private func sandboxWorks() async -> Bool {
  let availability = await SandboxTrial.shared.availability(ProcessInfo.processInfo.environment)
  return if case .works = availability { true } else { false }
}

/// What a fork's code and one's own agents reach of a real repository, by git and by hand.
@Suite(.enabled("bubblewrap does not work here") { await sandboxWorks() }, .timeLimit(.minutes(3)))
struct SandboxBuilderTests {
  let repository: TemporaryRepository
  let worktree: FilePath
  private static let canary = "canary-0123456789"

  init() async throws {
    repository = try await TemporaryRepository.withCommit("app")
    let canary = Self.canary
    for (name, branch) in [("x", "feature/x"), ("y", "feature/y")] {
      let path = repository.scratch.path.appending("worktrees").appending("app").appending(name)
      try await repository.git("worktree", "add", "--quiet", "-b", branch, path.string)
    }
    worktree = repository.scratch.path.pushing("worktrees/app/x")
    try await repository.git("branch", "other/z")
    try await repository.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic \(canary)")
    try await repository.git("config", "remote.origin.url", "https://user:\(canary)@git.test/app.git")
    for file in [".env", ".git/orchestrator/runs/r/journal.ndjson", ".git/hooks/note", ".git/git-crypt/keys/default"] {
      try repository.write(file, "SECRET=\(canary)\n")
    }
    try repository.write("note.txt", canary, in: repository.scratch.path.pushing("worktrees/app/y"))
    for file in [
      ".ssh/id_rsa", ".aws/credentials", ".config/gh/hosts.yml", ".netrc", ".npmrc", ".cargo/credentials.toml",
      ".docker/config.json", ".claude/.credentials.json", "notes.txt", ".local/share/keyrings/login.keyring",
    ] {
      try repository.write(file, canary, in: repository.hermetic.home)
    }
    for file in [".cargo/bin/tool", "bin/own"] {
      try repository.write(file, "#!/bin/sh\necho ran $0\n", in: repository.hermetic.home)
      chmod(repository.hermetic.home.pushing(FilePath(file)).string, 0o755)
    }
  }

  private var environment: [String: String] {
    var environment = repository.environment
    environment["PATH"] = "\(repository.hermetic.home)/bin:\(environment["PATH"] ?? "")"
    return environment
  }

  private func run(
    _ subject: SandboxPolicy.Subject, _ script: String, settings: [String: String] = [:],
    environment more: [String: String] = [:]
  ) async throws -> String {
    let given = environment.merging(more) { $1 }
    for (key, value) in settings { try await repository.git("config", "orchestrator.\(key)", value) }
    let place = try await RepositoryContext.find(from: repository.path, environment: environment)
    let sandbox = try await SandboxPolicy(place).sandbox(
      for: subject, worktree: worktree, environment: given,
      scratch: repository.path.appending(".git").pushing("orchestrator/runs/r/tasks/t"))
    let output = try await Invocation(
      shell: script, environment: given, directory: worktree, sandbox: sandbox
    ).run()
    return String(decoding: output.standardOutput + output.standardError, as: UTF8.self)
  }

  /// Prints every file in which the canary can be read, where somebody would look.
  private var search: String {
    "grep -rl \(Self.canary) \(repository.scratch.path) \(repository.hermetic.home) 2>/dev/null | sort; "
      + "git config --list | grep \(Self.canary)"
  }

  private func place(_ file: String) -> String { repository.scratch.path.pushing(FilePath(file)).string }

  // MARK: - A fork

  @Test func `a fork's code finds no secret of the home, the checkout, other worktrees, the run or git`() async throws {
    #expect(try await run(.fork, search) == "")
  }

  @Test func `a fork's code asks git about its worktree, and changes nothing but its files`() async throws {
    let said = try await run(
      .fork,
      """
      echo new > new.txt; git status --porcelain && git log --oneline | wc -l && git branch --show-current
      git add new.txt 2>&1 | grep -c 'Read-only'
      echo 'gitdir: /elsewhere' 2>/dev/null > .git || echo kept
      mv .git moved 2>/dev/null || echo kept
      git config user.name Mallory 2>/dev/null || echo kept
      git update-ref refs/heads/feature/x HEAD~0 2>/dev/null; git branch new 2>/dev/null || echo kept
      tool=\(repository.hermetic.home)/.cargo/bin/tool; $tool; own; echo x 2>/dev/null > $tool || echo kept
      """)
    let tool = repository.hermetic.home.pushing(".cargo/bin/tool")
    #expect(
      said == """
        ?? new.txt
        1
        feature/x
        1
        kept
        kept
        kept
        kept
        ran \(tool)
        ran \(repository.hermetic.home)/bin/own
        kept

        """)
    #expect(try await repository.git("status", "--porcelain", in: worktree) == "?? new.txt")
  }

  @Test func `what a fork's code writes to its home and to temporary files is gone with it`() async throws {
    let said = try await run(.fork, "echo x > $HOME/file && echo x > $TMPDIR/file && echo x > /tmp/file && echo wrote")
    #expect(said == "wrote\n")
    #expect(!repository.hermetic.home.appending("file").exists && !FilePath("/tmp/file").exists)
    #expect(!repository.scratch.path.appending("file").exists)
  }

  @Test func `a home of a fork's own is empty, with the toolchains in it`() async throws {
    let home = repository.path.pushing(".git/orchestrator/runs/r/home")
    try FileSystem.createFolder(home)
    let said = try await run(
      .fork, "cd ~ && pwd && .cargo/bin/tool && echo x > file && ls -A; cat notes.txt 2>/dev/null",
      environment: ["HOME": home.string])
    #expect(said.hasPrefix("\(home)\nran .cargo/bin/tool\n") && said.contains("\nfile\n"), "\(said)")
    #expect(!said.contains(Self.canary))
    #expect(home.entries == [])
  }

  @Test func `sockets that others listen at are out of a fork's reach, wherever they are`() async throws {
    let sockets = repository.hermetic.home.appending("bin").appending("agent.sock")
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "python3", "-c",
      "import socket; s=socket.socket(socket.AF_UNIX); s.bind('\(sockets)'); s.listen()\nwhile True: s.accept()[0].send(b'secret')",
    ]
    server.standardOutput = FileHandle.nullDevice
    server.standardError = FileHandle.nullDevice
    try server.run()
    defer { kill(server.processIdentifier, SIGKILL) }
    try await waitUntil("it listens") { sockets.exists }
    let client =
      "python3 -c \"import socket; s=socket.socket(socket.AF_UNIX); s.connect('\(sockets)'); print(s.recv(9))\" 2>&1 | tail -1"
    #expect(try await run(.fork, client).contains("Error"))
    #expect(try await run(.tests, client, settings: ["sandbox.agents": "true"]).contains("Error"))
  }

  @Test func `a worktree that is not what git has on record gets no sandbox`() async throws {
    let record = try await repository.git("rev-parse", "--absolute-git-dir", in: worktree)
    for text in ["gitdir: \(repository.path)/.git", "gitdir: \(record)/../y", "gitdir: /etc", "hello", ""] {
      try text.write(toFile: worktree.appending(".git").string, atomically: false, encoding: .utf8)
      await #expect(throws: SandboxFault.self) { try await run(.fork, "true") }
    }
  }

  // MARK: - One's own

  private let covered = ["sandbox.agents": "true"]
  private var agent: SandboxPolicy.Subject {
    .agent(
      branch: "feature/x", directories: [], files: [],
      state: ClaudeCode(executable: "/nonexistent", version: nil).state)
  }

  @Test func `an agent commits, amends, rebases and resets on its branch`() async throws {
    let said = try await run(
      agent,
      """
      set -e
      echo one > a.txt; git add -A; git commit -q -m one; echo two > b.txt; git add -A; git commit -q -m two
      git commit -q --amend -m 'two amended'; git rebase -q HEAD~1; git reset -q --soft HEAD~1; git commit -q -m again
      git revert --no-edit -n HEAD; git revert --quit; git reset -q --hard; git cherry-pick HEAD >/dev/null 2>&1 || git cherry-pick --skip
      git mv a.txt c.txt; git commit -q -am moved; git status --porcelain; git log --format=%s -3
      git reflog -1 --format=%gs feature/x
      """, settings: covered)
    #expect(said == "moved\nagain\none\ncommit: moved\n")
    #expect(try await repository.git("log", "--format=%s", "-1", "feature/x") == "moved")
    #expect(try await repository.git("fsck", "--no-dangling") == "")
  }

  @Test func `an agent changes no configuration, hook, other branch, tag, stash or record`() async throws {
    let git = repository.path.appending(".git")
    let said = try await run(
      agent,
      """
      try() { "$@" >/dev/null 2>&1 && echo "done: $*"; }
      try git config user.name Mallory; try git branch new; try git branch other/new; try git tag t
      try git update-ref refs/heads/main HEAD~0 "$(git hash-object -t tree /dev/null)"
      try git branch -f feature/y HEAD; try git branch -D feature/y; try git branch -D other/z; try git pack-refs --all
      echo x > s.txt; git add s.txt; try git stash; git rm -q -f s.txt
      try git worktree add ../new; try git worktree remove --force ../y; try git gc; try git remote add evil ext::x
      try sh -c 'echo x > \(git)/hooks/pre-commit'; try mv \(git)/hooks \(git)/moved; mkdir \(git)/new
      try rm -rf \(git)/worktrees/y; try sh -c 'echo x > \(git)/worktrees/x/commondir'
      try sh -c 'echo x > \(git)/worktrees/x/gitdir'; echo x > \(git)/worktrees/x/config.worktree; try sh -c 'echo x > .git'; try rm .git
      try sh -c 'echo x > \(git)/info/exclude'; echo x > \(git)/packed-refs; echo x > \(git)/new-file
      try sh -c 'echo x > \(git)/objects/info/alternates'; echo x >> \(repository.path)/README.md 2>/dev/null
      try cat \(git)/orchestrator/runs/r/journal.ndjson
      """, settings: covered)
    #expect(said == "")
    #expect(try await repository.git("fsck", "--no-dangling") == "")
    #expect(!git.appending("new").exists && !git.appending("new-file").exists && !git.appending("packed-refs").exists)
    #expect(try await repository.git("status", "--porcelain", "--untracked-files=no") == "")
    #expect(try git.pushing("worktrees/x/config.worktree").readText(limit: 100, .regularOnly) == "")
    #expect(
      try await repository.git("for-each-ref", "--format=%(refname:short)", "refs")
        == "feature/x\nfeature/y\nmain\nother/z")
  }

  @Test func `an agent reads the home but for what holds secrets`() async throws {
    let found = try await run(agent, "grep -rl \(Self.canary) $HOME | sort", settings: covered)
    #expect(found == "\(place("home/.claude/.credentials.json"))\n\(place("home/notes.txt"))\n")
    #expect(try await run(.tests, "cat $HOME/notes.txt") == Self.canary)
  }

  @Test func `what an agent's client keeps is kept, also where it would rename a file into its place`() async throws {
    try repository.write(".claude.json", "{}", in: repository.hermetic.home)
    _ = try await run(
      agent, "echo 1 > ~/.claude/state; echo 2 > ~/.claude.json; mkdir ~/.claude.json.lock; echo 3 > ~/notes.txt",
      settings: covered)
    let home = repository.hermetic.home
    #expect(try repository.read(".claude/state", in: home) == "1\n")
    #expect(try repository.read(".claude.json", in: home) == "2\n")
    #expect(!home.appending(".claude.json.lock").exists)
    #expect(try repository.read("notes.txt", in: home) == Self.canary)
    // Tests are no clients.
    #expect(try await run(.tests, "echo 4 > ~/.claude/state").contains("Read-only"))
  }

  @Test func `more can be made writable, and the network switched off`() async throws {
    let cache = repository.hermetic.home.appending("cache")
    try FileSystem.createFolder(cache)
    #expect(
      try await run(
        agent, "echo x > $HOME/cache/file", settings: covered.merging(["sandbox.writable": "~/cache"]) { $1 })
        == "")
    #expect(cache.appending("file").exists)
    let links = "ls /sys/class/net >/dev/null; cat /proc/net/dev | grep -c ':'"
    #expect(try await run(agent, links, settings: ["sandbox.network": "false"]) == "1\n")
  }

  @Test func `one's own set-up commits and tests only look`() async throws {
    let script = "echo x > x.txt; git add -A && git commit -q -m x && echo committed"
    #expect(try await run(.tests, script, settings: covered).contains("Read-only"))
    #expect(try await run(.setup(branch: "feature/x"), script).contains("committed"))
  }

  // MARK: - The settings

  @Test func `nothing is covered that the settings do not name`() async throws {
    func covered(_ settings: [String: String], _ subject: SandboxPolicy.Subject) async throws -> Bool {
      for (key, value) in settings { try await repository.git("config", "orchestrator.\(key)", value) }
      let place = try await RepositoryContext.find(from: repository.path, environment: environment)
      return try await SandboxPolicy(place).sandbox(
        for: subject, worktree: worktree, environment: environment, scratch: repository.path.pushing(".git/s")) != nil
    }
    #expect(try await covered([:], .fork))
    #expect(try await !covered([:], .tests))
    #expect(try await !covered([:], agent))
    #expect(try await covered(["sandbox.agents": "true"], agent))
    #expect(try await !covered(["sandbox.mode": "off"], agent))
    #expect(try await !covered([:], .fork))
  }
}

/// Where no sandbox can be made, on any machine.
@Suite struct SandboxPolicyTests {
  private func place(_ settings: [String: String]) async throws -> (TemporaryRepository, RepositoryContext) {
    let repository = try await TemporaryRepository.withCommit("app")
    for (key, value) in settings { try await repository.git("config", "orchestrator.\(key)", value) }
    let bin = repository.scratch.path.appending("bin")
    try repository.write(
      "bwrap", "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", in: bin)
    chmod(bin.appending("bwrap").string, 0o755)
    var environment = repository.environment
    environment["PATH"] = "\(bin):\(environment["PATH"] ?? "/usr/bin:/bin")"
    return (repository, try await RepositoryContext.find(from: repository.path, environment: environment))
  }

  @Test func `required and missing, nothing runs`() async throws {
    let (repository, place) = try await place(["sandbox.mode": "required"])
    defer { withExtendedLifetime(repository) {} }
    let policy = SandboxPolicy(place)
    let error = await #expect(throws: RunError.self) { try await policy.examine(runsFork: true) }
    #expect(error?.code == .sandboxMissing)
    #expect(error?.description.contains("a fork's code may only run in a sandbox") == true)
    #expect(error?.description.contains("hint: ") == true)
    await #expect(throws: SandboxMissing.self) {
      try await policy.sandbox(for: .fork, worktree: repository.path, environment: [:], scratch: repository.path)
    }
    // One's own are not covered.
    #expect(try await policy.examine(runsFork: false) == nil)
    #expect(
      try await policy.sandbox(for: .tests, worktree: repository.path, environment: [:], scratch: repository.path)
        == nil)
  }

  @Test func `wanted and missing, that is reported`() async throws {
    let (repository, place) = try await place([:])
    let policy = SandboxPolicy(place)
    #expect(
      try await policy.examine(runsFork: true)
        == "a fork's code will run without a sandbox: bubblewrap does not work here: bwrap: setting up uid map: "
        + "Permission denied; see git orch doctor")
    #expect(
      try await policy.sandbox(for: .fork, worktree: repository.path, environment: [:], scratch: repository.path) == nil
    )
    let (second, covering) = try await self.place(["sandbox.mode": "required", "sandbox.agents": "true"])
    await #expect(throws: RunError.self) { try await SandboxPolicy(covering).examine(runsFork: false) }
    let (third, off) = try await self.place(["sandbox.mode": "off", "sandbox.agents": "true"])
    #expect(try await SandboxPolicy(off).examine(runsFork: true) == nil)
    withExtendedLifetime((second, third)) {}
  }

  @Test(arguments: [
    ("core.repositoryformatversion", "repositoryformatversion"), ("core.bare", "bare"),
    ("extensions.worktreeconfig", "worktreeconfig"), ("core.fsmonitor", nil), ("core.hookspath", nil),
    ("core.sshcommand", nil), ("core.editor", nil), ("remote.origin.url", nil), ("http.extraheader", nil),
    ("user.name", nil), ("filter.lfs.smudge", nil),
  ])
  func `of a repository's configuration a fork sees how it is stored`(key: String, shown: String?) {
    #expect(SandboxBuilder.storageKey(key) == shown)
  }
}
