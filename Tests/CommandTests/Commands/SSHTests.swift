import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Agents on hosts that share no files with us, here of a stand-in for ssh. `make test-ssh` has the real one.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ")))
struct SSHTests {
  @Test func `tasks run on the hosts, and come home as if they had run here`() async throws {
    let ssh = try await SSHWorld.make()
    try ssh.script(tasks: ["a", "b"])

    let result = try await ssh.world.orch("run", environment: ["SECRET_OF_MINE": "hush"])

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try await ssh.world.statuses() == ["a": "success", "b": "success"])
    #expect(try await ssh.world.remoteTip("feature/a") != nil)
    // To the one with the fewest of ours.
    #expect(Set(ssh.hosts("a") + ssh.hosts("b")) == ["one", "two"])
    let record = try ssh.world.record("a", attempt: 1)
    let environment = try #require(record["environment"] as? [String: String])
    #expect(environment["SECRET_OF_MINE"] == "hush")
    #expect(environment["HOME"]?.hasSuffix("ssh-state/\(ssh.hosts("a").last ?? "")") == true)
    #expect(environment["GIT_CONFIG_GLOBAL"] == nil)
    let directory = try #require(record["directory"] as? String)
    #expect(directory.contains("/.cache/git-orch/app-"), "\(record)")
    // What it is told of its worktree holds there.
    let prompt = try #require(record["prompt"] as? String)
    #expect(prompt.contains("Work only inside `\(directory)`"), "\(prompt)")
    #expect(!prompt.contains(ssh.world.worktrees.string), "\(prompt)")
    #expect(!ssh.ssh.questions.contains { $0.contains("hush") })
    #expect(ssh.ssh.questions.allSatisfy { $0.contains("BatchMode=yes") && $0.contains("ForwardAgent=no") })
    // Nothing is left there, nor here.
    #expect(ssh.ssh.left(on: "one") == [] && ssh.ssh.left(on: "two") == [])
    #expect(try await ssh.away() == [])
    #expect(try ssh.world.survivors().isEmpty)
    let report = try await ssh.world.orch("status", "--json").json()
    let task = (report["tasks"] as? [[String: any Sendable]])?.first { $0["id"] as? String == "a" }
    let job = (task?["attempts"] as? [[String: any Sendable]])?.first?["job"] as? [String: any Sendable]
    #expect(job?["launcher"] as? String == "ssh")
    #expect((job?["key"] as? String)?.hasSuffix("/a/1") == true)
  }
}

extension SSHTests {
  @Test func `what an agent leaves uncommitted is in the worktree here, and is saved`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.world.repository.write("old.txt", "old\n", in: ssh.world.root)
    try ssh.world.repository.write(".gitignore", "*.log\n.env\n", in: ssh.world.root)
    try await ssh.world.repository.git("add", "-A")
    try await ssh.world.repository.git("commit", "-q", "-m", "more")
    try ssh.world.repository.write(".env", "TOKEN=hush\n", in: ssh.world.root)
    try await ssh.world.set("agent.maxRetries", "0")
    try ssh.world.script(
      #"""
      {"a": [[
        {"run": "test \"$(cat .env)\" = TOKEN=hush"},
        {"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"},
        {"run": "echo more >>a.txt; echo new >new.txt; echo staged >staged.txt; git add staged.txt; rm old.txt; echo x >x.log"}
      ]]}
      """#)
    try ssh.world.plan("a")

    let result = try await ssh.world.orch("run")

    #expect(result.status == 1, "\(result.errors)")
    #expect(try await ssh.world.statuses() == ["a": "uncommitted"])
    let status = try await ssh.git("a", "status", "--porcelain")
    #expect(status == " M a.txt\n D old.txt\nA  staged.txt\n?? new.txt\n", "\(status)")
    #expect(try await ssh.git("a", "log", "--format=%s", "-1") == "feat: a\n")
    let saved = try await ssh.world.repository.git("for-each-ref", "refs/orchestrator/saved")
    #expect(saved.contains("/a/1"), "\(saved)")
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `a second attempt finds there what the first has left, and its conversation`() async throws {
    let ssh = try await SSHWorld.make()
    try ssh.world.script(
      #"""
      {"a": [
        [{"run": "pwd >>SCRATCH/places"}, {"write": {"path": "half.txt", "content": "half\n"}}, {"exit": 1}],
        [{"run": "pwd >>SCRATCH/places; test -f half.txt"}, {"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: a"}]
      ]}
      """#.replacingOccurrences(of: "SCRATCH", with: ssh.scratch.string))
    try ssh.world.plan("a")

    let result = try await ssh.world.orch("run")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    // The same folder on the same host.
    let places = try ssh.world.repository.read("places", in: ssh.scratch).split(separator: "\n")
    #expect(places.count == 2 && places.first == places.last, "\(places)")
  }

  @Test func `commits that were amended away are saved, and a branch that it left is told`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("agent.maxRetries", "0")
    try ssh.world.script(
      #"""
      {"a": [[
        {"write": {"path": "a.txt", "content": "a\n"}}, {"commit": "feat: first"},
        {"run": "git commit -q --amend -m second && git checkout -q -b other"}
      ]]}
      """#)
    try ssh.world.plan("a")

    let result = try await ssh.world.orch("run")

    #expect(result.status == 1)
    #expect(result.output.contains("the worktree left its branch and is on 'other'"), "\(result.output)")
    #expect(try await ssh.git("a", "log", "--format=%s", "-1", "feature/a") == "second\n")
    let saved = try await ssh.world.repository.git(
      "log", "--format=%s", "--glob=refs/orchestrator/saved", "--not", "--branches")
    #expect(saved.contains("feat: first"), "\(saved)")
  }

  @Test func `a host with no room is left for another, and all of them are waited for`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one=1,two=1")
    try ssh.script(#"{"touch": "SCRATCH/at-$TASK"}, {"wait-for-file": "SCRATCH/go"},"#, tasks: ["a", "b", "c"])
    let run = Task { try await ssh.world.orch("run", "-j", "3") }
    try await waitUntil("one waits") {
      try await ssh.world.orch("status").output.contains("all hosts have as many jobs as they may have")
    }
    #expect(["a", "b", "c"].count { ssh.starts($0) > 0 } <= 2)
    try ssh.world.repository.write("go", "", in: ssh.scratch)
    #expect(try await run.value.status == 0)
  }

  @Test func `a host that is away is left for another`() async throws {
    let ssh = try await SSHWorld.make()
    try ssh.script()
    try ssh.ssh.set("away-one")
    let result = try await ssh.world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(Set(ssh.hosts("a")) == ["two"])
  }

  @Test func `while a host does not answer, nothing is dead`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script(#"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try ssh.ssh.set("away-one")
    try await waitUntil("it is said that nobody answers") {
      try await ssh.world.orch("status").output.contains("Connection refused")
    }
    try ssh.world.repository.write("go", "", in: ssh.scratch)
    ssh.ssh.unset("away-one")

    #expect(try await run.value.status == 0)
    #expect(ssh.starts("a") == 1)
    #expect(try await ssh.world.tasks()["a"]?[4] == "1")
  }

  @Test func `a host that is away for ever is given up, and cleanup brings home what was done there`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("agent.maxRetries", "0")
    try await ssh.world.set("ssh.maxSilence", "1s")
    try ssh.script(
      #"{"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try await waitUntil("it is seen") { ssh.hosts("a").last == "one" }
    try ssh.ssh.set("away-one")

    let result = try await run.value
    #expect(result.status == 1)
    #expect(result.output.contains("nothing is known of the job on one for 1 min"), "\(result.output)")
    let runs = try FileManager.default.contentsOfDirectory(atPath: "\(ssh.world.root)/.git/orchestrator/runs")
    let early = try await ssh.world.orch(["cleanup", "-y", "--keep", "0", "--unfinished"] + runs)
    #expect(early.errors.contains("not brought home yet: "), "\(early.errors)")
    #expect(early.output.contains("what an agent did on one is not home yet"), "\(early.output)")
    ssh.ssh.unset("away-one")

    let cleanup = try await ssh.world.orch("cleanup", "-y")
    #expect(cleanup.errors.contains("did on one was brought into"), "\(cleanup.errors)")
    #expect(try await ssh.git("a", "status", "--porcelain") == "?? half.txt\n")
    #expect(try ssh.world.survivors().isEmpty)
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `the worktree stays for what a host did of which nothing has come home`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("agent.maxRetries", "0")
    try await ssh.world.set("ssh.maxSilence", "1s")
    // Nobody answers from before the agent's first word there.
    try await ssh.world.set("worktree.setup", "case $HOME in */one) touch '\(ssh.ssh.state)/away-one' ;; esac")
    try ssh.script(#"{"write": {"path": "half.txt", "content": "x"}},"#)
    let result = try await ssh.world.orch("run")
    #expect(result.status == 1, "\(result.output)\(result.errors)")
    try await waitUntil("the agent has ended") { try ssh.world.survivors().isEmpty }
    ssh.ssh.unset("away-one")

    let cleanup = try await ssh.world.orch("cleanup", "-y")
    #expect(cleanup.errors.contains("did on one was brought into"), "\(cleanup.errors)")
    #expect(try await ssh.git("a", "log", "-1", "--format=%s") == "feat: a\n")
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `a run that is continued has what a host did that was given up`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("agent.maxRetries", "0")
    try await ssh.world.set("ssh.maxSilence", "1s")
    let cut = "case $HOME in */one) [ -e '\(ssh.scratch)/cut' ] || touch '\(ssh.ssh.state)/away-one' ;; esac"
    try await ssh.world.set("worktree.setup", cut)
    try ssh.script(#"{"run": "cat a.txt >>SCRATCH/seen || true"},"#)
    #expect(try await ssh.world.orch("run").status == 1)
    try await waitUntil("the agent has ended") { try ssh.world.survivors().isEmpty }
    try ssh.world.repository.write("cut", "", in: ssh.scratch)
    ssh.ssh.unset("away-one")

    let result = try await ssh.world.orch("run", "--continue")
    #expect(result.errors.contains("did on one was brought into"), "\(result.errors)")
    #expect(try String(contentsOfFile: "\(ssh.scratch)/seen", encoding: .utf8) == "a\n")
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `answers that are lost or cut are asked for again`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script(#"{"run": "seq 1 20000"}, {"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    try ssh.ssh.set("lost-one")
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try ssh.ssh.set("cut-one")
    try await waitUntil("it is cut") { !FileManager.default.fileExists(atPath: "\(ssh.ssh.state)/cut-one") }
    try ssh.world.repository.write("go", "", in: ssh.scratch)
    #expect(try await run.value.status == 0)
    #expect(ssh.starts("a") == 1)
  }

  @Test func `an agent is stopped, and one that is deaf is killed with what it started`() async throws {
    for deaf in [false, true] {
      let ssh = try await SSHWorld.make(hosts: "one")
      try ssh.script(
        (deaf ? #""ignore-term", "# : "")
          + #"{"spawn-orphan": {"pid-file": "SCRATCH/orphan", "seconds": 600}}, {"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, "hang","#
      )
      let run = Task { try await ssh.world.orch("run") }
      try await ssh.world.wait(for: ssh.scratch.appending("begun"))

      try await ssh.world.orch(deaf ? ["stop", "--now"] : ["stop"])

      let result = try await run.value
      #expect(result.status == 143)
      #expect(try await ssh.world.statuses() == ["a": "interrupted"])
      try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
      #expect(try await ssh.left(on: "one") == [])
      #expect(try await ssh.git("a", "status", "--porcelain") == "?? half.txt\n", "\(result.output)")
    }
  }

  @Test(arguments: [
    "before-entry-attempt-job", "after-entry-attempt-job", "before-job-submission", "after-job-submission",
    "after-git-bundle", "before-entry-attempt-job:2", "after-entry-attempt-job:3", "before-git-bundle:2",
    "after-git-bundle:2", "after-git-read-tree", "after-git-read-tree:2", "after-git-read-tree:3",
    "after-git-update-ref:2", "after-git-update-ref:3", "after-git-update-ref:4", "before-entry-attempt-ended",
  ])
  func `killed at each step, the run is continued with one agent`(point: String) async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script(#"{"run": "echo x >left.txt; git add -A; git commit -q -m left"},"#)
    let killed = try await ssh.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": point])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")

    let result = try await ssh.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try await ssh.world.statuses() == ["a": "success"])
    #expect(ssh.starts("a") == 1)
    let files = try await ssh.world.repository.git("ls-tree", "--name-only", "feature/a").split(separator: "\n")
    #expect(files.contains("a.txt") && files.contains("left.txt"), "\(files)")
    #expect(try ssh.world.survivors().isEmpty)
    #expect(try await ssh.away() == [])
    try await ssh.world.orch("cleanup", "-y")
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `what is written into a worktree that got half of the work is saved before the rest comes`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script()
    let killed = try await ssh.world.gitOrch("run", environment: ["GIT_ORCH_KILL_AT": "after-git-read-tree"])
    #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
    try ssh.world.repository.write("a.txt", "mine\n", in: ssh.world.worktrees.appending("a"))

    let result = try await ssh.world.gitOrch("run", "--continue")

    #expect(result.status == 0, "\(result.errors) \(result.output)")
    #expect(try await ssh.world.repository.git("show", "feature/a:a.txt") == "a")
    let run = try ssh.world.newestRun().lastComponent?.string ?? ""
    #expect(try await ssh.world.repository.git("show", "refs/orchestrator/saved/\(run)/a/1-here:a.txt") == "mine")
  }

  @Test func `what nobody continues is ended by giving the run up, and its work comes home`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script(
      #"{"write": {"path": "half.txt", "content": "x"}}, {"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    try await ssh.world.gitOrch("run") { process in
      try await ssh.world.wait(for: ssh.scratch.appending("begun"))
      ssh.world.send(SIGKILL, to: process)
    }
    let result = try await ssh.world.orch("run", "--abort")
    #expect(result.status == 0, "\(result.errors)")
    try await waitUntil("nothing of it is left") { try ssh.world.survivors().isEmpty }
    let saved = try await ssh.world.repository.git("for-each-ref", "refs/orchestrator/saved")
    #expect(saved.contains("/a/1"), "\(saved)")
    #expect(ssh.ssh.left(on: "one") == [])
  }

  @Test func `work that does not fit the worktree any more is kept, and told`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("agent.maxRetries", "0")
    try ssh.script(#"{"touch": "SCRATCH/begun"}, {"wait-for-file": "SCRATCH/go"},"#)
    let run = Task { try await ssh.world.orch("run") }
    try await ssh.world.wait(for: ssh.scratch.appending("begun"))
    try ssh.world.repository.write("mine.txt", "mine\n", in: ssh.world.worktrees.appending("a"))
    try ssh.world.repository.write("go", "", in: ssh.scratch)

    let result = try await run.value
    #expect(result.status == 1)
    #expect(result.output.contains("have changed here while the agent worked on one"), "\(result.output)")
    let kept = try await ssh.world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
      .split(separator: "\n").first { $0.hasSuffix("/a/1-away") }
    let name = try #require(kept)
    #expect(try await ssh.world.repository.git("log", "-1", "--format=%s", "\(name)^1") == "feat: a")
    #expect(try ssh.world.repository.read("mine.txt", in: ssh.world.worktrees.appending("a")) == "mine\n")
  }

  @Test func `the set-up command runs there, too, and its failure is told`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try await ssh.world.set("worktree.setup", "echo done >>\(ssh.scratch)/setups; pwd >>\(ssh.scratch)/setups")
    try ssh.script()
    let result = try await ssh.world.orch("run")
    #expect(result.status == 0, "\(result.errors)")
    let lines = try ssh.world.repository.read("setups", in: ssh.scratch).split(separator: "\n")
    #expect(lines.count == 4 && lines.contains { $0.contains("/.cache/git-orch/") }, "\(lines)")
  }

  @Test func `a run does not begin where no host would do`() async throws {
    let ssh = try await SSHWorld.make(hosts: "one")
    try ssh.script()
    try ssh.ssh.set("denied-one")
    let denied = try await ssh.world.orch("run")
    #expect(denied.status == 128)
    #expect(denied.errors.contains("Permission denied"), "\(denied.errors)")
    ssh.ssh.unset("denied-one")
    try await ssh.world.set("sandbox.agents", "true")
    let sandbox = try await ssh.world.orch("run")
    #expect(sandbox.errors.contains("a sandbox of this machine does not reach to other hosts"), "\(sandbox.errors)")
    try await ssh.world.set("sandbox.agents", "false")
    let dry = try await ssh.world.orch("run", "--dry-run")
    #expect(dry.output.contains("✓ ssh one: git "), "\(dry.output) \(dry.errors)")
    let doctor = try await ssh.world.orch("doctor")
    #expect(doctor.output.contains("ssh one"), "\(doctor.output)")
    try await ssh.world.set("ssh.hosts", "-oProxyCommand=x")
    let bad = try await ssh.world.orch("run", "--dry-run")
    #expect(bad.status == 128 && bad.errors.contains("write it as ssh takes it"), "\(bad.errors)")
  }
}
