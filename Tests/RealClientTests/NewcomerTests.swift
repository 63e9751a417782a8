import Foundation
import OrchTestSupport
import SystemPackage
import Testing

extension RealClientTests {
  /// The first hour of somebody whose repository has what real ones have: a submodule, signed commits, husky's hooks, and
  /// a fork as `origin`.
  @Suite struct NewcomerTests {
    private static let token = "token-of-me-0123456789"

    /// The project `acme/widget` on the forge and a clone of its fork `me/widget`, as `gh repo fork --clone` leaves it.
    private func prepare(_ world: RealClientHarness, _ forge: FakeForge) async throws -> FilePath {
      let (library, fork) = (world.root.appending("library.git"), world.root.appending("fork.git"))
      try await world.git("config", "--global", "protocol.file.allow", "always")
      for (path, slug) in [(world.remote, "acme/widget"), (library, "acme/library"), (fork, "me/widget")] {
        try await world.git("config", "--global", "url.\(path).insteadOf", "https://github.com/\(slug).git")
      }
      // The submodule.
      let source = world.root.appending("library")
      try await world.git("init", "--quiet", "--bare", library.string)
      try await world.git("init", "--quiet", source.string)
      try world.write("int answer(void) { return 42; }\n", to: source.appending("answer.c"))
      try await world.git("add", "--all", in: source)
      try await world.git("commit", "--quiet", "--message", "answer", in: source)
      try await world.git("push", "--quiet", library.string, "main", in: source)
      try await world.git("submodule", "--quiet", "add", "https://github.com/acme/library.git", "library")
      // The tests need it, and husky's hook runs them.
      try world.write(
        "test:\n\t@test -s library/answer.c && echo tests passed\n", to: world.repository.appending("Makefile"))
      try world.write("make test\n", to: world.repository.appending(".husky/pre-commit"))
      try world.write(
        """
        mkdir -p .husky/_
        echo '*' >.husky/_/.gitignore
        printf '%s\\n' '#!/bin/sh' 'echo ran >>\(world.root)/hook-runs' '. "$(dirname "$0")/../pre-commit"' >.husky/_/pre-commit
        chmod +x .husky/_/pre-commit
        git config core.hooksPath .husky/_

        """, to: world.repository.appending("prepare.sh"))
      try await world.git("add", "--all")
      try await world.git("commit", "--quiet", "--message", "the project")
      try await world.git("push", "--quiet", "origin", "main")
      try await world.git("clone", "--quiet", "--bare", world.remote.string, fork.string)
      try await world.git("worktree", "remove", "--force", world.worktree.string)
      await forge.add(.init("me", token: Self.token, email: "test@example.com"))
      await forge.add(.init("me/widget", repository: fork))
      // The clone, with husky made ready as `npm install` does it.
      let clone = world.root.appending("widget")
      try await world.git(
        "clone", "--quiet", "--recurse-submodules", "https://github.com/me/widget.git", clone.string)
      try await world.git("remote", "add", "upstream", "https://github.com/acme/widget.git", in: clone)
      try await world.git("fetch", "--quiet", "upstream", in: clone)
      try await world.git("config", "remote.upstream.gh-resolved", "base", in: clone)
      _ = try await world.run("/bin/sh", ["prepare.sh"], in: clone)
      // Signing with a key of ssh.
      let key = world.home.appending("key")
      _ = try await world.run("/usr/bin/env", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.string])
      try world.write(
        "test@example.com \(try world.contents(of: FilePath("\(key).pub")))", to: world.home.appending("signers"))
      for (name, value) in [
        ("gpg.format", "ssh"), ("user.signingKey", "\(key).pub"), ("commit.gpgSign", "true"),
        ("gpg.ssh.allowedSignersFile", "\(world.home)/signers"),
      ] { try await world.git("config", "--global", name, value) }
      return clone
    }

    @Test func `from the first look to the pull request at the parent`() async throws {
      try await RealClientHarness.with { world in
        try await FakeForge.serving(repository: world.remote, dialect: .gitHub) { forge in
          let clone = try await prepare(world, forge)
          let gh = try forge.configureGh(in: world.root.appending("gh"), token: Self.token)
          func orch(_ arguments: String...) async throws -> RealClientHarness.Finished {
            try await world.run("/usr/bin/env", ["git", "orch"] + arguments, in: clone, environment: gh)
          }
          await world.api.play(
            [
              .write("greeting.txt", "hello\n"), .bash("make test"),
              .bash("git add -A && git commit -m 'feat: greet the visitor'"), .text("It greets, and is tested."),
            ], for: "scene: greet")
          try world.write("# Next\n\n- [ ] Greet the visitor\n  scene: greet\n", to: clone.appending("todo.md"))

          // What would go wrong is known before anything is paid.
          let first = try await orch("doctor")
          #expect(first.output.contains(".husky/_"), first.words)
          let setup = try await orch("init")
          #expect(setup.code == 0, setup.words)
          try await world.git("config", "orchestrator.worktree.setup", "sh prepare.sh", in: clone)
          try await world.git("config", "orchestrator.project.testCommand", "make test", in: clone)
          try await world.git("config", "orchestrator.generate.source", "markdown", in: clone)
          let second = try await orch("doctor")
          #expect(second.code == 0, second.words)
          let rehearsal = try await orch("run", "-n", "todo.md")
          #expect(rehearsal.code == 0, rehearsal.words)
          #expect(await world.api.requests(for: "scene: greet").isEmpty)

          let run = try await orch("run", "--yolo", "todo.md")
          #expect(run.code == 0, run.words)
          let request = try #require(try await forge.pullRequests().first)
          #expect(request.fork?.slug == "me/widget")
          #expect(request.base == "main")
          // Signed, and past the hook.
          let commit = try await world.git("log", "-1", "--format=%G? %s", request.branch, in: clone)
          #expect(commit == "G feat: greet the visitor")
          #expect(try world.contents(of: world.root.appending("hook-runs")).hasPrefix("ran\n"))
          let status = try await orch("status")
          #expect(status.code == 0, status.words)
          let log = try await orch("log", "greet-the-visitor")
          #expect(log.output.contains("[TOOL] Bash: make test\n[RESULT] tests passed\n"), log.words)
          let undone = try await orch("undo")
          #expect(undone.code == 0, undone.words)
          #expect(try await forge.pullRequests().map(\.state) == [.closed])
          #expect(await forge.surprises.isEmpty)
          #expect(world.survivors() == [])
          #expect(await world.elsewhere.requests.map(\.target) == [])
        }
      }
    }
  }
}
