import Agents
import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Launchers

struct FarPathTests {
  private let work = JobWork(
    files: AttemptFiles(
      prompt: "/r/.git/orchestrator/runs/1/tasks/a/prompt-1.md", stream: "/s", errors: "/e", log: "/l"),
    repository: AgentRepository(commonDirectory: "/r/.git", worktreeRecord: "/r/.git/worktrees/a", checkout: "/r"),
    worktree: "/w/app", branch: "a", earlierNode: nil)

  @Test(arguments: [
    ("/w/app", "/@git-orch-tree@"), ("--add-dir=/w/app/x", "--add-dir=/@git-orch-tree@/x"),
    ("/w/application /w/app.old /w/app@2", "/w/application /w/app.old /w/app@2"),
    (#"["/w/app","/w/app/"]"#, #"["/@git-orch-tree@","/@git-orch-tree@/"]"#),
    ("/r/.git/worktrees/a", "/@git-orch-tree@/.git"), ("/r/.git/objects", "/@git-orch-tree@/.git/objects"),
    ("/r/.git/orchestrator/runs/1/tasks/a/prompt-1.md", "/@git-orch-job@/prompt"),
    ("/r/.git/orchestrator/runs/1/system.md", "/@git-orch-job@/files/runs/1/system.md"), ("/r/README", "/r/README"),
  ])
  func `paths of ours become those there`(here: String, there: String) {
    #expect(FarPaths(work).translated(here) == there)
  }

  @Test func `files among our records that a command names are found`() async throws {
    try await withTemporaryDirectory { scratch in
      let file = scratch.appending("orchestrator/runs/1/system.md")
      try FileSystem.create(file, containing: "x")
      var work = work
      work.repository?.commonDirectory = scratch
      let found = FarPaths(work).files(in: ["-p", "--file=\(file)", #"{"a":"\#(file)"}"#, "\(file)x"])
      #expect(found == [file.string: "files/runs/1/system.md"])
    }
  }

  @Test func `what is about this machine stays here`() {
    let variables = FarPaths(work).environment([
      "HOME": "/home/me", "PATH": "/bin", "SSH_AUTH_SOCK": "/s", "XDG_RUNTIME_DIR": "/x", "GIT_CONFIG_GLOBAL": "/g",
      "ANTHROPIC_API_KEY": "k", "GIT_AUTHOR_NAME": "me", "ROOT": "/w/app/x",
    ])
    #expect(
      variables == ["ANTHROPIC_API_KEY": "k", "GIT_AUTHOR_NAME": "me", "ROOT": "/@git-orch-tree@/x"])
  }
}
