import Testing

@testable import PlanGeneration
@testable import Plans
@testable import TodoLists

@Suite(.timeLimit(.minutes(5))) struct MarkdownPlannerTests {
  @Test(arguments: [
    ("Add a login page", "feat: add a login page"),
    ("Add **bold** and `code` and [a link](https://x.y/z).", "feat: add bold and code and a link"),
    ("fix: the thing", "fix: the thing"),
    ("Feat(api)!: the thing", "feat(api)!: the thing"),
    ("Fix crash when *.swift is empty", "fix: fix crash when *.swift is empty"),
    ("Document the `--json` flag", "docs: document the --json flag"),
    ("Update README.md for 2.0", "docs: update README.md for 2.0"),
    ("Write tests for snake_case and __dunder__", "test: write tests for snake_case and dunder"),
    ("Bump the dependencies:", "chore: bump the dependencies"),
    ("Rename Foo to Bar", "refactor: rename Foo to Bar"),
    ("GitHub login", "feat: GitHub login"),
    ("Note: keep this", "feat: Note: keep this"),
    ("Handle a\\*b and 2 * 3 * 4", "feat: Handle a*b and 2 * 3 * 4"),
    ("Show ![logo](x.png) <br> in <https://a.b>", "feat: Show logo in https://a.b"),
    ("Support ``a`b`` and ~~old~~ new", "feat: support a`b and old new"),
    ("Escape \u{1B}[31m and \u{2028} here", "feat: Escape [31m and here"),
    (
      "Add a page where people who have forgotten their password can ask for a new one by mail",
      "feat: add a page where people who have forgotten their password can…"
    ),
    ("Add " + String(repeating: "x", count: 100), "feat: add " + String(repeating: "x", count: 61) + "…"),
  ])
  func `titles are plain, short and conventional`(text: String, title: String) {
    let made = MarkdownPlanner(TodoList(markdown: "- [ ] \(text)")).tasks.map(\.title)
    #expect(made == [title])
    #expect(title.count <= 72)
  }

  @Test(
    arguments: [
      ("Add a Café page", [], "add-a-cafe-page"),
      ("don't Panic!", [], "dont-panic"),
      ("Straße Ærø Łódź Đặng ﬁ", [], "strasse-aero-lodz-dang-fi"),
      ("e\u{301}te\u{301}", [], "ete"),
      ("修复登录", [], "task-6171c6"),
      ("修复登录", ["task-6171c6"], "task-6171c6-2"),
      ("修复注册", [], "task-558d60"),
      ("支持 OAuth", [], "oauth-4c16de"),
      ("修复 2 个", [], "task-4a70f4"),
      ("Поддержка OAuth", [], "podderzhka-oauth"),
      ("Προσθήκη", [], "prosthiki"),
      ("🚀", [], "task-0fa8e2"),
      ("Fix", ["FIX"], "fix-2"),
      ("Fix", ["fix", "fix-2"], "fix-3"),
      ("../../etc/passwd.lock", [], "etc-passwd-lock"),
      (
        "a rather long title that goes on and on and on for ever", [],
        "a-rather-long-title-that-goes-on-and-on-and-on-for"
      ),
      (
        String(repeating: "x", count: 80), [String(repeating: "x", count: 50)], String(repeating: "x", count: 48) + "-2"
      ),
    ] as [(String, [String], String)])
  func `ids are made of titles`(title: String, taken: [String], id: String) {
    let made = TaskID.make(from: title, taken: Set(taken))
    #expect(made == id)
    #expect(TaskID.problem(in: made) == nil)
    #expect(made.count <= 50)
  }

  @Test func `an item becomes a whole task`() {
    let list = TodoList(
      markdown: """
        # To do
        ## Backend
        - [ ] Add `GET /health` to `src/app.py:12`
          - answers 200, see `docs/health.md` and `tests/`
          - needs: store, Tidy the logs
          - **test:** `pytest -q tests/health`
          ```
          needs: nothing `src/no.py`
          ```
        - [ ] Tidy the logs
          depends on: feature/add-get-health-to-src-app-py-12-not
        - [x] Store
        """)
    let planner = MarkdownPlanner(list, trackedFiles: ["src/app.py", "LICENSE"])
    #expect(
      planner.tasks == [
        AgentTask(
          id: "add-get-health-to-src-app-py-12", branch: "feature/add-get-health-to-src-app-py-12",
          title: "feat: add GET /health to src/app.py:12",
          description: """
            Add `GET /health` to `src/app.py:12`

            - answers 200, see `docs/health.md` and `tests/`
            - needs: store, Tidy the logs
            ```
            needs: nothing `src/no.py`
            ```

            (From the section "Backend" of the to-do list.)
            """,
          filesHint: ["src/app.py", "docs/health.md", "tests/"], testCommand: "pytest -q tests/health",
          needs: ["tidy-the-logs"]),
        AgentTask(
          id: "tidy-the-logs", title: "feat: Tidy the logs",
          description: """
            Tidy the logs

            depends on: feature/add-get-health-to-src-app-py-12-not

            (From the section "Backend" of the to-do list.)
            """),
      ])
    #expect(
      planner.notes.map(\.description) == [
        "5: 'store' is left out of the plan, so nothing waits for it",
        "11: 'feature/add-get-health-to-src-app-py-12-not' does not name a single item of the list, so it is ignored",
        "12: left out: ticked off",
      ])
  }

  @Test(arguments: [
    ("needs: a, `feature/b`", ["a", "b"]), ("* Depends on: Do B", ["do-b"]), ("__needs__: a,a", ["a"]),
    ("needs a", ["a"]), ("needs a place", []), ("needs:", []), ("Blocked by b and Do B.", ["b", "do-b"]),
    ("after the previous one", []), ("Depends on: nothing", []), ("requires: [Do B](x), `a`", ["do-b", "a"]),
    ("  - needs: a", ["a"]),
  ])
  func `needs name ids, branches or titles`(line: String, needs: [String]) {
    let list = TodoList(markdown: "- [ ] c\n  \(line)\n- [ ] a\n- [ ] b\n- [ ] Do B\n")
    #expect(MarkdownPlanner(list).tasks.first?.needs == needs)
  }

  @Test(arguments: [
    ("`src/a.swift`", ["src/a.swift"]), ("`./a.py` and `a.py`", ["a.py"]), ("`Makefile`", ["Makefile"]),
    ("`src`", ["src"]), ("`os.path`, `e.g.`, `1.2.3`, `v1.2`", []),
    ("`/api/login` `../x.py` `a b.py` `http://x/y.py`", []),
    ("`and/or` `Sources/**/*.swift`", ["Sources/**/*.swift"]),
    ("`.env.json` `.ci/run.sh`", [".env.json", ".ci/run.sh"]),
    ("src/plain.swift", []),
  ])
  func `code that looks like a path is a hint`(text: String, paths: [String]) {
    let guess = PathGuess(trackedFiles: ["Makefile", "src/a.swift"])
    #expect(guess.paths(in: TodoItem(text: text)) == paths)
  }
}
