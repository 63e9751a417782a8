import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What is in the way of a landing from outside: work in progress, a history that ends early, a hook.
extension LandTests {
  @Test func `a base that is being rebased is not moved, nor a branch that is, whose rebase would undo it`()
    async throws
  {
    let land = try await LandWorld.make()
    let (world, git) = (land.world, land.world.repository)
    try await land.branches([(name: "z", file: "z.txt", text: "z\n"), (name: "y", file: "README.md", text: "y\n")])
    try await git.git("switch", "--quiet", "main")
    try await git.commit("README.md", "ours\n", message: "ours")
    _ = try? await git.git("rebase", "y")
    let before = try await git.git("rev-parse", "main")
    let result = try await world.orch("land", "z")
    #expect(result.status == 128)
    #expect(result.errors.contains("fatal: a rebase of 'main' is in progress at "), "\(result.errors)")
    #expect(try await git.git("rev-parse", "main") == before)
    try await git.git("rebase", "--abort")
    try await git.git("switch", "--quiet", "elsewhere")
    #expect(try await world.orch("land", "z").status == 0)
  }

  @Test func `in a shallow clone a branch whose beginning is not there is set aside with what to do`() async throws {
    let land = try await LandWorld.make()
    let (world, git) = (land.world, land.world.repository)
    try await land.branches([(name: "z", file: "z.txt", text: "z\n")])
    try await git.git("switch", "--quiet", "main")
    for text in ["1", "2"] { try await git.commit("n.txt", text, message: text) }
    try await git.git("push", "--quiet", "origin", "main", "z")
    let clone = git.scratch.path.appending("clone")
    try await git.git(
      "clone", "--quiet", "--depth", "1", "--no-single-branch", "file://\(world.remote)", clone.string)
    try await git.git("branch", "--quiet", "z", "origin/z", in: clone)
    try await git.git("switch", "--quiet", "-c", "elsewhere", in: clone)
    let result = try await world.orch(["land", "z", "--no-test"], in: clone)
    #expect(result.status == 1, "\(result.errors)")
    #expect(result.output.contains("it has no history in common with the base"), "\(result.output)")
    #expect(result.output.contains("git fetch --unshallow"), "\(result.output)")
    try await git.git("fetch", "--quiet", "--unshallow", in: clone)
    #expect(try await world.orch(["land", "z", "--no-test"], in: clone).status == 0)
  }

  @Test func `what a hook says that refuses the push is reported, wherever it says it`() async throws {
    let land = try await LandWorld.make()
    let world = land.world
    try await land.branches("a")
    try world.repository.write(".git/hooks/pre-push", "#!/bin/sh\necho not on a Friday\nexit 1\n")
    chmod(world.root.appending(".git/hooks/pre-push").string, 0o755)
    let result = try await world.orch("land", "--push", "a")
    #expect(result.status == 1)
    #expect(result.output.contains("not on a Friday"), "\(result.output)")
  }
}
