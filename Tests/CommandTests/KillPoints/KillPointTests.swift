import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Journal

/// Whatever moment a command is killed at, the next one finishes its work, as if nothing had happened.
@Suite(.timeLimit(.minutes(10))) struct KillPointTests {
  @Test(arguments: KillWalk.chosen) func `killed at any point, it is finished by the next command`(
    walk: KillWalk
  ) async throws {
    let undisturbed = try await UndisturbedWorlds.shared.outcome(of: walk.scenario)
    try await walk.scenario.with { scene in
      let killed = try await scene.perform(killedAt: walk.point)
      try #require(killed.status == 137, "the point was not reached: \(killed.status) \(killed.errors)")
      try await scene.bringToTheEnd()
      let finished = try await FinishedWorld(scene)
      #expect(finished == undisturbed.world, "\(finished.difference(from: undisturbed.world))")
      #expect(scene.attempts <= undisturbed.attempts + 1)
      for (attempt, trees) in undisturbed.world.saved where scene.hasStarted(attempt) {
        #expect(
          trees.isSubset(of: finished.saved.values.reduce([]) { $0.union($1) }), "what \(attempt) left is not saved")
      }
      try scene.expectNothingPaidAfterProof()
      let attempts = scene.attempts
      try await scene.repeatAfterTheEnd()
      #expect(scene.attempts == attempts)
    }
  }

  @Test func `a branch that the killed process made goes with a task that leaves nothing`() async throws {
    let world = try await OrchWorld.make()
    try world.script(#"{"a": [[{"say": "nothing to do"}]]}"#)
    try world.plan("a")
    try await world.set("agent.maxRetries", "0")
    let killed = try await world.run(
      "git-orch", ["run"], environment: ["GIT_ORCH_KILL_AT": "after-entry-worktree-created"])
    try #require(killed.status == 137)
    #expect(try await world.orch("run", "--continue").status == 1)
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
  }

  @Test func `every point is in the table`() throws {
    let reached = Set(KillWalk.table.flatMap(\.points).map { String($0.prefix { $0 != ":" }) })
    for name in KillWalk.unreached.keys { #expect(!reached.contains("before-\(name)"), "\(name) is walked") }
    for step in KillPoint.Step.allCases where !KillWalk.unreached.keys.contains(step.rawValue) {
      #expect(reached.contains("before-\(step.rawValue)"), "\(step)")
    }
    let calls = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
      .appending("ProcessesTests/Snapshots/git-calls.txt")
    for call in try String(contentsOfFile: calls.string, encoding: .utf8).split(separator: "\n") {
      let words = call.split(separator: " ").map(String.init)
      guard let command = words.last, words[0] != "reading", !["-", "ls-remote", "remote"].contains(command) else {
        continue
      }
      #expect(KillPoint.Step(rawValue: "git-\(command)") != nil, "\(call)")
    }
    for type in JournalForm.all.map(\.type) where !KillWalk.unreached.keys.contains("entry-\(type)") {
      #expect(reached.contains("before-entry-\(type)"), "\(type)")
      #expect(reached.contains("after-entry-\(type)"), "\(type)")
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct KillPointSnapshotTests {
  @Test func `the table has all points that each command reaches`() async throws {
    var lines: [String] = []
    for scenario in KillScenario.allCases {
      let points = try await UndisturbedWorlds.shared.outcome(of: scenario).points
      lines.append("\(scenario.rawValue):")
      lines += KillWalk.numbered(points).map { "  \($0)" }
    }
    try assertSnapshot(lines.joined(separator: "\n"), KillWalk.file)
  }
}

extension KillScene {
  /// In none of the journals does an attempt of a task begin once its work was proven.
  func expectNothingPaidAfterProof() throws {
    let runs = world.root.appending(".git/orchestrator/runs").string
    for run in (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? [] {
      var proven: Set<String> = []
      let text = FileManager.default.contents(atPath: "\(runs)/\(run)/journal.ndjson") ?? Data()
      for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
        // The last line may be torn.
        guard let entry = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { continue }
        let task = entry["task"] as? String ?? ""
        switch entry["type"] as? String {
        case "proven", "candidates-reviewed": proven.insert(task)
        case "started-over", "returned": proven.remove(task)
        case "attempt-starting": #expect(!proven.contains(task), "\(task) is paid again after its proof")
        default: break
        }
      }
    }
  }
}

/// One command that is killed at one point.
struct KillWalk: Sendable, CustomTestStringConvertible {
  let scenario: KillScenario
  /// `after-git-push:2`.
  let point: String

  var testDescription: String { "\(scenario.rawValue) \(point)" }

  static let file = "kill-points.txt"

  /// What is no part of a command that is walked, and why that is enough.
  static let unreached: [String: String] = [
    "entry-plan-paid": "of a plan that a model made: BudgetTests",
    "git-init": "of nested repositories that are put back",
    "git-symbolic-ref": "the same", "git-submodule": "part of filling a worktree, as `checkout` is",
    "git-reflog": "of a review's worktree, where a merge was tested that is nobody's work",
    "git-reset": "part of filling a worktree, as `checkout` is",
    "post-checkout-hook": "part of filling a worktree, as `checkout` is",
    "entry-repository-changed": "a note", "entry-waiting-for-checks": "a note", "entry-waiting-for-forge": "a note",
    "entry-paused": "a note", "entry-resumed": "a note", "entry-halted": "a note", "entry-interrupted": "a note",
    "entry-stop-requested": "another command's wish", "entry-aborted": "the same", "entry-attached": "the same",
    "entry-started-over": "a review at a new head",
    "entry-budget-set": "a note", "entry-budget-reached": "a note",
    "entry-conflict-found": "a note", "entry-conflict-gone": "a note", "entry-conflict-told": "a note",
    "entry-held": "a note", "entry-retry-requested": "another command's wish",
    "entry-task-added": "followed at once by that task's end",
    "entry-taken-over": "written at once with all of the journal: TakeoverTests",
    "entry-attempt-job": "of agents on other machines: SlurmTests", "job-submission": "the same",
    "job-cancellation": "the same", "git-bundle": "the same: SSHTests",
  ]

  /// The points in the order in which they are reached, each with how often it was before.
  static func numbered(_ points: [String]) -> [String] {
    var count: [String: Int] = [:]
    return points.map { point in
      count[point, default: 0] += 1
      return "\(point):\(count[point] ?? 1)"
    }
  }

  /// The table, from its file.
  static let table: [(scenario: KillScenario, points: [String])] = {
    let path = FilePath(#filePath).removingLastComponent().appending("Snapshots").appending(file)
    var table: [(scenario: KillScenario, points: [String])] = []
    for line in (try? String(contentsOfFile: path.string, encoding: .utf8))?.split(separator: "\n") ?? [] {
      if let scenario = KillScenario(rawValue: String(line.dropLast())) {
        table.append((scenario, []))
      } else if !table.isEmpty {
        table[table.count - 1].points.append(line.trimmingCharacters(in: .whitespaces))
      }
    }
    return table
  }()

  /// Those that are walked now: all of them in `.ci/run`, those of one scenario where it is named, else each twentieth.
  static let chosen: [KillWalk] =
    LongWalk.wanted.flatMap(KillScenario.init).map { scenario in all.filter { $0.scenario == scenario } }
    ?? LongWalk.chosen(of: all, each: 20)

  /// All that are to be walked. Between what is after one step and before the next, the program changes nothing: one of
  /// both shows both, unless an agent works meanwhile.
  static let all: [KillWalk] = table.flatMap { row in
    var walks: [KillWalk] = []
    var before: [String] = []
    for (index, point) in row.points.enumerated() {
      let name = String(point.prefix { $0 != ":" })
      let isLast = index == row.points.count - 1
      let isSecond =
        name.hasPrefix("after-") && !isLast && name != "after-agent" && name != "after-entry-attempt-launched"
      // Half an entry is the same wherever it is.
      let isRepeated = name == "before-half-entry" && !point.hasSuffix(":1") && !point.hasSuffix(":5")
      if !isSecond, !isRepeated, row.scenario.isWalked(name, after: before) {
        walks.append(KillWalk(scenario: row.scenario, point: point))
      }
      before.append(name)
    }
    return walks
  }
}
