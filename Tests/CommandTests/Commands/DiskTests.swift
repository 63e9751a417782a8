import Foundation
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// Disks that are full, nearly full, or read-only, in a name space of our own.
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: PlanShapeTests.canMount, "no file system can be mounted here"))
struct DiskTests {
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    return world
  }

  /// Runs the plan after these commands for a shell.
  private func run(_ world: OrchWorld, _ commands: String) async throws -> OrchWorld.Result {
    try await world.run(
      "unshare", ["--map-root-user", "--mount", "sh", "-c", "\(commands) && exec git orch run"])
  }

  @Test func `a read-only folder for worktrees is reported before anything begins`() async throws {
    let world = try await world()
    let disk = try world.repository.scratch.makeDirectory("disk")
    try await world.set("worktreeDir", disk.string)
    let result = try await run(world, "mount -t tmpfs -o ro none '\(disk)'")
    #expect(result.status == 128)
    #expect(result.errors.contains("Read-only file system"), "\(result.errors)")
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test func `a read-only repository is reported before anything begins`() async throws {
    let world = try await world()
    let git = world.root.appending(".git")
    let result = try await run(world, "mount --bind '\(git)' '\(git)' && mount -o remount,bind,ro '\(git)'")
    #expect(result.status == 128)
    #expect(result.errors.contains("Read-only file system"), "\(result.errors)")
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test func `a disk that is nearly full lets nothing begin, and says so`() async throws {
    let world = try await world()
    let disk = try world.repository.scratch.makeDirectory("disk")
    try await world.set("worktreeDir", disk.string)
    let result = try await world.run(
      "unshare",
      [
        "--map-root-user", "--mount", "sh", "-c",
        "mount -t tmpfs -o size=5m none '\(disk)' && exec git-orch run",
      ]
    ) { process in
      try await waitUntil("it says so") { try world.words().contains(" paused ") }
      world.send(SIGINT, to: process)
    }
    #expect(result.status == 130)
    #expect(
      result.errors.contains(" paused no further agent starts: only ") && result.errors.contains("run.diskFloor"),
      "\(result.errors)")
    #expect(try await world.statuses() == ["a": "skipped"])
  }
}
