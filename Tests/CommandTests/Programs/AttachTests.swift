#if os(Linux)
  import Foundation
  import OrchTestSupport
  import Platform
  import SystemPackage
  import Testing

  /// `git orch attach`: a person leads an agent's session on.
  @Suite(.timeLimit(.minutes(5))) struct AttachTests {
    private func world() async throws -> OrchWorld {
      let world = try await OrchWorld.make()
      let scratch = world.repository.scratch.path
      try world.script(
        """
        {"a": [[{"say": "I begin."}, {"touch": "\(scratch)/a"}, "hang"],
               [{"write": {"path": "more.txt", "content": "more"}}, {"commit": "feat: more"}]]}
        """)
      try world.plan("a")
      return world
    }

    /// Types `lines` into what `git orch ARGUMENTS` opens on a terminal of its own; returns what the terminal shows.
    private func type(
      _ lines: [String], into arguments: String..., in world: OrchWorld
    ) async throws -> (shown: String, status: Int32) {
      let terminal = try PseudoTerminal()
      var status: Int32 = 0
      let shown = try await terminal.shown {
        // `setsid --ctty` makes it the controlling terminal, as a terminal program does.
        let command = (["git", "orch"] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let result = try await world.run(
          "setsid", ["--ctty", "--wait", "sh", "-c", "exec \(command) >\(terminal.path) 2>&1"], input: terminal.device
        ) { _ in
          for line in lines { try terminal.type(line + "\n") }
        }
        status = result.status
      }
      return (shown, status)
    }

    @Test func `the session is opened in its worktree, and the run continues with what was done there`() async throws {
      let world = try await world()
      let run = Task { try await world.orch("run") }
      try await world.wait(for: world.repository.scratch.path.appending("a"))
      let refused = try await world.orch("attach", "a")
      #expect(refused.status == 128)
      #expect(refused.errors.contains("to stop it first: git orch attach --stop a"))

      let (shown, status) = try await type(
        ["echo by hand > hand.txt", "git add -A && git commit -qm 'feat: by hand'", "exit"],
        into: "attach", "--stop", "a", in: world)

      #expect(status == 0, "\(shown)")
      #expect(try await run.value.status == 1)
      let session = try #require(
        ((try world.record("a", attempt: 1)["arguments"] as? [String])?.drop { $0 != "--session-id" })?.dropFirst()
          .first)
      #expect(shown.contains("session \(session) in \(world.worktrees.appending("a"))"), "\(shown)")
      let data = try Data(contentsOf: URL(filePath: "\(world.records)/interactive.json"))
      let record = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let arguments = try #require(record["arguments"] as? [String])
      #expect(arguments.contains("--strict-mcp-config"))
      #expect(arguments.contains { $0.hasPrefix("--allowedTools=") })
      #expect(!arguments.contains("-p"))
      #expect((record["environment"] as? [String: String])?["GIT_ORCH_RUN"] == nil)
      let note = try #require(try world.journal().first { $0.type == "attached" })
      #expect(note.fields["session"] as? String == session)

      let again = try await world.orch("run", "--continue")
      #expect(again.status == 0, "\(again.errors)")
      let prompt = try #require(try world.record("a", attempt: 2)["prompt"] as? String)
      #expect(prompt.contains("somebody has worked in this conversation"))
      #expect(try await world.repository.git("show", "feature/a:hand.txt") == "by hand")
      #expect(try await world.repository.git("show", "feature/a:more.txt") == "more")
    }

    @Test func `of a task with candidates, the session of the chosen one is opened`() async throws {
      let world = try await OrchWorld.make()
      let scratch = world.repository.scratch.path
      let steps = { (lines: String) in
        #"[[{"write": {"path": "a.txt", "content": "\#(lines)"}}, {"commit": "feat: a"}]]"#
      }
      try world.script(
        #"{"a@1": \#(steps("1\\n2\\n")), "a@2": \#(steps("1\\n")), "a": [[{"touch": "\#(scratch)/a"}, "hang"]]}"#)
      try world.plan("a")
      let run = Task { try await world.orch("run", "-N", "2", "--keep-worktrees") }
      try await world.wait(for: scratch.appending("a"))
      // While its reviewer is at work, none is chosen.
      let early = try await world.orch("attach", "a")
      #expect(early.status == 128)
      #expect(early.errors.contains("none of the candidates of 'a' is chosen"), "\(early.errors)")
      #expect(early.errors.contains("git orch attach a@1, git orch attach a@2"))
      #expect(try await world.orch("stop").status == 0)
      _ = try await run.value
      try await world.set("run.reviewCandidates", "false")
      #expect(try await world.orch("run", "--continue", "--keep-worktrees").status == 0)

      let (shown, status) = try await type(["exit"], into: "attach", "a", in: world)
      #expect(status == 0, "\(shown)")
      #expect(
        shown.contains("of 'a@2', which was chosen for 'a'; what it commits is on branch 'feature/a@2'"), "\(shown)")
      #expect(shown.contains("in \(world.worktrees.appending("a@2"))"), "\(shown)")
      #expect(try world.journal().first { $0.type == "attached" }?.fields["task"] as? String == "a@2")
    }

    @Test func `what cannot be opened is reported`() async throws {
      let world = try await world()
      try world.plan("a", "b: a")
      let run = Task { try await world.orch("run") }
      try await world.wait(for: world.repository.scratch.path.appending("a"))
      let early = try await world.orch("attach", "b")
      #expect(early.status == 128)
      #expect(early.errors.contains("'b' has no session: its agent has not started"))
      #expect(try await world.orch("stop").status == 0)
      _ = try await run.value
      #expect(try await world.orch("attach", "nosuch").errors.contains("has no task 'nosuch'"))
      // Without its worktree.
      try await world.repository.git("worktree", "remove", "--force", world.worktrees.appending("a").string)
      let gone = try await world.orch("attach", "a")
      #expect(gone.status == 128)
      #expect(gone.errors.contains("to get it back: git worktree add"))
      // A folder that only looks like it.
      try FileManager.default.createDirectory(
        atPath: world.worktrees.appending("a/src").string, withIntermediateDirectories: true)
      #expect(try await world.orch("attach", "a").errors.contains("is not a worktree of this repository any more"))
    }
  }
#endif
