import Agents
import Basics
import ClaudeCode
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Guarding

/// Which changes an agent's own tool calls show to be its doing.
@Suite struct TamperingTests {
  private static let common: FilePath = "/home/u/app/.git"
  private static let worktree: FilePath = "/home/u/worktrees/app/a"

  private static func isShown(_ call: AgentCall, _ change: RepositoryChange) -> Bool {
    !Tampering.shown(
      by: [call], for: [change], worktree: worktree, commonDirectory: common, checkout: "/home/u/app", home: "/home/u"
    ).isEmpty
  }

  private static func change(
    _ kind: RepositoryChange.Kind, _ name: String, _ path: FilePath, old: String? = "x", new: String? = "y"
  ) -> RepositoryChange {
    RepositoryChange(kind, name, old: old, new: new, restore: nil, path: path)
  }

  private static let email = change(.configuration, "user.email", "/home/u/app/.git/config")
  private static let hook = change(.hook, ".git/hooks/pre-commit", "/home/u/app/.git/hooks/pre-commit")
  private static let other = change(.reference, "refs/heads/other", "/home/u/app/.git/refs/heads/other")
  private static let added = change(.reference, "refs/heads/new", "/home/u/app/.git/refs/heads/new", old: nil)
  private static let tag = change(.reference, "refs/tags/v1", "/home/u/app/.git/refs/tags/v1", old: nil)
  private static let stash = change(.reference, "refs/stash", "/home/u/app/.git/refs/stash", old: nil)
  private static let tracking = change(
    .reference, "refs/remotes/origin/main", "/home/u/app/.git/refs/remotes/origin/main")
  private static let record = change(.worktree, "w", "/home/u/app/.git/worktrees/w", old: nil)
  private static let file = change(.checkout, "src/a.c", "/home/u/app/src/a.c", old: "as committed")

  private static let made: [(String, RepositoryChange)] = [
    ("git config user.email evil@example.com", email),
    ("git -c x.y=z config --global --unset USER.EMAIL", email),
    ("true && git config --remove-section user", email),
    ("sh -c 'git config user.email x'", email),
    ("echo '[user]' >> ../../../app/.git/config", email),
    ("sed -i s/a/b/ /home/u/app/.git/config", email),
    ("sed -i s/a/b/ ~/app/.git/config", email),
    ("GIT_DIR=/home/u/app/.git git config user.email x", email),
    ("cp evil /home/u/app/.git/hooks/pre-commit", hook),
    ("cp pre-commit /home/u/app/.git/hooks", hook),
    ("cd /home/u/app/.git/hooks && chmod +x pre-commit", hook),
    ("git branch -f other HEAD", other),
    ("git branch -D other", other),
    ("git branch --delete other", other),
    ("git update-ref refs/heads/other HEAD", other),
    ("printf 'update …' | git update-ref --stdin", other),
    ("git checkout -B other", other),
    ("git push . HEAD:other", other),
    ("git fetch . +HEAD:refs/heads/other", other),
    ("git -C /home/u/app reset -q --hard HEAD~", other),
    ("cd /home/u/app; git commit -qam x", other),
    ("echo 123 > /home/u/app/.git/refs/heads/other", other),
    ("git tag v1", tag),
    ("git tag -a v1 -m one", tag),
    ("git stash", stash),
    ("git stash push -u", stash),
    ("git update-ref refs/remotes/origin/main HEAD", tracking),
    ("git worktree add ../w", record),
    ("rm -rf /home/u/app/.git/worktrees/w", record),
    ("echo x > /home/u/app/src/a.c", file),
    ("cd ../../../app && echo x > src/a.c", file),
    ("git -C /home/u/app checkout .", file),
    ("mv b.c /home/u/app/src/", file),
  ]

  @Test(arguments: made.indices) func `a command that made it`(index: Int) {
    let (command, change) = Self.made[index]
    #expect(Self.isShown(AgentCall(tool: "Bash", command: command), change), "\(command)")
  }

  @Test(
    arguments: [
      "echo x > ../b/f", "cat f | tee ../b/f", "rm -rf ../b/f", "mv ../b/f .", "cp f ../b/f",
      "cd ../b; sed -i s/x/y/ f",
      "sudo truncate -s 0 ../b/f", "git -C ../b checkout .", "touch f ../b/f", "sh -c 'echo > ../b/f'",
    ])
  func `a command that writes into another task's worktree`(command: String) throws {
    #expect(try writes(command))
  }

  @Test(
    arguments: [
      "cat ../b/f", "cp ../b/f .", "diff f ../b/f > d", "grep -r x ../b", "git -C ../b log", "sed s/x/y/ ../b/f",
      "rm ../bb/f", "python3 ../b/f", "cd ../b && cat f > $OLDPWD/f", "cd ../b; cd -; rm f", "cd ../b; cd $X; rm f",
    ])
  func `a command that may only read there`(command: String) throws {
    #expect(try !writes(command))
  }

  private func writes(_ command: String) throws -> Bool {
    let scratch = try TemporaryDirectory()
    let (a, b) = (try scratch.makeDirectory("a"), try scratch.makeDirectory("b"))
    let before = FileStamp.now()
    try Data().write(to: URL(filePath: b.appending("f").string))
    let neighbors = Neighbors(worktrees: [b.string], since: before)
    let calls = [AgentCall(tool: "Bash", command: command)]
    let later = Neighbors(worktrees: [b.string], since: timespec(tv_sec: before.tv_sec + 3600, tv_nsec: 0))
    #expect(Tampering.shown(by: calls, in: later, worktree: a, home: nil).isEmpty)
    return !Tampering.shown(by: calls, in: neighbors, worktree: a, home: nil).isEmpty
  }

  private static let notMade: [(String, RepositoryChange)] = [
    ("git config user.email", email),
    ("git config --get user.email", email),
    ("git config --list", email),
    ("git config user.name x", email),
    ("cat /home/u/app/.git/config", email),
    ("echo git config user.email x", email),
    ("npm install", hook),
    ("ls -l /home/u/app/.git/hooks", hook),
    ("git branch", other),
    ("git branch --list other", other),
    ("git commit -qm 'about other'", other),
    ("git rebase other", other),
    ("git merge other", other),
    ("git fetch origin other", other),
    ("git checkout -q -b new", added),
    ("git branch new", added),
    ("git tag -l v1", tag),
    ("git stash list", stash),
    ("git fetch", tracking),
    ("git worktree list", record),
    ("cat /home/u/app/src/a.c", file),
    ("grep -r x /home/u/app", file),
    ("echo x > src/a.c", file),
    ("make test", file),
  ]

  @Test(arguments: notMade.indices) func `a command that did not make it`(index: Int) {
    let (command, change) = Self.notMade[index]
    #expect(!Self.isShown(AgentCall(tool: "Bash", command: command), change), "\(command)")
  }

  @Test func `files that were written`() {
    func write(_ path: String) -> AgentCall { AgentCall(tool: "Write", path: path) }
    #expect(Self.isShown(write("/home/u/app/.git/hooks/pre-commit"), Self.hook))
    #expect(Self.isShown(write("../../../app/src/a.c"), Self.file))
    #expect(Self.isShown(write("/home/u/app/.git/packed-refs"), Self.other))
    #expect(!Self.isShown(write("src/a.c"), Self.file))
    #expect(!Self.isShown(write("/home/u/app/src/b.c"), Self.file))
    #expect(Self.isShown(AgentCall(tool: "EnterWorktree"), Self.record))
  }

  @Test func `the stream has whole commands, without those that were refused`() throws {
    try withTemporaryDirectory { scratch in
      let long = String(repeating: "x", count: 5000)
      let lines = [
        #"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"1","name":"Bash","input":{"command":"echo \#(long); git tag v1"}}]}}"#,
        #"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"2","name":"Bash","input":{"command":"git stash"}},{"type":"tool_use","id":"3","name":"Write","input":{"file_path":"/a"}}]}}"#,
        "no json",
        #"{"type":"system","subtype":"permission_denied","tool_use_id":"2"}"#,
        #"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"4","name":"Read","input":{"file_path":"/b"}},{"type":"text","text":"git tag"}]}}"#,
      ]
      let stream = scratch.appending("stream")
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: stream.string))
      let calls = ClaudeCode(executable: "/bin/claude", version: "2").calls(inStream: stream)
      #expect(calls.map(\.tool) == ["Bash", "Write"])
      #expect(calls.first?.command?.hasSuffix("; git tag v1") == true)
      #expect(calls.last?.path == "/a")
    }
  }
}
