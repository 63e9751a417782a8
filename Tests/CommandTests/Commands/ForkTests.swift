import OrchTestSupport
import SystemPackage
import Testing

/// Work that goes to a fork, and from there to its parent: as gh and git are told.
@Suite(.timeLimit(.minutes(5))) struct ForkTests {
  /// How people say it.
  enum Setup: String, CaseIterable, Sendable {
    case resolvedByGh, slugOfParent, pushDefault, pushURL, pushRemote
  }

  /// `origin` is `acme/widget`, where pull requests are; `me/widget` is a fork of it.
  private func withFork<R: Sendable>(
    _ kind: ForgeWorld.Kind, _ setup: Setup, canPush: Bool = true, _ body: (ForgeWorld, FilePath) async throws -> R
  ) async throws -> R {
    try await ForgeWorld.with(kind) { scene in
      let world = scene.world
      let git = world.repository
      let fork = git.scratch.path.appending("fork.git")
      try await git.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      let url = "https://\(kind == .gitHub ? "github.com" : "bitbucket.org")/me/widget.git"
      try await git.git("config", "url.\(fork).insteadOf", url)
      await scene.forge.add(.init("me/widget", repository: fork, canPush: canPush))
      try world.plan("a")
      try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#)
      switch setup {
      case .resolvedByGh:
        try await git.git("remote", "rename", "origin", "upstream")
        try await git.git("remote", "add", "origin", url)
        try await git.git("config", "remote.upstream.gh-resolved", "base")
      case .slugOfParent:
        try await git.git("remote", "set-url", "origin", url)
        try await world.set("git.repoSlug", "acme/widget")
      case .pushDefault:
        try await git.git("remote", "add", "mine", url)
        try await git.git("config", "remote.pushDefault", "mine")
      case .pushURL:
        try await git.git("config", "remote.origin.pushurl", url)
      case .pushRemote:
        try await git.git("remote", "add", "mine", url)
        try await git.git("config", "branch.feature/a.pushRemote", "mine")
      }
      return try await body(scene, fork)
    }
  }

  @Test(arguments: ForgeWorld.Kind.allCases, Setup.allCases)
  func `the branch is in the fork, and its pull request at the parent`(
    kind: ForgeWorld.Kind, setup: Setup
  ) async throws {
    try await withFork(kind, setup) { scene, fork in
      let world = scene.world
      let result = try await world.orch("run")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      let open = try await scene.forge.pullRequests()
      #expect(open.map(\.fork?.slug) == ["me/widget"])
      #expect(open.map(\.branch) == ["feature/a"])
      #expect(open.map(\.base) == ["main"])
      let tip = try await world.repository.git("rev-parse", "refs/heads/feature/a")
      #expect(try await world.repository.git("rev-parse", "refs/heads/feature/a", in: fork) == tip)
      #expect(try await world.remoteTip("feature/a") == nil)
      #expect(await scene.forge.surprises.isEmpty)
      // It is taken back where it is.
      let undone = try await world.orch("undo")
      #expect(undone.status == 0, "\(undone.errors)\(undone.output)")
      #expect(try await scene.forge.pullRequests().map(\.state) == [.closed])
      let left = try? await world.repository.git("rev-parse", "--verify", "--quiet", "refs/heads/feature/a", in: fork)
      #expect(left == nil)
    }
  }

  @Test(arguments: ForgeWorld.Kind.allCases)
  func `the pull request of a branch in the fork lands by the forge`(kind: ForgeWorld.Kind) async throws {
    try await withFork(kind, .pushDefault) { scene, fork in
      let world = scene.world
      try #require(try await world.orch("run").status == 0)
      try await world.repository.git("switch", "--quiet", "-c", "elsewhere")
      try await world.set("land.deleteBranch", "true")
      let result = try await world.orch("land", "--forge", "--no-test")
      #expect(result.status == 0, "\(result.errors)\(result.output)")
      #expect(try await scene.forge.pullRequests().map(\.state) == [.merged])
      #expect(try await world.repository.git("show", "main:a.txt", in: world.remote) == "a")
      // Nobody else's branch goes: not that of the fork, nor one of the same name.
      #expect(try await world.repository.git("for-each-ref", "refs/heads/feature/a", in: fork) != "")
      #expect(await scene.forge.surprises.isEmpty)
    }
  }

  @Test(arguments: Setup.allCases)
  func `init and doctor name the parent, and write nothing that a run finds unasked`(setup: Setup) async throws {
    try await withFork(.gitHub, setup) { scene, _ in
      let world = scene.world
      let result = try await world.orch("init", "--no-claude")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.contains("✓ Forge: GitHub (github.com), acme/widget\n"), "\(result.output)")
      let remote = try? await world.repository.git("config", "orchestrator.git.remote")
      #expect(remote == nil)
      // Where a branch's own remote is the fork, that is not known before there are branches.
      guard setup != .pushRemote else { return }
      let route = "pull requests go to acme/widget, from branches of me/widget"
      #expect(result.output.contains("✓ Forge: \(route)\n"), "\(result.output)")
      #expect(try await world.doctor().report["Git provider"].map(\.line).contains("ok: \(route)"))
    }
  }

  @Test func `a fork that may not be pushed to is known before an agent starts`() async throws {
    try await withFork(.gitHub, .pushDefault, canPush: false) { scene, _ in
      let result = try await scene.world.orch("run")
      #expect(result.status == 128)
      #expect(result.errors.hasPrefix("fatal: 'alice' may not push to me/widget\n"), "\(result.errors)")
      #expect(scene.world.isVacant(scene.world.records))
      let report = try await scene.world.doctor().report
      #expect(report["Push access"].map(\.line) == ["fault: 'alice' may not push to me/widget"])
    }
  }

  @Test func `whoever works in a fork alone is told of its parent`() async throws {
    try await ForgeWorld.with { scene in
      await scene.forge.configure { $0.parent = "upstream/widget" }
      try scene.world.plan("a")
      let result = try await scene.world.orch("run", "--dry-run")
      #expect(result.status == 0)
      #expect(
        result.errors.contains(
          "warning: 'acme/widget' is a fork of 'upstream/widget', and pull requests are opened in the fork; to open them "
            + "in 'upstream/widget': git config orchestrator.git.repoSlug upstream/widget"), "\(result.errors)")
    }
  }

  @Test func `a push remote that is none is refused`() async throws {
    let world = try await OrchWorld.make()
    try world.plan("a")
    try await world.repository.git("config", "remote.pushDefault", "nobody")
    let result = try await world.orch("run")
    #expect(result.status == 128)
    #expect(
      result.errors.hasPrefix(
        "fatal: branches are pushed to 'nobody', as 'remote.pushDefault' says, but that is not a remote\n"))
    #expect(world.isVacant(world.records))
  }

  @Test func `a single remote is the one, whatever its name`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("remote", "rename", "origin", "home")
    try world.plan("a")
    try world.script(#"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: a"}]]}"#)
    try await world.expectSuccess()
    #expect(try await world.remoteTip("feature/a") != nil)
  }
}
