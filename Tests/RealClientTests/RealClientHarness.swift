import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

/// A scratch world for one test: an empty HOME, a repository with a bare remote and a linked worktree, a scripted
/// Messages API, and a second one that nothing should ever reach.
///
/// Programs started from here get an environment of their own, made from nothing but PATH; the key is a dummy.
struct RealClientHarness: Sendable {
  /// The folder that holds everything below, gone when the test is over.
  let root: FilePath
  /// The client under test.
  let client: FilePath
  /// What answers the client.
  let api: FakeMessagesAPI
  /// What a client would reach that leaves its base URL: the proxy for all other hosts, and the place to which
  /// repositories redirect.
  let elsewhere: FakeMessagesAPI

  var home: FilePath { root.appending("home") }
  /// Holds a Makefile with `build` and `test`, `sub/Makefile` with `test`, and one commit on `main`, which is pushed.
  var repository: FilePath { root.appending("repository") }
  /// Bare; the repository's `origin`.
  var remote: FilePath { root.appending("remote.git") }
  /// A linked worktree of the repository, on the branch `feature/scripted`.
  var worktree: FilePath { root.appending("worktree") }

  /// Where the client is, as `Tools/fetch-client` printed it.
  static var clientPath: String? {
    ProcessInfo.processInfo.environment["GIT_ORCH_REAL_CLAUDE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  struct ClientMissing: Error, CustomStringConvertible {
    let description = "GIT_ORCH_REAL_CLAUDE does not name the client; Tools/fetch-client prints its path"
  }

  /// Builds the world, runs the body in it, and takes it down: servers, processes that are left over, files.
  static func with(_ body: (RealClientHarness) async throws -> Void) async throws {
    guard let client = clientPath else { throw ClientMissing() }
    // Short, as the client puts sockets below it, and free of links, as it compares paths.
    let root = FilePath("/tmp").appending("gorc-\(UUID().uuidString.prefix(8))")
    try await FakeMessagesAPI.with { api in
      try await FakeMessagesAPI.with { elsewhere in
        let harness = RealClientHarness(root: root, client: FilePath(client), api: api, elsewhere: elsewhere)
        defer { harness.takeDown() }
        try await harness.setUp()
        try await body(harness)
      }
    }
  }

  /// The environment of every program: the recipe for a client that talks to `api` alone.
  var environment: [String: String] {
    let inherited = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return [
      // The built `git-orch-*` lie next to the test bundle; `claude` is a link to the client.
      "PATH": "\(root.appending("bin")):\(BuiltPrograms.folder):\(inherited)",
      "HOME": home.string,
      "LANG": "C.UTF-8",
      "TERM": "dumb",
      "SHELL": "/bin/bash",
      "TMPDIR": root.appending("tmp").string,
      "TZ": "UTC",
      "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": home.appending(".gitconfig").string,
      "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
      "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
      "ANTHROPIC_API_KEY": "sk-test-dummy",
      "ANTHROPIC_BASE_URL": api.baseURL,
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
      "DISABLE_AUTOUPDATER": "1",
      // Whatever leaves loopback is caught and recorded instead.
      "HTTPS_PROXY": elsewhere.baseURL,
      "HTTP_PROXY": elsewhere.baseURL,
      "NO_PROXY": "127.0.0.1,localhost",
      Self.mark: root.string,
    ]
  }

  /// In the environment of everything that is started here, so that left-over descendants are found.
  private static let mark = "GIT_ORCH_TEST_ROOT"

  // MARK: - Programs

  /// How a program ended and what it printed.
  struct Finished: Sendable {
    let status: TerminationStatus
    let output: String
    let errors: String

    /// What a shell calls the exit status.
    var code: Int32 {
      switch status {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    }

    /// All that was said, for a test that fails.
    var words: Comment { "\(output)\(errors)" }
  }

  /// Runs any program in this world's environment, to its end; it starts in the repository unless told otherwise.
  ///
  /// `whileRunning` runs next to the program, e.g. to wait for a request and send a signal; the program's own end is
  /// waited for in any case.
  /// - Throws: what prevents the start, and what `whileRunning` throws. A bad exit status is a result.
  func run(
    _ executable: FilePath, _ arguments: [String] = [], in folder: FilePath? = nil, input: String = "",
    environment additions: [String: String] = [:],
    whileRunning: (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Finished {
    let files = root.appending("io-\(UUID().uuidString)")
    let (inputFile, outputFile, errorFile) = ("\(files).in", "\(files).out", "\(files).err")
    try write(input, to: FilePath(inputFile))
    let environment = environment.merging(additions) { _, addition in addition }
    let configuration = Configuration(
      executable: .path(executable), arguments: Arguments(arguments),
      environment: .custom(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
      workingDirectory: folder ?? repository)
    // Files, not pipes: nothing blocks, however much is printed and whoever inherits the descriptors.
    let result = try await Subprocess.run(
      configuration,
      input: .fileDescriptor(try .open(FilePath(inputFile), .readOnly), closeAfterSpawningProcess: true),
      output: .fileDescriptor(try Self.create(outputFile), closeAfterSpawningProcess: true),
      error: .fileDescriptor(try Self.create(errorFile), closeAfterSpawningProcess: true)
    ) { execution in
      try await whileRunning(execution.processIdentifier)
    }
    return Finished(
      status: result.terminationStatus, output: try contents(of: FilePath(outputFile)),
      errors: try contents(of: FilePath(errorFile)))
  }

  /// Runs git and returns what it printed, without the last line feed.
  /// - Throws: `GitFailure` when it does not exit with 0.
  @discardableResult
  func git(_ arguments: String..., in folder: FilePath? = nil) async throws -> String {
    let finished = try await run("/usr/bin/env", ["git"] + arguments, in: folder)
    guard finished.status.isSuccess else { throw GitFailure(arguments: arguments, errors: finished.errors) }
    return finished.output.hasSuffix("\n") ? String(finished.output.dropLast()) : finished.output
  }

  struct GitFailure: Error, CustomStringConvertible {
    let arguments: [String]
    let errors: String
    var description: String { "git \(arguments.joined(separator: " ")): \(errors)" }
  }

  // MARK: - Files

  func write(_ text: String, to path: FilePath) throws {
    let folder = path.removingLastComponent()
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    try text.write(toFile: path.string, atomically: false, encoding: .utf8)
  }

  func contents(of path: FilePath) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path.string)), as: UTF8.self)
  }

  func exists(_ path: FilePath) -> Bool {
    FileManager.default.fileExists(atPath: path.string)
  }

  private static func create(_ path: String) throws -> FileDescriptor {
    try .open(
      FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
  }

  // MARK: - Set-up and end

  private func setUp() async throws {
    for folder in ["home", "tmp", "bin"] {
      try FileManager.default.createDirectory(
        atPath: root.appending(folder).string, withIntermediateDirectories: true)
    }
    try FileManager.default.createSymbolicLink(
      atPath: root.appending("bin/claude").string, withDestinationPath: client.string)
    try write(
      "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n",
      to: home.appending(".gitconfig"))
    try write(
      "build:\n\t@echo built\ntest:\n\t@echo tests passed\n", to: repository.appending("Makefile"))
    try write("test:\n\t@echo tests of sub passed\n", to: repository.appending("sub/Makefile"))
    try await git("init", "--quiet", "--bare", remote.string, in: root)
    try await git("init", "--quiet")
    try await git("add", "--all")
    try await git("commit", "--quiet", "--message", "begin")
    try await git("remote", "add", "origin", remote.string)
    try await git("push", "--quiet", "origin", "main")
    try await git("worktree", "add", "--quiet", "-b", "feature/scripted", worktree.string)
  }

  private func takeDown() {
    for survivor in survivors() { kill(survivor.pid, SIGKILL) }
    try? FileManager.default.removeItem(atPath: root.string)
  }

  /// A process that was started in this world, by whomever, and still runs.
  struct Survivor: Sendable, Hashable {
    let pid: pid_t
    let command: String
  }

  /// All processes that carry this world's mark in their environment. Linux only: elsewhere always none.
  func survivors() -> [Survivor] {
    let mark = Data("\(Self.mark)=\(root.string)\0".utf8)
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { entry in
      guard let pid = pid_t(entry), let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        environment.range(of: mark) != nil
      else { return nil }
      let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return Survivor(pid: pid, command: String(decoding: words.map { $0 == 0 ? 32 : $0 }, as: UTF8.self))
    }
  }
}
