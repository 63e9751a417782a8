import Agents
import Basics
import ClaudeCode
import OrchTestSupport
import Processes
import SystemPackage
import Testing

extension RealClientTests {
  /// What the client lets an agent do under the rules that we give it. Nothing here is a sandbox: a test command runs
  /// whatever the agent has written into the files that it reads.
  @Suite struct PermissionTests {
    /// The rules under which an agent can edit, commit and nothing wider.
    static let committingAnyhow = ["--permission-mode", "acceptEdits", "--allowedTools=Bash(git commit:*)"]
    /// The same as agents get them.
    static let committing = [
      "--permission-mode", "acceptEdits", "--allowedTools=" + ToolPermissions().allowedToolRules.joined(separator: ","),
    ]

    static let madeRules = [
      RuleCase(
        rules: "make build && make test",
        rulings: [
          .ran("make build && make test"), .ran("make build"), .ran("make test -s"),
          .ran("make build; make test 2>&1 | tail -3"), .denied("make -C sub test"),
        ]),
      RuleCase(
        rules: "make test 2>&1 | tee log",
        rulings: [
          .ran("make test 2>&1 | tee log"), .ran("make test | tail -3"), .denied("make test | tee -a log"),
          .denied("make test | tee Makefile"),
        ]),
      RuleCase(
        rules: "cd sub && make test", rulings: [.ran("cd sub && make test"), .denied("cd / && make test")]),
      RuleCase(rules: "set -e\nmake test", rulings: [.ran("set -e\nmake test"), .ran("set -e; make test")]),
      RuleCase(
        rules: "ls sub/* && make test A=*", rulings: [.ran("ls sub/* && make test A=*"), .ran("make test A=*")]),
      RuleCase(rules: "FOO=1 make test > log", rulings: [.ran("FOO=1 make test > log"), .denied("make test")]),
    ]

    /// The rules that are made of a project's test command.
    @Test(arguments: madeRules)
    func `a test command may run as it stands and in its parts`(_ rule: RuleCase) async throws {
      try await RealClientHarness.with { world in
        let rules = ToolPermissions(testCommand: rule.rules).allowedToolRules.joined(separator: ",")
        let rulings = try await world.rulings(
          on: rule.rulings.map { .bash($0.what) },
          flags: ["--permission-mode", "acceptEdits", "--allowedTools=\(rules)"])
        #expect(rulings == rule.rulings)
      }
    }

    struct RuleCase: Sendable, CustomTestStringConvertible {
      var rules: String
      var rulings: [Ruling]
      var testDescription: String { rules }
    }

    static let testCommands = [
      // A command that is one command: as it is, in a pipe or list of what is allowed anyway, and after a `cd` inside.
      RuleCase(
        rules: "Bash(make test)",
        rulings: [
          .ran("make test"), .ran("make test 2>&1 | tail -20"), .ran("make test && git status"),
          .ran("timeout 60 make test"), .ran("make test > out.txt"), .ran("make test || true"),
          .denied("make test -k"), .denied("make testing"), .denied("make"), .denied("make test; echo $?"),
          .denied("FOO=1 make test"), .denied("bash -c 'make test'"), .denied("(make test)"),
          .denied("make test | tee log"), .denied("set -e; make test"), .denied("make test > /tmp/out-of-cwd"),
          .denied("cd / && make test"), .ran("cd sub && make test"),
        ]),
      // The prefix adds arguments, and only arguments: not `make testing`.
      RuleCase(
        rules: "Bash(make test:*)",
        rulings: [.ran("make test"), .ran("make test -k"), .denied("make testing"), .denied("make build")]),
      RuleCase(
        rules: "Bash(make:*)",
        rulings: [
          .ran("make build && make test"), .ran("make"), .ran("make -C sub test"), .ran("make build; make test"),
          .denied("make test && curl http://127.0.0.1:9/"),
        ]),
      // A list as a whole permits that list, with redirections and pipes behind it, but not its parts.
      RuleCase(
        rules: "Bash(make build && make test)",
        rulings: [
          .ran("make build && make test"), .ran("make build && make test 2>&1 | tail -3"),
          .ran("make build && make test > log"), .denied("make build"), .denied("make test"),
          .denied("make test 2>&1"), .denied("make build; make test"),
          .denied("make build && make test && curl http://127.0.0.1:9/"), .denied("make build && make test | sh"),
        ]),
      // Its parts permit the whole.
      RuleCase(
        rules: "Bash(make build),Bash(make test)",
        rulings: [
          .ran("make build"), .ran("make test"), .ran("make build && make test"), .ran("make build; make test"),
        ]),
      // A pipeline is permitted by its parts alone: the first with its redirections, what it feeds as it stands.
      RuleCase(rules: "Bash(make test 2>&1 | tee log)", rulings: [.denied("make test 2>&1 | tee log")]),
      RuleCase(
        rules: "Bash(make test),Bash(make test:*),Bash(tee log)",
        rulings: [
          .ran("make test 2>&1 | tee log"), .ran("make test A=1 | tee log"), .denied("make test | tee -a log"),
          .denied("make test | tee log2"),
        ]),
      RuleCase(rules: "Bash(make test 2>&1)", rulings: [.ran("make test 2>&1"), .denied("make test")]),
      // `cd`, variables and shells count as part of the whole.
      RuleCase(rules: "Bash(cd sub && make test)", rulings: [.denied("make test"), .ran("cd sub && make test")]),
      RuleCase(rules: "Bash(FOO=1 make test)", rulings: [.ran("FOO=1 make test"), .denied("make test")]),
      RuleCase(
        rules: "Bash(bash -c 'make (test)')", rulings: [.failed("bash -c 'make (test)'"), .denied("make test")]),
      RuleCase(rules: "Bash(set -e\nmake test)", rulings: [.ran("set -e\nmake test"), .denied("set -e; make test")]),
      // Commas and quotes inside the parentheses do not end a rule.
      RuleCase(
        rules: #"Bash(make test A=1,2),Bash(make test A="x y")"#,
        rulings: [.ran("make test A=1,2"), .ran(#"make test A="x y""#), .denied("make test A=1")]),
      // A star is a pattern, and a list with a star in it matches nothing, not even itself; its parts do.
      RuleCase(
        rules: "Bash(ls sub/*),Bash(make test)", rulings: [.ran("ls sub/* && make test"), .ran("ls sub/*")]),
      RuleCase(
        rules: "Bash(ls sub/* && make test)", rulings: [.denied("ls sub/* && make test"), .denied("make test")]),
    ]

    @Test(arguments: testCommands)
    func `rules decide whether a test command may run`(_ rule: RuleCase) async throws {
      try await RealClientHarness.with { world in
        let rulings = try await world.rulings(
          on: rule.rulings.map { .bash($0.what) },
          flags: ["--permission-mode", "acceptEdits", "--allowedTools=\(rule.rules)"])
        #expect(rulings == rule.rulings)
      }
    }

    @Test func `an agent that may add and commit can do a whole task in a linked worktree`() async throws {
      try await RealClientHarness.with { world in
        let file = world.worktree.appending("new.txt")
        let heredoc = """
          git commit -m "$(cat <<'EOF'
          feat: second

          It's "quoted", and costs $5.
          EOF
          )"
          """
        let commands = [
          "git status --short", "git add -A", #"git commit -m "feat: first""#, "mkdir -p d && cp new.txt d/copy",
          "git add -A && \(heredoc)", "mv d/copy d/moved", "git add -A; git commit -q -m 'feat: third'",
          "rm d/moved && touch d/kept", "git add -A && git commit -F - <<'EOF'\nfeat: fourth\nEOF",
          "git log --oneline -3",
          "git diff HEAD~1 --stat", "git commit --allow-empty -q -m 'feat: fifth'",
          "git commit --amend --allow-empty -q -m 'feat: fifth, amended'",
        ]
        let rulings = try await world.rulings(
          on: [.write(file.string, "new\n")] + commands.map { .bash($0) }, flags: Self.committing)
        #expect(rulings == ([file.string] + commands).map { .ran($0) })
        #expect(
          try await world.git("log", "--reverse", "--format=%s", "main..feature/scripted")
            == "feat: first\nfeat: second\nfeat: third\nfeat: fourth\nfeat: fifth, amended")
        #expect(try await world.git("status", "--porcelain", in: world.worktree) == "")
      }
    }

    /// Agents like to begin so. The client drops it when the folder is the one it is in, from what it reports as well.
    @Test func `a change into the worktree itself is not a hindrance, and is not reported`() async throws {
      try await RealClientHarness.with { world in
        let rulings = try await world.rulings(
          on: [.bash("cd \(world.worktree) && git commit --allow-empty -q -m x")], flags: Self.committing)
        #expect(rulings == [.ran("git commit --allow-empty -q -m x")])
      }
    }

    @Test func `an agent that may add and commit can do nothing wider`() async throws {
      try await RealClientHarness.with { world in
        let outside = world.root.appending("outside")
        let commands = [
          "git push", "git push origin HEAD:main", "cd sub && git commit --allow-empty -m x", "git -C sub add .",
          "git commit --allow-empty -m x && git push", "git fetch",
          "git -c alias.x='!touch \(outside)' x", "git -c core.hooksPath=\(world.root) commit --allow-empty -m x",
          "git config core.hooksPath \(world.root)", "git checkout -b other", "git branch -D main", "git reset --hard",
          "git stash", "git diff --output=\(outside)",
          "GIT_EDITOR='touch \(outside)' git commit --amend", #"git commit --allow-empty -m "$(touch \#(outside))""#,
          "curl http://127.0.0.1:9/", "python3 -c 'print(1)'", "make test", "touch \(outside)",
          "echo x > \(outside)", "git add -A > \(outside)", "cat /etc/passwd", "echo x > .git",
          "find . -exec touch \(outside) ';'", "printenv ANTHROPIC_API_KEY", "echo $ANTHROPIC_API_KEY",
        ]
        let files = [
          outside.string, world.worktree.appending(".git").string,
          world.worktree.appending(".claude/settings.json").string,
          world.repository.appending(".git/hooks/pre-commit").string, world.repository.appending("new").string,
        ]
        let rulings = try await world.rulings(
          on: commands.map { .bash($0) } + files.map { .write($0, "x\n") } + [.read("/etc/passwd")],
          flags: Self.committing)
        #expect(rulings == (commands + files + ["/etc/passwd"]).map { .denied($0) })
        #expect(!world.exists(outside))
        #expect(try await world.git("rev-list", "--count", "main..feature/scripted") == "0")
        #expect(try await world.git("rev-list", "--count", "--all", in: world.remote) == "1")
      }
    }

    /// What git reads by itself, and what the rules that `git orch run` gives make of it.
    @Test func `an agent that may add and commit cannot have git read files elsewhere`() async throws {
      try await RealClientHarness.with { world in
        let secret = world.root.appending("secret")
        try world.write("secret\n", to: secret)
        let rules = ToolPermissions().disallowedToolRules.joined(separator: ",")
        let commit = "git commit --allow-empty"
        // Without the rules each of these would read the file.
        let reading = [
          "\(commit) -F \(secret)", "\(commit) -F '\(secret)'", "\(commit) -F\(secret)", "\(commit) -qF ../secret",
          #"\#(commit) "-F" ../secret"#, "\(commit) -qF../secret", "\(commit) -F sub/../../secret",
          "\(commit) -qFsub/../../secret", "\(commit) -F sub/.?/.?/secret", "\(commit) -F ~/../secret",
          "\(commit) --file=\(secret)", "\(commit) --file ../secret", #"\#(commit) "--fi""l=../secret""#,
          "\(commit) -F ../secret && git log -1", "timeout 5 \(commit) -F ../secret",
          "\(commit) -m x --no-message -F ../secret", "echo -F ../secret | xargs \(commit)",
          "\(commit) --no-edit -t ../secret --trailer 'a: b'", "\(commit) --no-edit -qt ../secret --cleanup=verbatim",
          "\(commit) --no-edit -t ../secret --cleanup whitespace", "\(commit) -t ../secret --tr=a=b",
          "\(commit) -t ../secret --squash HEAD", "\(commit) -t ../secret --sq=HEAD", "\(commit) --fil ../secret",
          "\(commit) -t ../secret --allow-empty-message",
          "git add --pathspec-from-file=../secret", "git rm --pathspec-from-file ../secret",
          "git commit -m x --pathspec-fr=../secret",
        ]
        let plain = [
          "\(commit) -m 'fix: PDF and ../x'", "\(commit) -F - <<'EOF'\nfeat: --file=/x\nEOF",
          "\(commit) -qF - <<'EOF'\n-F ../x\nEOF",
          "\(commit) -m \"$(cat <<'EOF'\nfeat: it's a PDF\n\nDon't --filter, --clean or --trust ../x/y.\nEOF\n)\"",
          "\(commit) -m 'feat: F' -m 'See #1.' --author 'A <a@example.com>' -s", "\(commit) --amend --no-edit",
          "git commit -m 'feat: write PDF/A files' --allow-empty", "\(commit) -m 'feat: add --file and --trace to x'",
          "\(commit) -m 'fix: F /etc/passwd, F ../x and --squash'", "git commit -m\"feat: --trailer\" --allow-empty",
          "git commit -am 'docs: -F ~/x' --allow-empty",
          "git commit --message='feat: --cleanup=verbatim' --allow-empty",
        ]
        let rulings = try await world.rulings(
          on: (reading + plain).map { .bash($0) }, flags: Self.committing + ["--disallowedTools=\(rules)"])
        #expect(rulings == reading.map { .denied($0) } + plain.map { .ran($0) })
        #expect(try await !world.git("log", "--format=%B", "--all").contains("secret"))

        let open = try await world.rulings(on: [.bash(reading[0])], flags: Self.committingAnyhow)
        #expect(open == [.ran(reading[0])])
      }
    }
  }
}
