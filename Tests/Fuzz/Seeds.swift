import Foundation
import SystemPackage

/// What the targets read when all is well: samples of the tests, and texts that are as short as they can be and have all
/// that is read.
enum Seeds {
  /// The files of a folder of the tests with that ending.
  static func files(_ folder: String, ending: String, in samples: FilePath) throws -> [[UInt8]] {
    let folder = "\(samples)/\(folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }.sorted()
    return try names.flatMap { name in
      let whole = Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
      return [whole] + parts(of: whole)
    }
  }

  /// The first line with a few of the others: a fault in a short text is more likely to meet what matters.
  private static func parts(of text: [UInt8]) -> [[UInt8]] {
    let newline = UInt8(ascii: "\n")
    let lines = text.split(separator: newline)
    guard let first = lines.first, lines.count > 8 else { return [] }
    return stride(from: 1, to: lines.count, by: 4).map { start in
      ([first] + lines[start..<min(lines.count, start + 4)]).flatMap { $0 + [newline] }
    }
  }

  static func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  static let plans = texts(
    """
    # The plan
    settings:
      base_branch: main
      destination_branch: develop
      worktree_dir: ../worktrees
      repo_slug: acme/widget
      auto_cleanup: false
    tasks:
      - id: parser
        branch: feature/parser
        title: Parse dates
        description: |
          Parse dates as `2026-01-02`.

          - with tests
        files_hint: [src/date.py, "tests/"]
        test_command: pytest tests/
        model: sonnet
      - id: docs
        title: "Describe it: \\u00e9"
        description: >-
          folded text
          of two lines
        needs: [parser]
    """,
    """
    tasks: [{id: a, title: A, description: b}, {id: b, title: B, description: c, needs: [a]}]
    """)

  static let todos = texts(
    """
    # Work

    - [ ] Add a login page to `src/login.py`
      With a test in tests/login_test.py.

      ```sh
      make check
      ```
      test: pytest tests/
      needs: dates
    - [x] Done already
    - [ ] fix(parser): **Parse** [dates](https://example.com) <!-- hidden -->
      * sub item
      1. first

    > - [ ] quoted

    Heading
    -------
    * [ ] another list\tand a tab
    """,
    """
    1. one
    2. two
       more of two
    3. three `code` _and_ *more*
    """,
    """
    - TODO T001 Make [#A] (depends on T002-T004, #1)
    	- DONE 1.1 b 🆔 x ⛔ y
    <details><summary>S</summary>

    - [/] c[^1] — blocked by 1
      Depends on:
      - T001

    </details>

    | Key | Task | Status | needs |
    |---|---|:-:|---|
    | A-1 | `x` \\| [y][1] | [ ] | A-1 |

    [1]: https://example.com
    [^1]: note
    """)

  static let teamFiles = texts(
    """
    git:
      provider: auto
      base_branch: develop
      repo_slug: my-repo
    worktree_dir: ../worktrees
    project:
      key_files:
        - src/main.py
        - tests/
      test_command: pytest tests/
      agent_instructions: |
        Be careful.
    workflow:
      mode: yolo
      auto_approve: true
      auto_pr: no
    tools:
      permission_mode: dontAsk
      allowed_cli: [npm, "make"]
      add_dirs: [../other]
    agent:
      command: claude
      max_retries: 2
      retry_delay: 5
      inactivity_timeout: 15m
      max_runtime: 2h
      max_budget: 1.5
    mcp:
      atlassian: true
    """,
    "agent: {max_retries: 3, model: 'opus'}\nworktree.copy: [.env]\n")

  static let listings: [[UInt8]] = {
    let entries: [(scope: String, key: String, value: String?)] = [
      ("system", "core.bare", "false"), ("global", "user.name", "A\nB"),
      ("global", "orchestrator.agent.maxretries", "3"),
      ("local", "orchestrator.agent.inactivitytimeout", "15m"), ("local", "orchestrator.agent.maxbudget", "2.50"),
      ("local", "orchestrator.workflow.jobs", "4"), ("local", "orchestrator.jobs", "4"),
      ("local", "orchestrator.agent.retrydelay", "1h30m"), ("worktree", "orchestrator.workflow.autoapprove", nil),
      ("local", "orchestrator.tools.allowedcli", "npm"), ("local", "orchestrator.tools.adddirs", "~/x"),
      ("local", "orchestrator.mcp.mine.command", "npx x"), ("local", "orchestrator.mcp.mine.env", "A=b"),
      ("command", "orchestrator.worktreedir", "../w"), ("local", "orchestrator.trust", "team:0123456789abcdef"),
      ("local", "orchestrator.nonsense.key", "1"),
    ]
    let text = entries.map { entry in
      "\(entry.scope)\0file:.git/config\0\(entry.key)\(entry.value.map { "\n\($0)" } ?? "")\0"
    }
    return [Array(text.joined().utf8)]
  }()

  static let verdicts = texts(
    """
    {"decision":"request_changes","summary":"Adds a page.\\nThanks @bob, closes #3.","findings":[
    {"severity":"blocker","path":"src/a.py","line":12,"message":"`x` may be nil","fixed":false},
    {"severity":"nit","message":"a typo","fixed":true}]}
    """,
    """
    {"decision":"approve","summary":"Fine.","findings":[]}
    """)
}

/// An answer of a forge as a text that can be spoiled: a line for the status, lines for headers, a blank one, the body.
struct ForgeAnswer {
  var status = 200
  var headers: [String: String] = [:]
  var body: [UInt8] = []

  /// Answers are set apart by lines of three tildes.
  static func all(in input: [UInt8]) -> [ForgeAnswer] {
    var answers: [ForgeAnswer] = [ForgeAnswer()]
    var isInHead = true
    for line in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.elementsEqual("~~~".utf8) {
        answers.append(ForgeAnswer())
        isInHead = true
      } else if !isInHead {
        answers[answers.count - 1].body += Array(line) + [UInt8(ascii: "\n")]
      } else if line.isEmpty {
        isInHead = false
      } else {
        let text = String(decoding: line, as: UTF8.self)
        if let colon = text.firstIndex(of: ":") {
          answers[answers.count - 1].headers[String(text[..<colon])] = String(text[text.index(after: colon)...])
        } else {
          answers[answers.count - 1].status = Int(text) ?? 200
        }
      }
    }
    return answers
  }
}

extension Seeds {
  private static let head = "200\ncontent-type: application/json\ndate: Wed, 21 Oct 2026 07:28:00 GMT\n\n"
  private static let commit = String(repeating: "0123456789", count: 4)

  private static let gitHubPullRequest = """
    {"number":7,"html_url":"https://github.com/acme/widget/pull/7","title":"A title","body":"A body",\
    "user":{"login":"bob","type":"User"},"state":"open","draft":false,"merged":false,"mergeable":true,\
    "mergeable_state":"clean","merge_commit_sha":null,"head":{"ref":"topic","sha":"\(commit)",\
    "repo":{"full_name":"acme/widget"}},"base":{"ref":"main","sha":"\(commit)","repo":{"full_name":"acme/widget"}}}
    """

  static let gitHubAnswers = texts(
    head + #"{"full_name":"acme/widget","default_branch":"main","permissions":{"push":true}}"# + "\n~~~\n" + head
      + #"{"login":"alice","type":"User"}"# + "\n~~~\n",
    "200\nlink: <https://api.github.com/repos/acme/widget/pulls?page=2>; rel=\"next\"\n\n[\(gitHubPullRequest)]\n~~~\n"
      + head + "[\(gitHubPullRequest.replacing("7", with: "9"))]\n~~~\n" + head + "[]",
    head + gitHubPullRequest,
    head + #"{"check_runs":[{"name":"build","status":"completed","conclusion":"failure"}]}"# + "\n~~~\n" + head
      + #"{"statuses":[{"context":"ci","state":"pending"}]}"#,
    head
      + "[{\"user\":{\"login\":\"alice\"},\"body\":\"text\",\"state\":\"APPROVED\",\"html_url\":\"https://x/1\"}]\n~~~\n"
      + head + "[{\"filename\":\"src/a.py\",\"patch\":\"@@ -1,3 +10,4 @@\\n a\\n+b\\n c\"}]\n~~~\n" + head
      + "{\"user\":{\"login\":\"alice\"},\"body\":\"text\",\"state\":\"APPROVED\",\"html_url\":\"https://x/1\"}",
    head + #"{"merged":true,"message":"done"}"#,
    "429\nretry-after: 30\n\n{}\n~~~\n" + head + gitHubPullRequest,
    "403\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1795379825\ndate: Wed, 21 Oct 2026 07:28:00 GMT\n\n{}\n~~~\n"
      + head
      + gitHubPullRequest,
    "503\nretry-after: Wed, 21 Oct 2026 07:29:00 GMT\n\nsorry\n~~~\n" + head + gitHubPullRequest,
    "422\n\n"
      + #"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid","message":"no"}]}"#,
    "401\n\n{\"message\":\"Bad credentials\"}", "404\n\n{\"message\":\"Not Found\"}",
    "301\nlocation: https://api.github.com/repositories/1\n\n{}",
    "403\nx-github-sso: required; url=https://github.com/orgs/acme/sso?a=b\n\n{\"message\":\"SSO\"}")

  private static let bitbucketPullRequest = """
    {"id":7,"title":"A title","description":"A body","state":"OPEN","draft":false,\
    "author":{"uuid":"{1}","nickname":"bob"},"source":{"branch":{"name":"topic"},"commit":{"hash":"0123456789ab"},\
    "repository":{"full_name":"acme/widget"}},"destination":{"branch":{"name":"main"},"commit":{"hash":"0123456789ab"},\
    "repository":{"full_name":"acme/widget"}},"links":{"html":{"href":"https://bitbucket.org/acme/widget/7"}},\
    "merge_commit":null,"participants":[{"user":{"uuid":"{2}"},"approved":true,"state":"approved"}],"reviewers":[]}
    """

  static let bitbucketAnswers = texts(
    head + #"{"full_name":"acme/widget","mainbranch":{"name":"main"}}"# + "\n~~~\n" + head
      + #"{"uuid":"{2}","nickname":"alice"}"#,
    head + #"{"next":"https://api.bitbucket.org/2.0/repositories/acme/widget/pullrequests?page=2","values":["#
      + bitbucketPullRequest + "]}\n~~~\n" + head + "{\"values\":[\(bitbucketPullRequest)]}\n~~~\n" + head
      + "{\"values\":[]}",
    head + bitbucketPullRequest,
    head + #"{"values":[{"key":"ci","name":"build","state":"FAILED"},{"key":"x","state":"INPROGRESS"}]}"#,
    head + #"{"uuid":"{2}","nickname":"alice"}"# + "\n~~~\n" + head
      + #"{"values":[{"id":1,"content":{"raw":"x"},"inline":{"path":"a","to":3},"user":{"uuid":"{2}"}}]}"# + "\n~~~\n"
      + head + #"{"id":2,"content":{"raw":"x"},"user":{"uuid":"{2}"},"links":{"html":{"href":"https://x"}}}"#,
    "202\nlocation: https://api.bitbucket.org/2.0/repositories/acme/widget/pullrequests/7/merge/task-status/1\n\n{}\n~~~\n"
      + head + #"{"task_status":"PENDING"}"# + "\n~~~\n" + head + #"{"task_status":"SUCCESS"}"#,
    "429\nretry-after: 30\n\n{}\n~~~\n" + head + bitbucketPullRequest,
    "400\n\n"
      + #"{"type":"error","error":{"message":"bad","detail":{"required":["a"]},"fields":{"source":["no","x"]}}}"#,
    "401\n\n", "403\n\n{\"error\":{\"message\":\"no\"}}", "555\n\nslow")
}
