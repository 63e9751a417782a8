import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Agents
@testable import ClaudeCode

extension RealClientTests {
  /// Whoever follows the advice for a refused call sees it pass.
  @Suite struct AdviceTests {
    struct Case: Sendable, CustomTestStringConvertible {
      var mode = "acceptEdits"
      var steps: [FakeMessagesAPI.Step]
      var testDescription: String
    }

    private static func commands(_ commands: String..., mode: String = "acceptEdits") -> Case {
      Case(mode: mode, steps: commands.map { .bash($0) }, testDescription: "\(mode): \(commands)")
    }

    static let cases = [
      commands(
        "npm run lint", "npm run build -- --fix \"a b\"", "cd sub && npm test", "CI=1 npm ci", "npm install left-pad",
        "cargo clippy -- -D warnings", "make build 2>&1 | tail -3", "python3 -m pytest -q && npm run types",
        "./run.sh now", "git restore Makefile", "git reset -q HEAD Makefile", "gh pr view 1 --comments"),
      commands("npm run lint", "touch new", "mkdir -p a/b", mode: "dontAsk"),
      commands("make build", "touch new", mode: "default"),
      Case(
        steps: [.read("/usr/include/stdio.h"), .read("/usr/share/common-licenses/BSD")],
        testDescription: "files elsewhere"),
      Case(mode: "default", steps: [.write("new.txt", "new\n")], testDescription: "a file of the worktree"),
    ]

    private func denied(_ run: ClientRun, _ permissions: ToolPermissions) -> [DeniedTool] {
      var stream = AgentStream(reader: ClaudeStreamReader(permissions: permissions))
      var summary = StreamSummary()
      Array(run.output.utf8).withUnsafeBytes { bytes in stream.feed(bytes) { summary.note($0) } }
      return summary.denied
    }

    @Test(arguments: cases) func `the advice is true`(_ what: Case) async throws {
      try await RealClientHarness.with { world in
        for name in ["npm", "cargo", "python3", "gh"] {
          try world.write("#!/bin/sh\necho \"$@\"\n", to: world.root.appending("bin/\(name)"))
        }
        try world.write("#!/bin/sh\necho \"$@\"\n", to: world.worktree.appending("run.sh"))
        for file in ["bin/npm", "bin/cargo", "bin/python3", "bin/gh", "worktree/run.sh"] {
          try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: world.root.appending(file).string)
        }
        var permissions = ToolPermissions(permissionMode: what.mode)
        let refused = denied(try await world.agent(permissions, steps: what.steps), permissions)
        #expect(refused.count == what.steps.count)
        for tool in refused {
          let suggestion = try #require(tool.suggestion, "\(tool.tool) \(tool.summary): \(tool.deniedBy ?? "-")")
          #expect(try await world.run("/bin/sh", ["-c", suggestion]).code == 0)
        }
        let key = "orchestrator.tools.allowedTools"
        permissions.allowedTools = try await world.run("/usr/bin/git", ["config", "--get-all", key]).output
          .split(separator: "\n").map(String.init)
        let mode = try await world.run("/usr/bin/git", ["config", "orchestrator.tools.permissionMode"]).output
        if !mode.isEmpty { permissions.permissionMode = mode.trimmingCharacters(in: .newlines) }
        let run = try await world.agent(permissions, steps: what.steps)
        #expect(run.rulings.filter { if case .denied = $0 { true } else { false } } == [])
        #expect(denied(run, permissions) == [])
      }
    }

    /// Of each the client has said why, and nothing narrow is known.
    @Test func `where nothing narrow helps nothing is advised, and who refused is reported`() async throws {
      try await RealClientHarness.with { world in
        let permissions = ToolPermissions(disallowedTools: ["Bash(curl:*)"])
        let steps: [FakeMessagesAPI.Step] = [
          .bash("git push"), .bash("git config user.name x"), .bash("sh -c 'make build'"), .bash("env make build"),
          .bash("git status >| ../x"), .bash("touch ../x"), .bash("cp -r sub sub2"), .bash("echo $(make build)"),
          .bash("curl http://127.0.0.1:9/"), .bash("ls | xargs head"), .bash("echo x > .git"),
          .write(world.worktree.appending(".husky/pre-commit").string, "x"),
          .write(world.worktree.appending(".mcp.json").string, "x"),
          .write(world.home.appending(".ssh/authorized_keys").string, "x"),
          .read(world.home.appending(".gitconfig").string), .read("/etc/passwd"),
        ]
        let refused = denied(try await world.agent(permissions, steps: steps), permissions)
        #expect(refused.compactMap(\.suggestion) == [])
        #expect(
          refused.map(\.deniedBy) == [
            nil, nil, nil, nil, "outside the worktree", "outside the worktree",
            "Claude Code cannot check such a command", "Claude Code cannot check such a command",
            "rule Bash(curl:*) (orchestrator.tools.disallowedTools)", "rule Bash(xargs:*) (of git-orch)",
            "a safety check of Claude Code", "a safety check of Claude Code", "a safety check of Claude Code",
            "outside the worktree", "outside the worktree", "outside the worktree",
          ])
      }
    }

    @Test func `in mode plan the mode is reported`() async throws {
      try await RealClientHarness.with { world in
        let permissions = ToolPermissions(permissionMode: "plan")
        let steps: [FakeMessagesAPI.Step] = [.write("new.txt", "x"), .bash("make build")]
        let refused = denied(try await world.agent(permissions, steps: steps), permissions)
        #expect(refused.map(\.deniedBy) == Array(repeating: "mode plan (orchestrator.tools.permissionMode)", count: 2))
        #expect(refused.compactMap(\.suggestion) == [])
      }
    }
  }
}
