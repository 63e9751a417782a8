import Foundation
import OrchTestSupport
import SystemPackage

/// All that a command may have left behind, as lines, without what differs from one world to the other.
struct FinishedWorld: Equatable, Sendable {
  var lines: Set<String> = []
  /// Saved trees, by attempts: `a.1`.
  var saved: [String: Set<String>] = [:]

  static func == (one: FinishedWorld, other: FinishedWorld) -> Bool { one.lines == other.lines }

  init(_ scene: KillScene) async throws {
    let world = scene.world
    let git = world.repository
    let scratch = git.scratch.path.string
    var found: [String] = []
    func add(_ kind: String, _ text: String) {
      found += text.split(separator: "\n").map { "\(kind) \($0)" }
    }
    // By their trees: what is merged by a forge, or made by a second attempt, is another commit.
    for (kind, folder) in [("reference", world.root), ("remote", world.remote)] {
      let listing = try await git.git("for-each-ref", "--format=%(refname) %(tree)", in: folder)
      // A review fetches the base, into which another one may have merged.
      let ours = listing.split(separator: "\n").filter { line in
        !["refs/orchestrator/", "refs/remotes/origin/main", "refs/remotes/origin/HEAD"].contains { line.hasPrefix($0) }
      }
      add(kind, ours.joined(separator: "\n"))
      add("fsck", try await git.git("fsck", "--no-dangling", "--no-progress", in: folder))
    }
    let listing = try await git.git(
      "for-each-ref", "--format=%(refname:lstrip=4) %(tree)", "refs/orchestrator/saved", in: world.root)
    for line in listing.split(separator: "\n") {
      let parts = line.split(separator: " ").map(String.init)
      let attempt = parts[0].replacing("/", with: ".").prefix { $0 != "-" }
      saved[String(attempt), default: []].insert(parts.last ?? "")
    }
    add("configuration", try await git.git("config", "--local", "--list"))
    let worktrees = try await git.git("worktree", "list", "--porcelain").split(separator: "\n")
    add("worktree", worktrees.filter { !$0.hasPrefix("HEAD ") }.joined(separator: "\n"))
    add("status", try await git.git("status", "--porcelain"))
    for folder in [world.root, world.worktrees] {
      for case let name as String in FileManager.default.enumerator(atPath: folder.string) ?? .init() {
        if name.hasPrefix(".git/") || name == ".git" {
          // Locks, and what is on its way to something else.
          let isOurs = name.hasPrefix(".git/orchestrator/") && name.split(separator: "/").count == 3
          if name.hasSuffix(".lock") && !isOurs || name.contains("index.saving.") || name.contains("/removing/")
            || name.contains("removed-worktrees/")
          {
            found.append("remains \(name)")
          }
          continue
        }
        let text = FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) }
        found.append("file \(folder.lastComponent?.string ?? "") \(name) \(name.hasSuffix(".git") ? "" : text ?? "")")
      }
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(world.root)/.git/worktrees")) ?? [] {
      found.append("record \(name)")
    }
    for request in try await scene.forge?.pullRequests() ?? [] {
      let remarks = "\(request.reviews.count) reviews, \(request.comments.count) comments"
      found.append("pull request \(request.number) \(request.branch) > \(request.base) \(request.state): \(remarks)")
    }
    found += try world.survivors().map { "process \($0)" }
    lines = Set(found.map { $0.replacing(scratch, with: "SCRATCH") })
  }

  func difference(from other: FinishedWorld) -> String {
    (lines.subtracting(other.lines).sorted().map { "+ \($0)" }
      + other.lines.subtracting(lines).sorted().map { "- \($0)" })
      .joined(separator: "\n")
  }
}

/// A command that failed although nobody killed it.
struct Disturbed: Error { let description: String }

/// What an undisturbed command comes to, found out once for all points.
actor UndisturbedWorlds {
  struct Outcome: Sendable {
    let world: FinishedWorld
    let attempts: Int
    /// What it reached, in order.
    let points: [String]
  }

  static let shared = UndisturbedWorlds()
  private var found: [KillScenario: Task<Outcome, any Error>] = [:]

  func outcome(of scenario: KillScenario) async throws -> Outcome {
    let task =
      found[scenario]
      ?? Task {
        try await scenario.with { scene in
          let run = try await scene.perform(killedAt: nil)
          if run.status == 1, [.nothing, .failed].contains(scenario) {
            try await scene.bringToTheEnd()
          } else if run.status != (scenario == .refused ? 1 : 0) {
            throw Disturbed(description: "\(scenario): \(run.status): \(run.errors)")
          }
          return Outcome(world: try await FinishedWorld(scene), attempts: scene.attempts, points: run.points)
        }
      }
    found[scenario] = task
    return try await task.value
  }
}
