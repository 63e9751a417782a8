import Basics
import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage

/// A repository with a remote, a plan of twelve tasks, and agents that write down what must not get lost.
struct SoakWorld: Sendable {
  static let taskCount = 12

  let number: Int
  let folder: FilePath
  let environment: [String: String]
  let jobs: Int
  /// Whether it lies on a small file system of its own.
  let hasOwnDisk: Bool

  /// What the agents say that they have done: it lies on another disk than the world.
  let ledger: FilePath
  /// Where its pull requests are; nil for a world without. It is ours, and nothing strikes it.
  let forge: FakeForge?

  var root: FilePath { folder.appending("app") }
  var remote: FilePath { folder.appending("origin.git") }
  var worktrees: FilePath { folder.appending("worktrees").appending("app") }

  /// Whether a file system can be mounted, as root can outside of most containers.
  static let canMount: Bool = {
    guard geteuid() == 0, let folder = try? TemporaryDirectory(prefix: "soak-mount") else { return false }
    defer { unmount(folder.path) }
    return mount(folder.path)
  }()

  private static func mount(_ folder: FilePath) -> Bool {
    run("mount", ["-t", "tmpfs", "-o", "size=64m", "soak", folder.string])
  }

  @discardableResult private static func unmount(_ folder: FilePath) -> Bool { run("umount", ["-l", folder.string]) }

  private static func run(_ program: String, _ arguments: [String]) -> Bool {
    let invocation = Invocation(
      executable: "/usr/bin/env", arguments: [program] + arguments, environment: ProcessInfo.processInfo.environment)
    return (try? invocation.runBlocking().exit.isSuccess) ?? false
  }

  static func make(_ number: Int, in place: FilePath, random: inout SeededRandom) async throws -> SoakWorld {
    let name = "soak-\(getpid())-\(number)"
    let (folder, ledger) = (place.appending(name), place.appending("\(name)-ledger"))
    for path in [folder, ledger.appending("tokens"), ledger.appending("alive"), ledger.appending("done")] {
      try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    }
    let hasOwnDisk = random.once(in: 3) && canMount && mount(folder)
    var variables = try HermeticEnvironment(in: folder).variables
    let programs = BuiltPrograms.folder
    variables["PATH"] = "\(programs):\(variables["PATH"] ?? "/usr/bin:/bin")"
    variables["SCRIPTED_AGENT_SCRIPT"] = folder.appending("agents.json").string
    variables["SCRIPTED_AGENT_STATE"] = ledger.appending("agent-state").string
    variables["TERM"] = "dumb"
    let jobs = random.once(in: 2) ? 4 : 12
    let forge =
      random.once(in: 3)
      ? try await FakeForge.start("acme/widget", repository: folder.appending("origin.git"), dialect: .bitbucket) : nil
    if let forge {
      let user = FakeForge.User("alice", token: "token-of-alice", email: "alice@example.com")
      await forge.add(user)
      variables["BITBUCKET_API_URL"] = "\(forge.baseURL)/2.0"
      variables["BITBUCKET_EMAIL"] = user.email
      variables["BITBUCKET_API_TOKEN"] = user.token
    }
    let world = SoakWorld(
      number: number, folder: folder, environment: variables, jobs: jobs, hasOwnDisk: hasOwnDisk, ledger: ledger,
      forge: forge)
    try await world.fill(agent: "\(programs)/scripted-agent")
    return world
  }

  private func fill(agent: String) async throws {
    func git(_ arguments: String..., in directory: FilePath) async throws {
      try await GitProgram.run(arguments, in: directory, environment: environment)
    }
    try await git("init", "--quiet", root.string, in: folder)
    try await git("init", "--quiet", "--bare", remote.string, in: folder)
    try write("README.md", "read me\n", in: root)
    try write(".git/info/exclude", "task_config.yaml\nset-up\n", in: root)
    try await git("add", "README.md", in: root)
    try await git("commit", "--quiet", "-m", "first", in: root)
    if forge == nil {
      try await git("remote", "add", "origin", remote.string, in: root)
    } else {
      // git goes to the folder; everybody else sees the forge's URL.
      let url = "https://bitbucket.org/acme/widget.git"
      try await git("config", "url.\(remote).insteadOf", url, in: root)
      try await git("remote", "add", "origin", url, in: root)
    }
    try await git("push", "--quiet", "-u", "origin", "main", in: root)
    // A git that maintains the repository after a commit leaves its lock when it is killed. That is git's own.
    try await git("config", "maintenance.auto", "false", in: root)
    for (key, value) in [
      ("agent.command", agent), ("agent.retryDelay", "0"), ("worktree.setup", "echo . > set-up"),
      // The disk is smaller than that, and is to become full.
      ("run.diskFloor", "0"),
    ] {
      try? await git("config", "orchestrator.\(key)", value, in: root)
    }
    for (name, text) in Self.programs(ledger: ledger.string) {
      try write(name, text, in: folder)
      chmod(folder.appending(name).string, 0o755)
    }
    let tasks = (1...Self.taskCount).map { "t\($0)" }
    let needs = ["t7": "t1, t2", "t8": "t3", "t9": "t8", "t10": "t4, t5"]
    let plan = tasks.map { task in
      "  - id: \(task)\n    branch: feature/\(task)\n    title: \"feat: \(task)\"\n    description: Do \(task)"
        + (needs[task].map { "\n    needs: [\($0)]" } ?? "")
    }
    try write("task_config.yaml", "tasks:\n\(plan.joined(separator: "\n"))\n", in: root)
    let script = tasks.map { task in
      let steps = [
        run("begin", task), run("token", "\(task) 1"), #"{"sleep": 0.2}"#, run("token", "\(task) 2"),
        #"{"commit": "feat: \#(task), one"}"#, run("token", "\(task) 3"), #"{"sleep": 0.2}"#,
        #"{"commit": "feat: \#(task), two"}"#, run("done", task),
      ]
      return #""\#(task)": [[\#(steps.joined(separator: ", "))]]"#
    }
    try write("agents.json", #"{"tasks": {\#(script.joined(separator: ", "))}}"#, in: folder)
  }

  private func run(_ program: String, _ arguments: String) -> String {
    #"{"run": "\#(folder.string)/\#(program) \#(arguments)"}"#
  }

  private func write(_ name: String, _ text: String, in folder: FilePath) throws {
    try text.write(toFile: folder.appending(name).string, atomically: false, encoding: .utf8)
  }

  /// The parts of an agent's work. What is in the ledger was on the disk before.
  private static func programs(ledger: String) -> [String: String] {
    [
      // Two agents of one task at the same time would do its work twice.
      "begin": """
      #!/bin/sh
      other=$(cat '\(ledger)/alive/'"$1" 2>/dev/null)
      if test -n "$other" && test "$other" != $PPID && kill -0 "$other" 2>/dev/null \\
        && grep -q "scripted-agent" "/proc/$other/cmdline" 2>/dev/null
      then echo "$1: $other and $PPID" >>'\(ledger)/doubled'
      fi
      echo $PPID >'\(ledger)/alive/'"$1"
      """,
      "token": """
      #!/bin/sh
      set -e
      token="tok-$1-${GIT_ORCH_RUN##*/}-$2"
      printf '%s\\n' "$token" >>"$1.txt"
      sync "$1.txt"
      : >'\(ledger)/tokens/'"$token"
      """,
      "done": """
      #!/bin/sh
      status=$(git status --porcelain) && test -z "$status" \\
        && git grep -q "tok-$1-${GIT_ORCH_RUN##*/}-3" HEAD -- && : >'\(ledger)/done/'"$1.${GIT_ORCH_RUN##*/}"
      """,
    ]
  }

  // MARK: - Processes

  struct MarkedProcess: Sendable {
    let pid: pid_t
    /// The program's name.
    let command: String
  }

  /// All that runs carry the mark of.
  func processes() -> [MarkedProcess] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
      guard let pid = pid_t(name), let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
        case let text = String(decoding: environment, as: UTF8.self), text.contains("GIT_ORCH_RUN="),
        text.contains("\(folder)/")
      else { return nil }
      let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
      // A zombie has none.
      guard let program = words.split(separator: 0).first else { return nil }
      return MarkedProcess(
        pid: pid, command: String(decoding: program.split(separator: UInt8(ascii: "/")).last ?? program, as: UTF8.self))
    }
  }

  // MARK: - Disk

  /// Leaves no byte free for a while.
  func fillDisk(for duration: Duration) async throws {
    let filler = folder.appending("filler").string
    let file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    let page = [UInt8](repeating: 1, count: 1 << 16)
    var size = page.count
    while size > 0 {
      if Platform.write(file, page, size) < 0 { size /= 2 }
    }
    close(file)
    try await Task.sleep(for: duration)
    unlink(filler)
  }

  /// To be called whatever came of it.
  func stopForge() async { await forge?.stop() }

  func remove() {
    if hasOwnDisk { Self.unmount(folder) }
    for path in [folder, ledger] { try? path.removeTree() }
  }
}
