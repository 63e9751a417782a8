import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// A command that is killed at each of its points, and what comes before and after it.
enum KillScenario: String, CaseIterable, Sendable {
  /// A task whose first attempt leaves its work uncommitted, with files to copy and a set-up.
  case run
  /// A task that builds on two others.
  case merge
  /// A task whose pull request is opened, and linked on the to-do list.
  case pullRequest = "pull-request"
  /// A task whose only attempt does nothing.
  case nothing
  /// A task whose only attempt leaves a commit, and more that is not committed.
  case failed
  /// A task with two candidates that tests do not tell apart, which a reviewer compares.
  case candidates
  /// `run --continue` of a run that was killed when its first attempt had ended.
  case resume = "continue"
  case undo
  case redo
  case cleanup
  case restore
  case review
  /// Two branches, with the base checked out.
  case land
  /// Two branches, of which the second conflicts with the first and goes back to its agent.
  case fix
  /// A stack of two, which the forge merges.
  case landForge = "land-forge"
  /// The same, but the forge does not take the first.
  case refused

  /// The points that are walked, of all that are reached: where the others are those of `run`, they are not walked again.
  func isWalked(_ point: String, after before: [String]) -> Bool {
    let began = { (name: String) in point == name || before.contains(name) }
    return switch self {
    case .run, .undo, .redo, .cleanup, .restore, .review, .land, .landForge: true
    case .merge: point.hasSuffix("merge-commit") || before.last?.hasSuffix("merge-commit") ?? false
    case .pullRequest: began("before-entry-pull-request-starting")
    case .nothing, .failed: began("before-entry-attempt-ended")
    case .candidates: began("before-entry-tests-starting")
    case .resume: !began("before-agent")
    case .fix: began("before-entry-returned")
    case .refused: began("before-forge-request")
    }
  }

  static let edit = #"[{"write": {"path": "T.txt", "content": "T\n"}}, {"commit": "feat: T"}]"#

  func with<Result: Sendable>(_ body: (KillScene) async throws -> Result) async throws -> Result {
    switch self {
    case .pullRequest, .landForge, .refused:
      try await ForgeWorld.with(.bitbucket) { scene in
        try await body(try await self.scene(self, in: scene.world, scene.forge))
      }
    case .review:
      try await ForgeWorld.with(.bitbucket) { scene in
        try await scene.openPullRequest("feature/a")
        return try await body(try await self.scene(self, in: try await scene.asUser("bob"), scene.forge))
      }
    default:
      try await body(try await scene(self, in: try await OrchWorld.make(), nil))
    }
  }

  private func scene(
    _ scenario: KillScenario, in world: OrchWorld, _ forge: FakeForge?
  ) async throws -> KillScene {
    let edit = Self.edit.replacing("T", with: "a")
    var arguments = ["run", "-j", "1"]
    switch self {
    case .run, .resume:
      try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "half\n"}}], \#(edit)]}"#)
      try world.plan("a")
      for (file, text) in [(".git/info/exclude", ".env\nsetup.txt\n"), (".env", "secret\n")] {
        try world.repository.write(file, text)
      }
      try await world.set("worktree.setup", "echo set up > setup.txt")
      if self == .resume {
        let first = try await world.run(
          "git-orch", arguments, environment: ["GIT_ORCH_KILL_AT": "after-entry-attempt-ended"])
        try #require(first.status == 137, "\(first.errors)")
        arguments = ["run", "--continue", "-j", "1"]
      }
    case .merge:
      let tasks = ["a", "b", "c"].map { #""\#($0)": [\#(Self.edit.replacing("T", with: $0))]"# }
      try world.script("{\(tasks.joined(separator: ", "))}")
      try world.plan("a", "b", "c: a, b")
    case .pullRequest:
      try world.script(#"{"a": [\#(edit)]}"#)
      try world.repository.write("todo.md", "- [ ] a\n")
      try await world.repository.git("add", "todo.md")
      try await world.repository.git("commit", "--quiet", "-m", "todo")
      try await world.repository.git("push", "--quiet", "origin", "main")
      try #require(try await world.orch("generate", "todo.md").status == 0)
    case .nothing, .failed:
      let first =
        self == .nothing
        ? #"[{"say": "nothing to do"}]"#
        : #"[{"write": {"path": "b.txt", "content": "b\n"}}, {"commit": "feat: b"}, {"write": {"path": "c", "content": "c"}}]"#
      try world.script(#"{"a": [\#(first), \#(edit)]}"#)
      try world.plan("a")
      try await world.set("agent.maxRetries", "0")
    case .candidates:
      let candidates = (1...2).map { #""a@\#($0)": [\#(CandidateTests.lines($0))]"# }
      try world.script("{\(candidates.joined(separator: ", ")), \"a\": [\(CandidateTests.verdicts([1: 40, 2: 90]))]}")
      try world.plan("a")
      try await world.set("project.testCommand", "test -e a.txt")
      arguments += ["-N", "2"]
    case .undo, .redo, .cleanup:
      try world.script(#"{"a": [\#(edit)]}"#)
      try world.plan("a")
      let run = try await world.orch(["run", "--keep-worktrees"])
      try #require(run.status == 0, "\(run.errors)")
      if self == .redo { try #require(try await world.orch("undo").status == 0) }
      if self == .cleanup { try await world.repository.git("merge", "--quiet", "--ff-only", "feature/a") }
      arguments = self == .cleanup ? ["cleanup", "--older-than", "0h"] : ["undo"]
    case .restore:
      try world.script(#"{"a": [[{"write": {"path": "half.txt", "content": "half\n"}}]]}"#)
      try world.plan("a")
      try await world.set("agent.maxRetries", "0")
      try #require(try await world.orch("run").status == 1)
      try FileManager.default.removeItem(atPath: world.worktrees.appending("a/half.txt").string)
      arguments = ["restore", "a"]
    case .land:
      let land = LandWorld(world: world)
      try await world.set("project.testCommand", "test -e README.md")
      try await land.branches("a", "b")
      arguments = ["land", "a", "b", "--update-checkout"]
    case .fix:
      try await world.set("project.testCommand", "test -e README.md")
      let merge = "git merge main || { echo both > same.txt; git add same.txt; git commit -q --no-edit; }"
      let steps = ["a", "b"].map {
        #""\#($0)": [[{"write": {"path": "same.txt", "content": "\#($0)\n"}}, {"commit": "feat: \#($0)"}], [{"run": "\#(merge)"}]]"#
      }
      try world.script("{\(steps.joined(separator: ", "))}")
      try world.plan("a", "b")
      try #require(try await world.orch(["run", "--no-push", "-j", "1"]).status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      arguments = ["land", "--fix"]
    case .landForge, .refused:
      try world.script(ForgeWorld.edits(("a", "a.txt", ["one", "two"]), ("b", "a.txt", ["three"])))
      try world.plan("a", "b: a")
      try #require(try await world.orch("run", "-j", "1").status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      try await world.set("land.deleteBranch", "true")
      await forge?.configure { $0.closesOrphans = true }
      if self == .refused {
        let refusal = FakeForge.Fault.Action.answer(.init(400, ["error": ["message": "Not today"]]))
        await forge?.fail(.init("POST", "/pullrequests/1/merge", times: 100, refusal))
      }
      arguments = ["land", "--forge", "--no-test"]
    case .review:
      try world.script(
        #"{"pr-1": [[{"write": {"path": "fixed.txt", "content": "x\n"}}, {"commit": "fix: it"}, \#(ReviewTests.approval)]]}"#
      )
      try await world.set("project.testCommand", ReviewTests.testCommand)
      arguments = ["review", "--pr", "1", "--automerge"]
    }
    return KillScene(scenario: self, world: world, forge: forge, arguments: arguments)
  }
}

/// A world in which a command is killed.
struct KillScene: Sendable {
  let scenario: KillScenario
  let world: OrchWorld
  let forge: FakeForge?
  let arguments: [String]

  /// Runs the command, which dies at the point; without one, all that it reaches are returned.
  func perform(killedAt point: String?) async throws -> (status: Int32, errors: String, points: [String]) {
    let file = world.repository.scratch.path.appending("points")
    let result = try await world.run("git-orch", arguments, environment: ["GIT_ORCH_KILL_AT": point ?? file.string])
    let text = point == nil ? try world.repository.read("points", in: world.repository.scratch.path) : ""
    return (result.status, result.errors, text.split(separator: "\n").map(String.init))
  }

  /// Does what a user does who sees that the command died: the same again, or `run --continue`.
  func bringToTheEnd() async throws {
    switch scenario {
    case .undo, .redo:
      // Once it is undone, undo would bring it back.
      let wanted = scenario == .undo ? 1 : 2
      let runs = world.root.appending(".git/orchestrator/runs")
      let run = try #require(try FileManager.default.contentsOfDirectory(atPath: runs.string).first)
      // Its last line may be torn.
      let journal = try world.repository.read("\(run)/journal.ndjson", in: runs)
      if journal.components(separatedBy: #""type":"undo-ended""#).count - 1 < wanted { try await succeed(arguments) }
    case .review:
      let again = try await world.orch(arguments)
      let isMerged = again.output.contains("it is already merged")
      #expect(again.status == 0 || isMerged, "\(again.errors)\(again.output)")
    case .cleanup, .restore:
      try await succeed(arguments)
    case .land, .fix:
      var last = try await world.orch("land", "--continue")
      if last.status == 128, last.errors.contains("there is no landing to continue") {
        last = try await world.orch(arguments)
      }
      #expect(last.status == 0, "\(last.errors)\(last.output)")
    case .landForge, .refused:
      var last = try await world.orch("land", "--continue")
      if last.status == 128, last.errors.contains("there is no landing to continue") {
        last = try await world.orch(arguments)
      }
      #expect(last.status == (scenario == .refused ? 1 : 0), "\(last.errors)\(last.output)")
    default:
      var last = try await world.orch("run", "--continue", "-j", "1")
      if last.status == 128, last.errors.contains("there is no run to continue") {
        last = try await world.orch(arguments)
      }
      // A task that failed in the run is tried again by the next.
      if [.nothing, .failed].contains(scenario), last.status == 1 { last = try await world.orch("run", "--continue") }
      #expect(last.status == 0, "\(last.errors)\(last.output)")
    }
  }

  private func succeed(_ arguments: [String]) async throws {
    let result = try await world.orch(arguments)
    #expect(result.status == 0, "\(result.errors)\(result.output)")
  }

  /// Once more, when there is nothing left to do.
  func repeatAfterTheEnd() async throws {
    switch scenario {
    case .undo, .redo, .cleanup, .restore, .review, .land, .fix, .landForge, .refused: break
    default:
      let result = try await world.orch("run", "--continue")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("nothing left to continue"), "\(result.errors)")
    }
  }

  /// How many agents were started.
  var attempts: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: world.records.string).count { $0.hasSuffix(".json") }) ?? 0
  }

  /// Whether the agent of an attempt was started: `a.1`.
  func hasStarted(_ attempt: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(world.records)/\(attempt).json")
  }
}
