import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// All that a run may change outside of its own folder, as it is at one moment.
struct WorldSnapshot: Equatable {
  /// Without `refs/orchestrator/`.
  var references: [String]
  var configuration: [String]
  var worktrees: String
  /// The contents of the files in the checkout and in the worktrees of runs.
  var files: [String: String]
  var remote: [String]
  /// The branches of open pull requests.
  var open: [String] = []

  init(_ world: OrchWorld, _ forge: FakeForge? = nil) async throws {
    let git = world.repository
    func references(_ folder: FilePath) async throws -> [String] {
      try await git.git("for-each-ref", "--format=%(refname) %(objectname)", in: folder).split(separator: "\n")
        .map(String.init).filter { !$0.hasPrefix("refs/orchestrator/") && !$0.hasPrefix("refs/pull/") }
    }
    self.references = try await references(world.root)
    configuration = try await git.git("config", "--local", "--list").split(separator: "\n").map(String.init).sorted()
    worktrees = try await git.git("worktree", "list", "--porcelain")
    files = [:]
    for folder in [world.root, world.worktrees] {
      for case let name as String in FileManager.default.enumerator(atPath: folder.string) ?? .init() {
        guard !name.hasPrefix(".git/"), name != ".git", !name.contains("/.git"),
          let data = FileManager.default.contents(atPath: "\(folder)/\(name)")
        else { continue }
        files["\(folder)/\(name)"] = String(decoding: data, as: UTF8.self)
      }
    }
    remote = FileManager.default.fileExists(atPath: world.remote.string) ? try await references(world.remote) : []
    if let forge { open = try await forge.pullRequests().filter { $0.state == .open }.map(\.branch).sorted() }
  }

  /// What is not the same, for a failure's text.
  func difference(from other: WorldSnapshot) -> String {
    func lines(_ name: String, _ mine: [String], _ theirs: [String]) -> [String] {
      Set(mine).subtracting(theirs).sorted().map { "\(name) + \($0)" }
        + Set(theirs).subtracting(mine).sorted().map { "\(name) - \($0)" }
    }
    return
      (lines("reference", references, other.references)
      + lines("configuration", configuration, other.configuration)
      + lines("worktree", worktrees.components(separatedBy: "\n\n"), other.worktrees.components(separatedBy: "\n\n"))
      + lines("file", files.map { "\($0): \($1)" }, other.files.map { "\($0): \($1)" })
      + lines("remote", remote, other.remote) + lines("open", open, other.open)).joined(separator: "\n")
  }
}

func expectSame(
  _ now: WorldSnapshot, _ wanted: WorldSnapshot, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(now == wanted, "\(comment) \(now.difference(from: wanted))", sourceLocation: sourceLocation)
}
