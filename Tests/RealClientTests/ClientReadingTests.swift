import Basics
import OrchTestSupport
import SystemPackage
import Testing

@testable import Agents
@testable import ClaudeCode

extension RealClientTests {
  /// Commands that the client takes for reading, and what they would read outside the worktree.
  @Suite struct ReadingTests {
    /// Each line names a file outside, and is let through by the client.
    private static let outside = [
      "wc --files0-from=../secret", "wc -l --f=../secret", "timeout 5 wc \"--fil\"'es0-from=../secret'",
      "du --files0-from=../secret", "du --f=../secret", "du -X../secret .", "du -aX../secret .",
      "du --exclude-from=../secret .", "diff --to-file=../secret Makefile", "diff --fr=../secret Makefile",
      "diff -X../secret sub .", "diff --exclude-from=../secret sub .", "strings @../secret", "strings -n 3 @../secret",
      "hexdump -f../secret Makefile", "hexdump -vCf../secret Makefile", "jq --tab . ../secret.json",
      "git blame --ignore-revs-file ../secret Makefile", "git blame -s --ignore-revs-file=../secret Makefile",
      "git ls-files -o -X ../secret", "git ls-files --exclude-from=../secret -o",
      "git ls-files -o --exclude-per-directory=../../secret", "sha256sum -c sums", "sha1sum --check sums",
      "md5sum -wc sums", "pgrep -F ../secret", "pgrep --pidfile=../secret", "base64 --input=../secret",
      "tree --fromfile ../secret", "tree -H . --hintro=../secret", "tree --infofile=../secret",
      "tree --gitfile=../secret", "echo ../secret | xargs head", "echo ../secret | xargs tail -n1",
      "echo ../secret | xargs grep ''", "echo --files0-from=../secret | xargs wc",
      "xargs -I {} wc --files0-from={} <<< ../secret", "docker inspect x", "docker logs x",
      "git commit --file=../secret --allow-empty", "git commit --fil=../secret --allow-empty",
      "git commit --squash=HEAD --template=../secret --no-edit --allow-empty",
      "git add --pathspec-from-file=../secret",
    ]

    /// The same programs, as they are needed.
    private static let inside = [
      "wc -l Makefile", "du -sh .", "du -a sub", "diff Makefile sub/Makefile", "diff -r . sub", "strings Makefile",
      "od -A x -t x1z Makefile", "jq -n 1", "jq -e -n 1", "git blame -s Makefile", "git ls-files -o --exclude-standard",
      "sha256sum Makefile", "md5sum sub/Makefile", "pgrep -f nothing-like-this", "base64 Makefile",
      "tree", "tree -L 2 sub", "git grep -n test", "grep -rn test .", "find . -name Makefile",
      "git commit -q --allow-empty -m 'feat: x'", "git diff --no-index Makefile sub/Makefile",
      "head -3 Makefile | wc -l",
    ]

    private static func rulings(_ commands: [String], rules: [String]) async throws -> [Ruling] {
      var rulings: [Ruling] = []
      try await RealClientHarness.with { world in
        try world.write("SECRET\n", to: world.root.appending("secret"))
        try world.write(#"{"key": "SECRET"}"#, to: world.root.appending("secret.json"))
        try world.write("0 *\(world.root)/secret\n", to: world.worktree.appending("sums"))
        rulings = try await world.rulings(
          on: commands.map { .bash($0) },
          flags: rules.isEmpty
            ? PermissionTests.committingAnyhow + ["--allowedTools=Bash(git add:*)"]
            : PermissionTests.committing + ["--disallowedTools=" + rules.joined(separator: ",")])
        let sent = await world.api.requests.flatMap(\.toolResults).map(\.text)
        #expect(sent.contains { $0.contains("SECRET") } == rules.isEmpty)
        let messages = try await world.git("log", "--format=%B", "--all")
        #expect(messages.contains("SECRET") == rules.isEmpty)
      }
      return rulings
    }

    /// Otherwise a rule would be of no use, or a later client knows better.
    @Test func `without our rules the client lets files elsewhere be read`() async throws {
      let rulings = try await Self.rulings(Self.outside, rules: [])
      #expect(rulings.count == Self.outside.count)
      #expect(rulings.filter { if case .denied = $0 { true } else { false } } == [])
    }

    @Test func `with our rules no file elsewhere is read`() async throws {
      let rulings = try await Self.rulings(Self.outside, rules: ToolPermissions().disallowedToolRules)
      #expect(rulings == Self.outside.map { .denied($0) })
    }

    @Test func `our rules are not in the way of what is needed`() async throws {
      try await RealClientHarness.with { world in
        let rules = ToolPermissions().disallowedToolRules.joined(separator: ",")
        let rulings = try await world.rulings(
          on: Self.inside.map { .bash($0) }, flags: PermissionTests.committing + ["--disallowedTools=\(rules)"])
        #expect(rulings.count == Self.inside.count)
        #expect(rulings.filter { if case .denied = $0 { true } else { false } } == [])
      }
    }

    @Test func `each row of the table is tried`() {
      for read in OutsideRead.table where read.program != "git" {
        #expect(
          Self.outside.contains { $0.contains(read.program + " ") || $0.hasSuffix(read.program) }, "\(read.program)")
      }
    }
  }
}
