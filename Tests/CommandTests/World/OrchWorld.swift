import CommandSupport
import Foundation
import OrchTestSupport
import Platform
import Subprocess
import SystemPackage
import TerminalUI
import Testing

@testable import git_orch

/// A scratch world for one test: a repository, a bare remote, and agents that follow a script.
struct OrchWorld: Sendable {
  let repository: TemporaryRepository
  var environment: [String: String]

  /// Where the built programs are.
  static let programs = BuiltPrograms.folder

  /// A repository with one commit and, unless told otherwise, a remote called `origin`.
  static func make(remote: Bool = true) async throws -> OrchWorld {
    let repository =
      remote
      ? try await TemporaryRepository.withCommitAndRemote("app").repository
      : try await TemporaryRepository.withCommit("app")
    return try OrchWorld(repository: repository)
  }

  init(repository: TemporaryRepository) throws {
    self.repository = repository
    environment = repository.environment
    environment["PATH"] = "\(Self.programs):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["SCRIPTED_AGENT_SCRIPT"] = "\(repository.scratch.path)/agents.json"
    environment["SCRIPTED_AGENT_STATE"] = "\(repository.scratch.path)/agent-state"
    environment["SCRIPTED_AGENT_RECORD"] = records.string
    environment["TERM"] = "dumb"
    // As `git config --global` would.
    let configuration = try FileHandle(forWritingTo: URL(filePath: repository.hermetic.configuration.string))
    defer { try? configuration.close() }
    try configuration.seekToEnd()
    try configuration.write(
      contentsOf: Data(
        """
        [orchestrator "agent"]
        \tcommand = \(Self.programs)/scripted-agent
        \tretryDelay = 0
        [orchestrator "generate"]
        \tsource = markdown

        """.utf8))
  }

  var root: FilePath { repository.path }
  var remote: FilePath { FilePath("\(repository.scratch.path)/origin.git") }
  var worktrees: FilePath { FilePath("\(repository.scratch.path)/worktrees/app") }
  /// What each attempt's agent was started with, as `<task>.<attempt>.json`.
  var records: FilePath { FilePath("\(repository.scratch.path)/records") }

  // MARK: - Preparing

  func set(_ key: String, _ value: String) async throws {
    try await repository.git("config", "orchestrator.\(key)", value)
  }

  /// What the agents do: the object under `tasks` of the scripted agent's script, as JSON text.
  func script(_ tasks: String, plan: String = "null") throws {
    let text = #"{"tasks": \#(tasks), "default": [[{"say": "nothing to do"}]], "plan": \#(plan)}"#
    _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    try repository.write("agents.json", text, in: repository.scratch.path)
  }

  /// Writes a plan of tasks given as `id` or `id: need, need`, each on the branch `feature/<id>`.
  func plan(_ tasks: String...) throws {
    let entries = tasks.map { task in
      let parts = task.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      let needs = parts.count > 1 ? "\n    needs: [\(parts[1])]" : ""
      return """
          - id: \(parts[0])
            branch: feature/\(parts[0])
            title: "feat: \(parts[0])"
            description: Do \(parts[0])\(needs)
        """
    }
    try repository.write("task_config.yaml", "tasks:\n\(entries.joined(separator: "\n"))\n")
  }

  // MARK: - Running

  struct Result: Sendable {
    /// The exit status, or 128 and the number of the signal.
    let status: Int32
    let output: String
    let errors: String

    /// The answer as JSON.
    func json() throws -> [String: any Sendable] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return object as? [String: any Sendable] ?? [:]
    }
  }

  /// Runs a command of the suite to its end, in this process: what it prints, asks of git and starts is as it is for a
  /// user, but no program has to be started for it.
  @discardableResult
  func orch(
    _ arguments: String..., in directory: FilePath? = nil, environment more: [String: String] = [:]
  ) async throws -> Result {
    try await orch(arguments, in: directory, environment: more)
  }

  /// The same, with the arguments as one list.
  @discardableResult
  func orch(
    _ arguments: [String], in directory: FilePath? = nil, environment more: [String: String] = [:]
  ) async throws -> Result {
    if BuiltPrograms.given != nil {
      return try await run("\(Self.programs)/git-orch", arguments, in: directory, environment: more)
    }
    let builtin = try #require(builtins.first { $0.name == arguments.first }, "\(arguments) is no command of ours")
    let variables = environment.merging(more) { $1 }
    let (output, errors) = outputFiles()
    let (out, err) = (try Self.create(output), try Self.create(errors))
    defer {
      try? out.close()
      try? err.close()
    }
    let context = CommandContext(
      // As getcwd(3) tells it.
      directory: FilePath(URL(filePath: (directory ?? root).string).resolvingSymlinksInPath().path),
      environment: variables,
      console: Console(
        output: Terminal(fileDescriptor: out.rawValue, environment: variables),
        errors: Terminal(fileDescriptor: err.rawValue, environment: variables)),
      executable: FilePath("\(Self.programs)/git-orch"))
    let status = await builtin.perform(Array(arguments.dropFirst()), context)
    return Result(status: status.code, output: try Self.text(output), errors: try Self.text(errors))
  }

  /// Runs `git orch …` to its end, as a user does; `body` runs meanwhile.
  @discardableResult
  func gitOrch(
    _ arguments: String..., in directory: FilePath? = nil, git: [String] = [], environment more: [String: String] = [:],
    body: @escaping @Sendable (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Result {
    try await run("git", git + ["orch"] + arguments, in: directory, environment: more, body: body)
  }

  /// Runs a program to its end; `body` runs meanwhile.
  /// - Parameter input: a terminal, say, that stays open; nothing comes from standard input without it.
  @discardableResult
  func run(
    _ program: String, _ arguments: [String], in directory: FilePath? = nil, environment more: [String: String] = [:],
    input: FileDescriptor? = nil, body: @escaping @Sendable (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Result {
    let nothing = try FileDescriptor.open("/dev/null", .readOnly)
    defer { try? nothing.close() }
    let variables = environment.merging(more) { $1 }
    let (output, errors) = outputFiles()
    // A session of its own: signals of a test reach the command alone. Files: nothing blocks.
    var options = PlatformOptions()
    options.createSession = true
    let result = try await Subprocess.run(
      .path(FilePath("/usr/bin/env")), arguments: Arguments([program] + arguments),
      environment: .custom(variables.map { Array("\($0.key)=\($0.value)\0".utf8) }),
      workingDirectory: directory ?? root,
      platformOptions: options, input: .fileDescriptor(input ?? nothing, closeAfterSpawningProcess: false),
      output: .fileDescriptor(try Self.create(output), closeAfterSpawningProcess: true),
      error: .fileDescriptor(try Self.create(errors), closeAfterSpawningProcess: true)
    ) { execution in
      try await body(execution.processIdentifier)
      return execution.processIdentifier.value
    }
    // A signal may end git before the command that git started.
    try await waitUntil("the command's processes have ended") { kill(-result.closureResult, 0) != 0 }
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return Result(status: status, output: try Self.text(output), errors: try Self.text(errors))
  }

  /// Sends a signal as a terminal does: to git and to all that it started in its process group.
  func send(_ signal: Int32, to process: ProcessIdentifier) { kill(-process.value, signal) }

  private func outputFiles() -> (output: FilePath, errors: FilePath) {
    let files = "\(repository.scratch.path)/io-\(UUID().uuidString)"
    return (FilePath("\(files).out"), FilePath("\(files).err"))
  }

  private static func create(_ path: FilePath) throws -> FileDescriptor {
    try .open(path, .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
  }

  private static func text(_ path: FilePath) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path.string)), as: UTF8.self)
  }

  // MARK: - Looking

  /// `task\t…` lines of `status --porcelain` as fields, by task.
  func tasks() async throws -> [String: [String]] {
    let result = try await orch("status", "--porcelain")
    var tasks: [String: [String]] = [:]
    for line in result.output.split(separator: "\n") where line.hasPrefix("task\t") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      tasks[fields[1]] = fields
    }
    return tasks
  }

  /// Each task's status.
  func statuses() async throws -> [String: String] { try await tasks().mapValues { $0[2] } }

  /// A commit on the remote; nil when the branch is not there.
  func remoteTip(_ branch: String) async throws -> String? {
    try? await repository.git("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)", in: remote)
  }

  /// What the agent of that attempt was started with.
  func record(_ task: String, attempt: Int) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: "\(records)/\(task).\(attempt).json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// Processes that carry the mark of a run in this world's repository, by their command lines.
  func survivors() throws -> [String] {
    let scratch = repository.scratch.path.string
    return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid in
      guard Int(pid) != nil, let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        let text = String(validating: environment, as: UTF8.self), text.contains("GIT_ORCH_RUN="),
        text.contains(scratch)
      else { return nil }
      let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return "\(pid): " + String(decoding: command, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
    }
  }

  /// Kills agents that outlive their run, with all that is theirs.
  func killAgents() async throws {
    try await waitUntil("no agent is left") {
      let left = try survivors()
      for process in left { if let pid = Int32(process.prefix { $0 != ":" }) { kill(pid, SIGKILL) } }
      return left.isEmpty
    }
  }

  /// Asks `status --json` until the answer is as wanted, and returns it; for what only the journal tells.
  @discardableResult
  func waitForStatus(_ isWanted: ([String: any Sendable]) -> Bool) async throws -> [String: any Sendable] {
    var wanted: [String: any Sendable] = [:]
    try await waitUntil("the status is as wanted") {
      // A run that has only just begun has no journal yet: 128.
      let result = try await orch("status", "--json")
      guard result.status == 0, case let report = try result.json(), isWanted(report) else { return false }
      wanted = report
      return true
    }
    return wanted
  }

  /// The folder of the newest run.
  func newestRun() throws -> FilePath {
    let runs = root.appending(".git/orchestrator/runs")
    return runs.appending(try FileManager.default.contentsOfDirectory(atPath: runs.string).max() ?? "")
  }

  /// The events of the newest run's journal, by type: `attempt-starting` and the line's fields.
  func journal() throws -> [(type: String, fields: [String: Any])] {
    let text = try repository.read("journal.ndjson", in: newestRun())
    return try text.split(separator: "\n").compactMap { line in
      let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let entry, let type = entry["type"] as? String else { return nil }
      return (type, entry)
    }
  }

  /// Writes an executable script for sh into the scratch folder, and returns its path.
  @discardableResult
  func addProgram(_ name: String, _ script: String) throws -> FilePath {
    try repository.write(name, "#!/bin/sh\n\(script)\n", in: repository.scratch.path)
    let path = repository.scratch.path.appending(name)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
    return path
  }

  /// Waits until a file is there. Agents and commands make such files at the points that a test waits for.
  func wait(for file: FilePath) async throws {
    try await waitUntil("there is \(file)") { FileManager.default.fileExists(atPath: file.string) }
  }
}
