import Foundation
import OrchTestSupport
import Subprocess
import SystemPackage
import Testing

extension RealClientHarness {
  /// Sets what is to be set and runs `git orch …` in the repository. Settings are named without `orchestrator.`.
  func orch(
    _ arguments: [String], settings: [String: String] = [:], without variables: [String] = [],
    environment additions: [String: String] = [:],
    whileRunning: (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Finished {
    for (key, value) in settings { try await git("config", "orchestrator.\(key)", value) }
    return try await run(
      "/usr/bin/env", variables.flatMap { ["-u", $0] } + ["git", "orch"] + arguments, environment: additions,
      whileRunning: whileRunning)
  }

  /// Plans a to-do list without a model and runs it at once: `git orch run todo.md --yolo`.
  ///
  /// The project's test command is `make test` unless the settings say otherwise.
  func orchRun(
    _ todo: String, settings: [String: String] = [:], without variables: [String] = [],
    environment additions: [String: String] = [:],
    whileRunning: (ProcessIdentifier) async throws -> Void = { _ in }
  ) async throws -> Finished {
    let all = ["generate.source": "markdown", "project.testCommand": "make test"].merging(settings) { _, own in own }
    return try await orch(
      ["run", todoFile(todo), "--yolo"], settings: all, without: variables, environment: additions,
      whileRunning: whileRunning)
  }

  /// Writes a to-do list outside the repository.
  func todoFile(_ text: String) throws -> String {
    let path = root.appending("todo.md")
    try write(text, to: path)
    return path.string
  }

  /// The tasks of the last run as `git orch status --json` tells them.
  func tasks() async throws -> [JSON] {
    let status = try await orch(["status", "--json"])
    return try JSON(data: Data(status.output.utf8))["tasks"].items
  }

  /// The subjects of the commits that a branch of the remote has over `main`, oldest first.
  func pushed(_ branch: String) async throws -> [String] {
    let subjects = try await git("log", "--reverse", "--format=%s", "main..\(branch)", in: remote)
    return subjects.split(separator: "\n").map(String.init)
  }

  /// Commits one file on `main` and pushes it.
  func commit(_ text: String, as name: String) async throws {
    try write(text, to: repository.appending(name))
    try await git("add", name)
    try await git("commit", "--quiet", "--message", "add \(name)")
    try await git("push", "--quiet", "origin", "main")
  }

  /// Waits until a file is there, which a command makes at the point that a test waits for.
  func wait(for file: FilePath) async throws {
    try await waitUntil("there is \(file)") { exists(file) }
  }

  /// After any run: no process lives, no request went elsewhere or surprised the API, the user's checkout is as it was.
  func expectNothingLeftBehind(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    #expect(survivors() == [], sourceLocation: sourceLocation)
    #expect(await elsewhere.requests.map(\.target) == [], sourceLocation: sourceLocation)
    #expect(await api.surprises == [], sourceLocation: sourceLocation)
    let branch = try await git("symbolic-ref", "--short", "HEAD")
    #expect(branch == "main", sourceLocation: sourceLocation)
    let changes = try await git("status", "--porcelain", "--untracked-files=no")
    #expect(changes == "", sourceLocation: sourceLocation)
  }
}

extension FakeMessagesAPI.Scenario {
  /// Writes a file and commits it, as `feat: NAME`.
  static func committing(_ name: String, after steps: [FakeMessagesAPI.Step] = []) -> Self {
    Self(
      steps + [
        .write("\(name).txt", "\(name)\n"), .bash("git add -A && git commit -m 'feat: \(name)'"), .text("Done."),
      ])
  }
}
