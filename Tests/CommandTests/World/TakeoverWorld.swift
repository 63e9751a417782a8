import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// A clone that begins a run, and others that know nothing of it but its ledger.
struct TakeoverWorld: Sendable {
  let main: OrchWorld

  var plan: FilePath { main.root.appending("task_config.yaml") }

  static func make(_ script: String, include: String? = nil) async throws -> TakeoverWorld {
    let world = TakeoverWorld(main: try await OrchWorld.make())
    try await world.main.set("ledger.remote", "origin")
    try await world.main.set("agent.maxRetries", "0")
    if let include { try await world.main.set("ledger.include", include) }
    try world.main.script(script)
    return world
  }

  /// Runs the plan one task after the other, until it ends or is killed.
  /// - Parameter plan: nil for the one that is there.
  /// - Parameter meanwhile: runs while it does.
  func begin(
    killedAt point: String? = nil, plan tasks: [String]? = ["a", "b"],
    meanwhile: @escaping @Sendable () async throws -> Void = {}
  ) async throws -> String {
    if let tasks {
      let entries = tasks.map {
        "  - {id: \($0), branch: feature/\($0), title: \"feat: \($0)\", description: Do \($0)}"
      }
      try main.repository.write("task_config.yaml", "tasks:\n\(entries.joined(separator: "\n"))\n")
    }
    let environment = point.map { ["GIT_ORCH_KILL_AT": $0] } ?? [:]
    let run = try await main.gitOrch("run", "--execute", "-j", "1", environment: environment) { _ in
      try await meanwhile()
    }
    #expect(run.status == (point == nil ? 1 : 128 + SIGKILL), "\(run.errors)")
    return try await id()
  }

  func id() async throws -> String {
    try #require(try await main.orch("status", "--json").json()["run"] as? String)
  }

  /// Another clone, on another machine for all that it knows: with a home of its own.
  func clone(_ name: String, script: String? = nil) async throws -> Clone {
    let scratch = main.repository.scratch.path
    let (path, home) = (scratch.appending(name), scratch.appending("home-\(name)"))
    try FileManager.default.createDirectory(atPath: home.string, withIntermediateDirectories: true)
    try await main.repository.git("clone", "--quiet", "file://\(main.remote)", path.string, in: scratch)
    let records = scratch.appending("records-\(name)")
    var environment = [
      "HOME": home.string, "SCRIPTED_AGENT_RECORD": records.string,
      "SCRIPTED_AGENT_STATE": home.appending("state").string,
    ]
    if let script {
      let file = scratch.appending("script-\(name).json")
      try main.repository.write(file.lastComponent?.string ?? "", #"{"tasks": \#(script)}"#, in: scratch)
      environment["SCRIPTED_AGENT_SCRIPT"] = file.string
    }
    let clone = Clone(main: main, path: path, records: records, environment: environment)
    for (key, value) in [("ledger.remote", "origin"), ("agent.maxRetries", "0"), ("worktreeDir", "../trees-\(name)")] {
      try await clone.git("config", "orchestrator.\(key)", value)
    }
    return clone
  }

  struct Clone: Sendable {
    let main: OrchWorld
    let path: FilePath
    let records: FilePath
    let environment: [String: String]

    @discardableResult
    func orch(_ arguments: String...) async throws -> OrchWorld.Result { try await orch(arguments) }

    @discardableResult
    func orch(_ arguments: [String]) async throws -> OrchWorld.Result {
      try await main.orch(arguments, in: path, environment: environment)
    }

    func gitOrch(
      _ arguments: String..., body: @escaping @Sendable (Any) async throws -> Void = { _ in }
    ) async throws -> OrchWorld.Result {
      try await main.run("git", ["orch"] + arguments, in: path, environment: environment) { try await body($0) }
    }

    func gitOrch(_ arguments: [String], environment more: [String: String]) async throws -> OrchWorld.Result {
      try await main.run("git", ["orch"] + arguments, in: path, environment: environment.merging(more) { $1 })
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String {
      try await main.repository.git(arguments, in: path)
    }

    /// The runs that are recorded in it.
    func runs() throws -> [String] {
      let folder = path.appending(".git/orchestrator/runs").string
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/journal.ndjson") }
    }

    /// The attempts that its agents were started for, as `b.2`.
    var attempts: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: records.string)) ?? []).sorted()
        .map { $0.replacingOccurrences(of: ".json", with: "") }
    }

    func record(_ task: String, attempt: Int) throws -> String {
      String(
        decoding: try Data(contentsOf: URL(filePath: "\(records)/\(task).\(attempt).json")), as: UTF8.self)
    }
  }
}
