import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Processes

/// What a profile says, and how it is told to the system's tools.
@Suite struct SandboxProfileTests {
  @Test func `the rule for the nearest folder counts, in whatever order they were made`() throws {
    var profile = SandboxProfile(allowsNetwork: false)
    profile.place("/a/b/c", .writable)
    profile.place("/a", .emptyFolder)
    profile.place("/a/b/c/d", .readOnly)
    #expect(profile.rules.map(\.path) == ["/a", "/a/b/c", "/a/b/c/d"])
    #expect(profile.access(at: "/a/b") == .emptyFolder)
    #expect(profile.access(at: "/a/b/c/e") == .writable)
    #expect(profile.access(at: "/a/b/c/d/e") == .readOnly)
    #expect(profile.access(at: "/ab") == .readOnly)
    #expect(profile.hides("/a/x") && !profile.hides("/a/b/c/x") && !profile.hides("/x"))
  }

  @Test func `rules are for what a path leads to, and a link in a hidden folder is shown as one`() throws {
    let scratch = try TemporaryDirectory()
    let root = try #require(scratch.path.realPath)
    for folder in ["home/tools", "elsewhere/chain"] {
      try FileManager.default.createDirectory(
        atPath: root.pushing(FilePath(folder)).string, withIntermediateDirectories: true)
    }
    try FileManager.default.createSymbolicLink(
      atPath: root.appending("home").appending("chain").string,
      withDestinationPath: root.pushing("elsewhere/chain").string)
    var profile = SandboxProfile(allowsNetwork: false)
    profile.hide(root.appending("home"))
    profile.hide(root.appending("elsewhere"))
    profile.hide(root.appending("missing"))
    profile.show(root.pushing("home/tools"))
    profile.show(root.pushing("home/chain"))
    #expect(profile.access(at: root.pushing("home/tools")) == .readOnly)
    #expect(profile.access(at: root.pushing("home/chain")) == .link(to: root.pushing("elsewhere/chain").string))
    #expect(profile.access(at: root.pushing("elsewhere/chain/x")) == .readOnly)
    #expect(profile.rules.count == 5)
  }

  @Test func `bubblewrap gets namespaces, no capabilities, and the rules as mounts`() {
    var profile = SandboxProfile(allowsNetwork: false)
    profile.place("/h", .emptyFolder)
    profile.place("/h/r", .readOnly)
    profile.place("/h/w", .writable)
    profile.place("/h/f", .emptyFile)
    profile.place("/h/c", .replaced(by: "/x"))
    profile.place("/h/l", .link(to: "t"))
    let base =
      ["--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
      + kernelSettings.flatMap { ["--ro-bind-try", "/proc/\($0)", "/proc/\($0)"] }
    let mounts = [
      "--tmpfs", "/h", "--ro-bind", "/x", "/h/c", "--dev-bind", "/dev/null", "/h/f", "--symlink", "t", "/h/l",
      "--ro-bind-try", "/h/r", "/h/r", "--bind", "/h/w", "/h/w",
    ]
    #expect(
      bubblewrapArguments(for: profile, directory: "/nonexistent")
        == ["--unshare-all"] + base + mounts + ["--chdir", "/nonexistent", "--"])
    profile.allowsNetwork = true
    #expect(bubblewrapArguments(for: profile, directory: nil).prefix(2) == ["--unshare-all", "--share-net"])
  }

  @Test func `Seatbelt gets the rules in their order, with quotes in paths escaped`() {
    var profile = SandboxProfile(allowsNetwork: false)
    profile.place("/h", .emptyFolder)
    profile.place(#"/h/a"b"#, .writable)
    let text = seatbeltProfile(for: profile)
    #expect(text.hasPrefix("(version 1)\n(allow default)\n(deny file-write*)\n"))
    #expect(text.contains("(deny network*)"))
    #expect(
      text.hasSuffix(
        #"""
        (deny file-read-data file-write* (subpath "/h"))
        (allow file-read* file-write* (subpath "/h/a\"b"))
        """#))
    profile.allowsNetwork = true
    #expect(!seatbeltProfile(for: profile).contains("network"))
  }

  @Test(arguments: [
    ("bwrap: setting up uid map: Permission denied", "AppArmor"),
    ("bwrap: No permissions to create new namespace, likely because the kernel does not allow it", "sysctl"),
    ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "AppArmor"),
    ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
  ])
  func `why there is none is reported with what helps`(words: String, advice: String) {
    let obstacle = SandboxTrial.obstacle(.bubblewrap("/usr/bin/bwrap"), words, "exit status 1")
    #expect(obstacle.reason == "bubblewrap does not work here: \(words)")
    #expect(obstacle.advice.contains { $0.contains(advice) })
  }

  @Test func `a tool that is missing or broken is distinguished`() async throws {
    let scratch = try TemporaryDirectory()
    let environment = ["PATH": scratch.path.string]
    guard case .missing(let absent) = await SandboxTrial.shared.availability(environment) else {
      Issue.record("found in an empty folder")
      return
    }
    #expect(absent.reason.contains("not installed"))
    let tool = scratch.path.appending("bwrap")
    try "#!/bin/sh\necho 'bwrap: broken' >&2\nexit 1\n".write(toFile: tool.string, atomically: true, encoding: .utf8)
    chmod(tool.string, 0o755)
    let broken = await SandboxTrial.shared.availability(environment)
    #expect(broken == .missing(.init(reason: "bubblewrap does not work here: bwrap: broken", advice: [])))
  }
}

private func sandboxTool() async -> SandboxTool? {
  let availability = await SandboxTrial.shared.availability(ProcessInfo.processInfo.environment)
  return if case .works(let tool) = availability { tool } else { nil }
}

/// Programs in a sandbox, where one can be made.
@Suite(
  .enabled("bubblewrap does not work here") { await sandboxTool() != nil }, .timeLimit(.minutes(2))
)
struct SandboxTests {
  let scratch: TemporaryDirectory
  let folder: FilePath

  init() throws {
    scratch = try TemporaryDirectory()
    folder = try #require(scratch.path.realPath)
    for name in ["open", "closed", "secret"] {
      try FileManager.default.createDirectory(
        atPath: folder.appending(name).string, withIntermediateDirectories: true)
    }
    try "canary".write(toFile: folder.pushing("secret/key").string, atomically: false, encoding: .utf8)
    try "canary".write(toFile: folder.pushing("closed/file").string, atomically: false, encoding: .utf8)
  }

  private func shell(
    _ script: String, network: Bool = false, mark: RunMark? = nil, environment: [String: String] = [:],
    configure: (inout SandboxProfile) -> Void = { _ in }
  ) async throws -> Invocation {
    var profile = SandboxProfile(allowsNetwork: network)
    profile.hide("/tmp")
    profile.set(folder, .readOnly)
    profile.set(folder.appending("open"), .writable)
    profile.hide(folder.appending("secret"))
    configure(&profile)
    return Invocation(
      shell: script, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"].merging(environment) { $1 },
      directory: folder.appending("open"), mark: mark,
      sandbox: Sandbox(tool: try #require(await sandboxTool()), profile: profile))
  }

  private func output(_ invocation: Invocation) async throws -> String {
    let output = try await invocation.run()
    return String(decoding: output.standardOutput + output.standardError, as: UTF8.self)
  }

  private func mark() -> RunMark { RunMark(run: "test-\(UUID().uuidString)", task: "t", attempt: 1) }

  @Test func `it changes what may be changed and reads what may be read`() async throws {
    let said = try await output(
      try await shell(
        """
        pwd; echo new > file && echo $PWD
        cat ../closed/file; echo
        for place in ../closed/x /etc/x /usr/x "$0.x" /sys/x /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do ( : >> $place ) 2>/dev/null && echo wrote $place; done
        rm ../closed/file 2>/dev/null && echo removed; chmod 777 ../closed 2>/dev/null && echo changed
        mv ../closed ../moved 2>/dev/null && echo moved
        ls ../secret; echo mine > ../secret/key && cat ../secret/key
        """))
    let open = folder.appending("open").string
    #expect(said == "\(open)\n\(open)\ncanary\nmine\n")
    #expect(try String(contentsOfFile: folder.pushing("open/file").string, encoding: .utf8) == "new\n")
    #expect(try String(contentsOfFile: folder.pushing("secret/key").string, encoding: .utf8) == "canary")
  }

  @Test func `a hidden file reads as an empty one, a replaced one as the other`() async throws {
    let said = try await output(
      try await shell("wc -c < ../closed/file; echo x > ../closed/file; cat ../secret/key") { profile in
        profile.hide(folder.pushing("closed/file"))
        profile.set(folder.appending("secret"), .readOnly)
        profile.set(folder.pushing("secret/key"), .replaced(by: "/etc/passwd"))
      })
    #expect(said.hasPrefix("0\n") && said.contains("root:"), "\(said)")
    #expect(try String(contentsOfFile: folder.pushing("closed/file").string, encoding: .utf8) == "canary")
  }

  @Test func `it sees no process but its own, and neither terminals nor disks`() async throws {
    let sleeper = Process()
    sleeper.executableURL = URL(fileURLWithPath: "/bin/sleep")
    sleeper.arguments = ["600"]
    sleeper.environment = ["CANARY": "canary-of-another-process"]
    sleeper.standardOutput = FileHandle.nullDevice
    sleeper.standardError = FileHandle.nullDevice
    try sleeper.run()
    // It may have inherited that SIGTERM is blocked.
    defer { kill(sleeper.processIdentifier, SIGKILL) }
    let said = try await output(
      try await shell(
        """
        cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c canary-of-another
        test -d /proc/\(sleeper.processIdentifier) -a \(sleeper.processIdentifier) -gt 50 && echo seen
        kill -0 \(getpid()) 2>/dev/null && test \(getpid()) -gt 50 && echo signaled
        ls /dev | grep -E '^(sd|vd|nvme|tty[0-9]|mem|kmsg|fuse|kvm)'
        grep -E 'Cap(Eff|Prm|Bnd)' /proc/self/status | tr -d '\\t\\n'
        """))
    #expect(
      said.filter { $0 != "\n" }
        == "0CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000", "\(said)")
  }

  @Test func `without network no address answers, with it the host's loopback does`() async throws {
    let server = Process()
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "python3", "-c",
      "import socket; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); print(s.getsockname()[1],flush=True); "
        + "s.settimeout(60)\nwhile True: s.accept()[0].send(b'answer\\n')",
    ]
    let pipe = Pipe()
    server.standardOutput = pipe
    server.standardError = FileHandle.nullDevice
    try server.run()
    defer { kill(server.processIdentifier, SIGKILL) }
    let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(Int(port) != nil)
    let client =
      "python3 -c 'import socket; print(socket.create_connection((\"127.0.0.1\",\(port)),5).recv(9))' 2>&1 | tail -1"
    #expect(try await output(try await shell(client)).contains("refused"))
    #expect(try await output(try await shell(client, network: true)).contains("answer"))
  }

  // MARK: - Its end

  @Test func `that a sandbox cannot be set up is not the program's failure`() async throws {
    func failure(_ run: () async throws -> Void) async -> String? {
      do { try await run() } catch let failure as ProcessFailure { return "\(failure)" } catch { return "\(error)" }
      return nil
    }
    let beginning = "it could not be started: the sandbox could not be set up: bwrap: "
    var broken = try await shell("exit 1") { $0.place("/nowhere/x", .replaced(by: "/nowhere/y")) }
    #expect(await failure { _ = try await broken.run() }?.hasPrefix(beginning) == true)
    let log = scratch.path.appending("log")
    try "earlier\n".write(toFile: log.string, atomically: false, encoding: .utf8)
    #expect(await failure { _ = try await broken.run(to: log) }?.hasPrefix(beginning) == true)
    #expect(try String(contentsOfFile: log.string, encoding: .utf8).hasPrefix("earlier\nbwrap: "))
    broken = try await shell("exit 1")
    broken.executable = "/nowhere/program"
    #expect(await failure { _ = try await broken.run() }?.contains("bwrap: execvp /nowhere/program") == true)
    // And what the program says is its own.
    let odd = try await shell("echo 'bwrap: no' >&2; exit 1")
    #expect(try await odd.run().exit == .code(1))
    // It gets no descriptor by which it could say it.
    #expect(try await output(shell("ls /proc/$$/fd")) == "0\n1\n2\n")
  }

  @Test func `the end is the program's, a signal as a shell counts it`() async throws {
    #expect(try await shell("exit 3").run().exit == .code(3))
    #expect(try await shell("kill -9 $$").run().status == 137)
  }

  @Test(arguments: [ChildProcess.Reach.process, .group])
  func `SIGTERM reaches the program, which has time to end itself`(reach: ChildProcess.Reach) async throws {
    let mark = mark()
    let invocation = try await shell(
      "trap 'echo ended > end; exit 7' TERM; sleep 600 & echo > ready; while :; do wait; done", mark: mark)
    let nothing = try FileDescriptor.open("/dev/null", .readWrite, options: .closeOnExec)
    defer { try? nothing.close() }
    let wakeup = AsyncSignal()
    let child = try ChildProcess(starting: invocation, input: nil, output: nothing, error: nothing, wakeup: wakeup)
    try await waitUntil("it is ready") { folder.pushing("open/ready").exists }
    await child.terminate(reach)
    while child.exit == nil { await wakeup.wait() }
    #expect(child.exit == .code(7))
    #expect(folder.pushing("open/end").exists)
    #expect(await endProcesses(known: child.knownDescendants, marked: mark.pattern, grace: .zero).isEmpty)
  }

  @Test func `nothing survives, whatever it did to its session and its environment`() async throws {
    let mark = mark()
    let name = "survivor-\(UUID().uuidString.prefix(8))"
    let invocation = try await shell(
      "env -i setsid sh -c 'trap \"\" TERM HUP; echo > ready; sleep 600; : \(name)' & while ! test -e ready; do sleep 0.01; done",
      mark: mark)
    let output = try await invocation.run(timeout: .seconds(60))
    #expect(output.exit == .code(0))
    let pids = FilePath("/proc").entries ?? []
    let lines = pids.filter { Int($0) != nil }.compactMap {
      try? FilePath("/proc/\($0)/cmdline").readText(limit: 1 << 16, .repairsText)
    }
    #expect(!lines.contains { $0.contains(name) })
  }

  @Test func `a time limit gives grace, then ends all of it`() async throws {
    let invocation = try await shell("trap 'echo > asked' TERM; while :; do sleep 0.1; done", mark: mark())
    await #expect(throws: ProcessFailure.timedOut(.seconds(1))) {
      try await Invocation.$grace.withValue(.milliseconds(500)) { try await invocation.run(timeout: .seconds(1)) }
    }
    #expect(folder.pushing("open/asked").exists)
    #expect(await ProcessWatch.shared.snapshot().marked(try #require(invocation.mark).pattern).isEmpty)
  }
}
