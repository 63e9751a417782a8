import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// A world with branches that are to land, and tests that leave a line for each of their runs.
struct LandWorld: Sendable {
  let world: OrchWorld
  var runs: FilePath { world.repository.scratch.path.appending("test-runs") }

  /// - Parameter isAway: whether the user is on another branch than the base.
  static func make(tests: String = "true", isAway: Bool = true) async throws -> LandWorld {
    let land = LandWorld(world: try await OrchWorld.make())
    try await land.world.set(
      "project.testCommand", "echo run >> '\(land.runs)'; \(tests)")
    if isAway { try await land.world.repository.git("switch", "--quiet", "-c", "elsewhere") }
    return land
  }

  /// How often the tests ran.
  var count: Int {
    ((try? world.repository.read("test-runs", in: world.repository.scratch.path)) ?? "").split(separator: "\n").count
  }

  /// Makes branches of one commit each on top of `start`, all by one git: the branch, its file and what is in it.
  func branches(_ branches: [(name: String, file: String, text: String)], from start: String = "main") async throws {
    let tip = try await world.repository.git("rev-parse", start)
    var stream = ""
    for (name, file, text) in branches {
      let message = "feat: \(name)\n"
      stream += "commit refs/heads/\(name)\nauthor A U Thor <author@example.com> 1764216000 +0000\n"
      stream += "committer C O Mitter <committer@example.com> 1764216000 +0000\n"
      stream += "data \(message.utf8.count)\n\(message)\nfrom \(tip)\n"
      stream += "M 100644 inline \(file)\ndata \(text.utf8.count)\n\(text)\n"
    }
    try await world.repository.git(["fast-import", "--quiet"], input: stream)
  }

  func branches(_ names: String...) async throws {
    try await branches(names.map { (name: $0, file: "\($0).txt", text: "\($0)\n") })
  }

  func files(_ revision: String = "main") async throws -> Set<String> {
    Set(
      try await world.repository.git("ls-tree", "-r", "--name-only", revision).split(separator: "\n").map(String.init))
  }

  /// The statuses by task, as the last landing left them.
  func statuses() async throws -> [String: String] {
    let document = try await world.orch("status", "--json").json()
    let tasks = document["tasks"] as? [[String: any Sendable]] ?? []
    return Dictionary(
      tasks.map { ($0["id"] as? String ?? "", $0["status"] as? String ?? "") }, uniquingKeysWith: { $1 })
  }
}
