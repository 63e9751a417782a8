import Foundation
import Testing

@testable import Agents
@testable import ClaudeCode

/// Who refused a call, and what would allow the next one: the narrowest setting, or nothing.
@Suite struct DenialAdviceTests {
  /// A line a call: the tool, what it was called with, the client's reason, who refused it, what is advised.
  ///
  /// Reasons: `other` (no rule allows it), `parts` (of some parts of the line), `rule`, `mode`, `safety`, `outside`,
  /// `path` (a command's path is outside), `unchecked`, and `-` for a client that gives none. Advice: rules to be
  /// allowed, `acceptEdits` for that mode, `-` for none.
  static let table = """
    Bash | npm run lint | other | - | Bash(npm run lint)
    Bash | npm run lint -- --fix "a b" | other | - | Bash(npm run lint:*)
    Bash | npm install | other | - | Bash(npm install)
    Bash | npm install left-pad | other | - | Bash(npm install left-pad)
    Bash | npm test -- --watch=false | other | - | Bash(npm test:*)
    Bash | cd web && npm run build | parts | - | Bash(npm run build)
    Bash | npm run lint && npm test 2>&1 \\| tail -5 | parts | - | Bash(npm run lint) + Bash(npm test)
    Bash | CI=1 npm run lint | other | - | Bash(npm run lint)
    Bash | yarn lint | other | - | Bash(yarn lint)
    Bash | cargo clippy -- -D warnings | other | - | Bash(cargo clippy:*)
    Bash | cargo build --release | other | - | Bash(cargo build:*)
    Bash | go vet ./... | other | - | Bash(go vet:*)
    Bash | swift build | other | - | Bash(swift build:*)
    Bash | make build | other | - | Bash(make build:*)
    Bash | make build && git add -A && git commit -m x | parts | - | Bash(make build:*)
    Bash | make | other | - | Bash(make)
    Bash | ./gradlew test --info | other | - | Bash(./gradlew test:*)
    Bash | pytest -k "a or b" | other | - | Bash(pytest:*)
    Bash | python3 -m pytest tests | other | - | Bash(python3 -m pytest:*)
    Bash | uv run ruff check . | other | - | Bash(uv run ruff:*)
    Bash | bundle exec rspec | other | - | Bash(bundle exec rspec:*)
    Bash | node_modules/.bin/eslint src --fix | other | - | Bash(node_modules/.bin/eslint src --fix)
    Bash | ./scripts/generate.sh | other | - | Bash(./scripts/generate.sh)
    Bash | chmod +x run.sh | other | - | Bash(chmod +x run.sh)
    Bash | gh pr view 12 --comments | other | - | Bash(gh pr view:*)
    Bash | git restore src/a.c | other | - | Bash(git restore src/a.c)
    Bash | git reset HEAD a.c | other | - | Bash(git reset HEAD a.c)
    Bash | npm install | - | - | Bash(npm install)
    WebFetch | https://example.com/a?b=c | - | - | WebFetch(domain:example.com)
    Read | /usr/include/zlib.h | outside | outside the worktree | Read(//usr/include/zlib.h)
    Grep | /usr/include/linux | outside | outside the worktree | Read(//usr/include/linux/**)
    Read | /home/ann/other/api.json | outside | outside the worktree | Read(//home/ann/other/api.json)
    mcp__jira__get | - | - | - | mcp__jira__get

    Bash | git push | other | - | -
    Bash | git push origin HEAD:main | other | - | -
    Bash | git config user.name x | other | - | -
    Bash | git remote add x https://example.com | other | - | -
    Bash | git submodule update | other | - | -
    Bash | git worktree add ../x | other | - | -
    Bash | git filter-branch --all | other | - | -
    Bash | git rebase --exec make main | other | - | -
    Bash | git bisect run make | other | - | -
    Bash | git stash | other | - | -
    Bash | git checkout main | other | - | -
    Bash | git -c alias.x=!sh x | other | - | -
    Bash | git diff --output=/tmp/x | other | - | -
    Bash | git reset --hard ../x | other | - | -
    Bash | git rm -r --cached . && git push --force | parts | - | -
    Bash | sh -c "npm test" | other | - | -
    Bash | bash build.sh | other | - | -
    Bash | env A=1 npm test | other | - | -
    Bash | /usr/bin/env npm test | other | - | -
    Bash | python3 setup.py | other | - | -
    Bash | python3 -m http.server | other | - | -
    Bash | python3.12 x.py | other | - | -
    Bash | node x.js | other | - | -
    Bash | perl -e 1 | other | - | -
    Bash | sudo make install | other | - | -
    Bash | ssh host | other | - | -
    Bash | npx eslint . | other | - | -
    Bash | npm exec eslint | other | - | -
    Bash | npm publish | other | - | -
    Bash | yarn dlx x | other | - | -
    Bash | go run example.com/x@latest | other | - | -
    Bash | cargo install x | other | - | -
    Bash | uv run x.py | other | - | -
    Bash | docker build . | other | - | -
    Bash | terraform plan | other | - | -
    Bash | wget http://example.com/x | other | - | -
    Bash | find . -exec cat {} + | unchecked | Claude Code cannot check such a command | -
    Bash | find . -name x -delete | other | - | -
    Bash | ln -s a b | other | - | -
    Bash | cp -r a b | unchecked | Claude Code cannot check such a command | -
    Bash | tee log < a | other | - | -
    Bash | gh pr merge 12 | other | - | -
    Bash | make -C /elsewhere test | other | - | -
    Bash | ./x.sh ~/.ssh/id_rsa | other | - | -
    Bash | ../x.sh | other | - | -
    Bash | LD_PRELOAD=./x.so npm run lint | other | - | -
    Bash | eslint src/*.js | other | - | -
    Bash | (npm run lint) | parts | - | -
    Bash | npm run lint; echo $? | unchecked | Claude Code cannot check such a command | -
    Bash | echo $(npm run lint) | unchecked | Claude Code cannot check such a command | -
    Bash | git status >\\| /x | path | outside the worktree | -
    Bash | npm run lint > ../log | path | outside the worktree | -
    Bash | npm run lint > .git/hooks/x | safety | a safety check of Claude Code | -
    Bash | touch ../x | path | outside the worktree | -
    Bash | cat /etc/passwd && npm ci | path | outside the worktree | -
    Bash | rm -rf / | safety | a safety check of Claude Code | -
    Bash | npm ci | other | - | -
    Bash | terraformer import x | other | - | -
    Bash | make test A=1 | other | - | -
    Bash | curl https://example.com | rule | rule Bash(curl:*) (orchestrator.tools.disallowedTools) | -
    Bash | npm ci && timeout 5 /usr/bin/curl x | rule | rule Bash(curl:*) (orchestrator.tools.disallowedTools) | -
    Bash | curl https://example.com | - | rule Bash(curl:*) (orchestrator.tools.disallowedTools) | -
    Bash | ls \\| xargs head | rule | rule Bash(xargs:*) (of git-orch) | -
    Bash | wc --files0-from=/x | rule | rule Bash(wc *--f*) (of git-orch) | -
    Bash | git add -A && git commit -F ../x | parts | git would take the message from a file (of git-orch; 'git commit -m …' is allowed) | -
    Bash | git commit -m x --no-message -F ../x | rule | rule Bash(git commit * --no-m*) (of git-orch) | -
    Bash | rm x | rule | a rule that denies it | -
    Bash | - | other | - | -
    Agent | - | rule | rule Agent(isolation:*) (of git-orch) | -
    WebSearch | - | - | rule WebSearch (orchestrator.tools.disallowedTools) | -
    WebFetch | https://docs.rs/x | - | - | -
    WebFetch | http://10.0.0.1/x | - | - | -
    WebFetch | http://metadata.internal/x | - | - | -
    WebFetch | file:///etc/passwd | - | - | -
    WebFetch | https://user@example.com/ | - | - | -
    Write | /repo/.git/config | safety | a safety check of Claude Code | -
    Write | /repo/.husky/pre-commit | safety | a safety check of Claude Code | -
    Write | /repo/.claude/settings.json | safety | a safety check of Claude Code | -
    Write | /repo/.mcp.json | safety | a safety check of Claude Code | -
    Write | /repo/.bashrc | - | - | -
    Write | /home/ann/.ssh/authorized_keys | outside | outside the worktree | -
    Edit | /repo/src/a.c | - | - | -
    Edit | /other/a.c | outside | outside the worktree | -
    Read | /home/ann/.ssh/id_rsa | outside | outside the worktree | -
    Read | /home/ann/.aws/credentials | outside | outside the worktree | -
    Read | /home/ann/.gnupg/x | outside | outside the worktree | -
    Read | /home/ann/.config/gh/hosts.yml | outside | outside the worktree | -
    Read | /home/ann/notes.txt | outside | outside the worktree | -
    Read | /root/x | outside | outside the worktree | -
    Read | /etc/passwd | outside | outside the worktree | -
    Read | /srv/app/secrets/x | outside | outside the worktree | -
    Read | /srv/app/server.pem | outside | outside the worktree | -
    Read | /srv/../etc/passwd | outside | outside the worktree | -
    Read | /srv/a,b | outside | outside the worktree | -
    Read | /repo/link | outside | outside the worktree | -
    Grep | / | outside | outside the worktree | -
    Grep | /home/ann | outside | outside the worktree | -
    Glob | /home/ann/.ssh | outside | outside the worktree | -
    Glob | /usr | outside | outside the worktree | -
    Skill | - | - | - | -
    EnterWorktree | - | - | - | -
    a; rm -rf / | - | - | - | -
    -x | - | - | - | -
    """

  struct Row: Sendable, CustomTestStringConvertible {
    var call: DeniedCall
    var expected: DenialAdvice.Answer
    var testDescription: String
  }

  /// As the client (2.1.330) says it.
  private static func sentence(_ reason: String) -> (reason: String?, message: String?) {
    switch reason {
    case "other": ("other", "This command requires approval")
    case "parts":
      (
        "subcommandResults",
        "This Bash command contains multiple operations. The following part requires approval: x"
      )
    case "rule": ("rule", "Permission to use Bash with command x has been denied.")
    case "mode": ("mode", "Permission to use Bash has been denied because Claude Code is running in don't ask mode.")
    case "safety": ("safetyCheck", "Claude requested permissions to edit x which is a sensitive file.")
    case "outside": ("workingDir", "Claude requested permissions to read from x, but you haven't granted it yet.")
    case "path": (nil, "x needs approval. The path is outside the working directories for this session ('/repo').")
    case "unchecked": ("other", "x in this command can't be checked before it runs")
    default: (nil, "Claude requested permissions to use x, but you haven't granted it yet.")
    }
  }

  static func rows(_ table: String) -> [Row] {
    table.replacing("\\|", with: "\u{1}").split(separator: "\n").map { line in
      let cells = line.split(separator: " | ", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces).replacing("\u{1}", with: "|")
      }
      guard cells.count == 5 else { preconditionFailure("\(line)") }
      let what = cells[1] == "-" ? nil : cells[1]
      let said = sentence(cells[2])
      let isWeb = what?.contains("://") == true
      let call = DeniedCall(
        tool: cells[0], command: cells[0] == "Bash" ? what : nil, path: cells[0] == "Bash" || isWeb ? nil : what,
        url: cells[0] == "Bash" || !isWeb ? nil : what, reason: said.reason, message: said.message)
      return Row(
        call: call,
        expected: DenialAdvice.Answer(deniedBy: cells[3] == "-" ? nil : cells[3], suggestion: advice(cells[4])),
        testDescription: String(line))
    }
  }

  private static func advice(_ cell: String) -> String? {
    switch cell {
    case "-": nil
    case "acceptEdits": "git config orchestrator.tools.permissionMode acceptEdits"
    default:
      cell.split(separator: " + ").map { rule in
        let isWord = rule.allSatisfy { $0.isLetter || $0 == "_" }
        return "git config --add orchestrator.tools.allowedTools \(isWord ? String(rule) : "'\(rule)'")"
      }.joined(separator: " && ")
    }
  }

  static let permissions = ToolPermissions(
    allowedCLI: ["terraformer"], allowedTools: ["Bash(npm ci)", "WebFetch(domain:docs.rs)"],
    disallowedTools: ["Bash(curl:*)", "WebSearch"], testCommand: "make test")

  @Test(arguments: rows(table)) func `a refused call is reported with who refused it and what would allow it`(row: Row)
  {
    #expect(DenialAdvice(permissions: Self.permissions, directory: "/repo").answer(to: row.call) == row.expected)
  }

  @Test func `the table has what it promises`() {
    let rows = Self.rows(Self.table)
    #expect(rows.count > 120)
    #expect(rows.filter { $0.expected.suggestion != nil }.count > 25)
  }

  static let asking = """
    Write | /repo/src/a.c | - | - | acceptEdits
    Edit | /repo/src/a.c | - | - | acceptEdits
    NotebookEdit | /repo/a.ipynb | - | - | acceptEdits
    Write | /repo/.git/x | - | - | -
    Write | /repo/.github/workflows/x.yml | - | - | -
    Write | /etc/x | outside | outside the worktree | -
    Bash | touch a | other | - | acceptEdits
    Bash | mkdir -p a/b && cp x a/b | parts | - | acceptEdits
    Bash | touch a && npm run lint | parts | - | -
    Bash | npm run lint > log | parts | - | -
    Bash | npm run lint | other | - | Bash(npm run lint)
    Bash | rm -rf .git | other | - | -
    """

  @Test(arguments: ["default", "manual"], rows(asking))
  func `a mode that asks for edits is named where the usual one would not`(mode: String, row: Row) {
    let permissions = ToolPermissions(permissionMode: mode)
    #expect(DenialAdvice(permissions: permissions, directory: "/repo").answer(to: row.call) == row.expected)
  }

  static let notAsking = """
    Write | /repo/src/a.c | mode | mode dontAsk (orchestrator.tools.permissionMode) | acceptEdits
    Bash | npm run lint | mode | mode dontAsk (orchestrator.tools.permissionMode) | Bash(npm run lint)
    Bash | git push | mode | mode dontAsk (orchestrator.tools.permissionMode) | -
    """

  @Test(arguments: rows(notAsking)) func `a mode that asks nobody is named`(row: Row) {
    let permissions = ToolPermissions(permissionMode: "dontAsk")
    #expect(DenialAdvice(permissions: permissions, directory: "/repo").answer(to: row.call) == row.expected)
  }

  @Test(arguments: rows(table).filter { $0.expected.deniedBy == nil })
  func `in mode plan the mode is named, and nothing is advised`(row: Row) {
    let answer = DenialAdvice(permissions: ToolPermissions(permissionMode: "plan"), directory: "/repo").answer(
      to: row.call)
    #expect(answer == DenialAdvice.Answer(deniedBy: "mode plan (orchestrator.tools.permissionMode)"))
  }

  @Test func `reviewers are advised the settings that are theirs`() {
    var permissions = ToolPermissions(disallowedTools: ["Bash(curl:*)"])
    permissions.settingNames.allowedTools = "orchestrator.review.tools.allowedTools"
    permissions.settingNames.disallowedTools = "orchestrator.review.tools.disallowedTools"
    let advice = DenialAdvice(permissions: permissions, directory: "/repo")
    #expect(
      advice.answer(to: DeniedCall(tool: "Bash", command: "npm run lint")).suggestion
        == "git config --add orchestrator.review.tools.allowedTools 'Bash(npm run lint)'")
    #expect(
      advice.answer(to: DeniedCall(tool: "Bash", command: "curl x", reason: "rule")).deniedBy
        == "rule Bash(curl:*) (orchestrator.review.tools.disallowedTools)")
  }

  @Test(
    arguments: [
      ("a b", [["a", "b"]]), ("a && b || c; d | e\nf", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
      ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]), ("a 2>&1 >x <y b", [["a", "b"]]),
      ("A=1 a", [["a"]]), ("a \\\n b", [["a", "b"]]), ("a#b", [["a#b"]]), ("", []),
    ] as [(String, [[String]])])
  func `a command line is taken apart as a shell does`(line: String, words: [[String]]) {
    #expect(shellParts(of: line)?.map(\.words) == words)
  }

  @Test(arguments: [
    "a $b", "a `b`", "(a)", "a & b", "a \"$b\"", "a <<EOF\nx\nEOF", "if a; then b; fi", "{ a; }", "a 'b", "a \"b",
    "! a",
    "a {b,c}", "a |& b", "# a", "[[ -f a ]]", "a <(b)", "a >", "a\\",
  ]) func `what only a shell can tell is left alone`(line: String) {
    #expect(shellParts(of: line) == nil)
  }

  @Test func `redirections are not taken for programs`() throws {
    let parts = try #require(shellParts(of: "git status >| /x 2>>log &>both"))
    #expect(parts.map(\.words) == [["git", "status"]])
    #expect(parts.first?.redirections.map(\.target) == ["/x", "log", "both"])
    #expect(parts.first?.redirections.map(\.mark) == [">|", ">>", "&>"])
  }
}
