import Basics
import Testing

@testable import PlanGeneration
@testable import Plans

@Suite(.timeLimit(.minutes(5))) struct TaskPlanTests {
  @Test func `candidates follow their task, with the same needs and texts, and agents that take turns`() throws {
    let plan = try TaskPlan(
      yaml: """
        tasks:
          - {id: a, title: A, needs: [b], test_command: t, agents: [claude, codex], candidates: 3, model: m}
          - {id: b, title: B}
          - {id: c, title: C, candidates: 1, agent: codex}
          - {id: d, title: D, agents: [codex]}
        """, file: "plan")
    #expect(try TaskPlan(yaml: plan.yaml(), file: "again") == plan)
    let items = plan.workItems
    #expect(items.map(\.id) == ["a", "a@1", "a@2", "a@3", "b", "c", "d"])
    #expect(items.map(\.agent) == [nil, "claude", "codex", "claude", nil, "codex", "codex"])
    #expect(items[0].choices == ["a@1", "a@2", "a@3"] && items[0].candidateOf == nil)
    #expect(items[2].branch == "feature/a@2" && items[2].candidateOf == "a" && items[2].choices.isEmpty)
    #expect(items[2].needs == ["b"] && items[2].testCommand == "t" && items[2].model == "m")
    #expect(plan.namedAgents == ["claude", "codex"])

    let decided = try plan.deciding(candidates: 2)
    #expect(decided.workItems.map(\.id) == ["a", "a@1", "a@2", "a@3", "b", "b@1", "b@2", "c", "d"])
    #expect(try TaskPlan(yaml: decided.yaml(), file: "again") == decided)
    #expect(try plan.deciding(candidates: 1) == plan)
  }

  @Test func `the shape of the file`() throws {
    let plan = try TaskPlan(
      settings: PlanSettings(
        baseBranch: "main", destinationBranch: "develop", worktreeDir: "../worktrees", repoSlug: "o/r",
        autoCleanup: false),
      tasks: [
        AgentTask(
          id: "login", title: "feat: add login", description: "Add login.\n\n- with OAuth 🚀\n",
          filesHint: ["src/app.py", "*.md"],
          testCommand: "make test", needs: ["store"], launcher: .slurm, model: "opus", maxTurns: 40),
        AgentTask(id: "store", branch: "topic/store", title: "Store"),
      ])
    let yaml = """
      settings:
        base_branch: main
        destination_branch: develop
        worktree_dir: '../worktrees'
        repo_slug: o/r
        auto_cleanup: false
      tasks:
        - id: login
          branch: feature/login
          title: 'feat: add login'
          description: |
            Add login.

            - with OAuth 🚀
          files_hint:
            - src/app.py
            - '*.md'
          test_command: make test
          needs:
            - store
          launcher: slurm
          model: opus
          max_turns: 40
        - id: store
          branch: topic/store
          title: Store
          description: Store

      """
    #expect(plan.yaml() == yaml)
    #expect(try TaskPlan(yaml: yaml, file: "p") == plan)
  }

  @Test func `a plan of the Python tool is read`() throws {
    let plan = try TaskPlan(
      yaml: """
        settings:
          auto_cleanup: true
          base_branch: main
          destination_branch: null
        tasks:
        - id: 12
          branch: feature/task-1
          title: yes
          description: ''
          files_hint: []
          test_command: null
        - id: b
          title: "B"
          description: >
            folded
            text
          needs: ['12']
        """, file: "p")
    #expect(plan.settings == PlanSettings(baseBranch: "main", autoCleanup: true))
    #expect(
      plan.tasks == [
        AgentTask(id: "12", branch: "feature/task-1", title: "yes", description: "yes"),
        AgentTask(id: "b", branch: "feature/b", title: "B", description: "folded text\n", needs: ["12"]),
      ])
  }

  static let nasty = [
    "yes", "No", "012", "0x1F", "1e3", "null", "~", "- x", "? x", ": x", "a: b", "a #b", "#a", "&a", "*a", "!a", "|",
    ">", "%a", "@a", "`a`",
    "'", "''", "\"", "it's", "a\\b", "[a", "{a}", "a,b", " lead", "trail ", "trail\t", "\ttab", "a\tb", "---", "...",
    "=", "<<", "2001-01-01",
    "é", "e\u{301}", "'\u{301}", "\"\u{301}", "🚀", "👩‍👩‍👧", "a\u{2028}b", "a\u{2029}b", "a\u{85}b", "a\u{FEFF}", "a\u{A0}",
    "\u{7F}", "\u{1B}[0m",
    "\u{FFFE}", "\u{10FFFF}", "a\rb", "a\r\nb", "a\nb", "a\nb\n", "a\nb\n\n\n", "\na", "\n\n a\nb", "  a\nb", "\ta\nb",
    "a\n\tb\n  c", "a\n \nb",
    "a\nb ", "a\n   ", "a \n\n b", "a\n# b", "a\n---\nb", "a\n...\n", "- a\n- b", "a: b\nc: d", "a\u{2028}\nb",
    "```\ncode\n```\n", "a\n\u{301}b", "🚀\n🚀",
  ]

  @Test(arguments: nasty) func `every text survives byte for byte`(_ text: String) throws {
    let task = AgentTask(id: "a", title: "A", description: text, filesHint: [text, text], testCommand: text)
    let plan = try TaskPlan(settings: PlanSettings(worktreeDir: "w"), tasks: [task, AgentTask(id: "b", title: "B")])
    let yaml = plan.yaml()
    let read = try TaskPlan(yaml: yaml, file: "p")
    #expect(Array(try #require(read.tasks.first).description.utf8) == Array(text.utf8))
    #expect(Array(try #require(read.tasks.first?.testCommand).utf8) == Array(text.utf8))
    #expect(read.tasks.first?.filesHint.map { Array($0.utf8) } == [Array(text.utf8), Array(text.utf8)])
    #expect(Array(read.yaml().utf8) == Array(yaml.utf8))
  }

  @Test(arguments: 0..<50) func `texts put together at random survive`(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let pieces = Self.nasty + ["\n", "\n\n", " ", "\t", "word", "  "]
    let texts = (0..<40).map { _ in
      (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    let tasks = texts.enumerated().map { AgentTask(id: "t\($0)", title: "T", description: "x\($1)") }
    let yaml = try TaskPlan(tasks: tasks).yaml()
    let read = try TaskPlan(yaml: yaml, file: "p")
    #expect(read.tasks.map { Array($0.description.utf8) } == tasks.map { Array($0.description.utf8) })
    #expect(read.yaml() == yaml)
  }

  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  @Test func `a text of a quarter of a megabyte and a thousand tasks are fine`() throws {
    let long = String(repeating: "word ", count: 50_000) + "\n" + String(repeating: "é", count: 10)
    let chain = (0..<1_500).map { AgentTask(id: "t\($0)", title: "T", needs: $0 < 1_499 ? ["t\($0 + 1)"] : []) }
    let plan = try TaskPlan(tasks: chain + [AgentTask(id: "long", title: "L", description: long)])
    #expect(try TaskPlan(yaml: plan.yaml(), file: "p") == plan)
    #expect(plan.tasksInOrder.first?.id == "t1499")
  }

  // MARK: Order and selection

  @Test(
    arguments: [
      (["a", "b", "c"], [:], "a b c"),
      (["a", "b", "c"], ["a": ["c"]], "c a b"),
      (["a", "b", "c", "d"], ["a": ["d", "b"], "b": ["c"]], "d c b a"),
      (["d", "c", "b", "a"], ["d": ["b", "c"], "b": ["a"], "c": ["a"]], "a b c d"),
    ] as [([String], [String: [String]], String)])
  func `needs come first`(ids: [String], needs: [String: [String]], order: String) throws {
    let plan = try TaskPlan(tasks: ids.map { AgentTask(id: $0, title: "T", needs: needs[$0] ?? []) })
    #expect(plan.tasksInOrder.map(\.id).joined(separator: " ") == order)
  }

  @Test func `a selection is a plan of its own and says what it leaves out`() throws {
    let plan = try TaskPlan(
      settings: PlanSettings(baseBranch: "main"),
      tasks: [
        AgentTask(id: "a", title: "A"), AgentTask(id: "b", title: "B", needs: ["a"]),
        AgentTask(id: "c", title: "C", needs: ["a", "b"]),
      ])
    let selection = try plan.selecting(["c", "b", "c"])
    #expect(selection.plan.tasks.map(\.id) == ["b", "c"])
    #expect(selection.plan.tasks.map(\.needs) == [[], ["b"]])
    #expect(selection.plan.settings == plan.settings)
    #expect(selection.droppedNeeds == [.init(task: "b", need: "a"), .init(task: "c", need: "a")])
    #expect(try plan.selecting(["a", "b", "c"]).plan == plan)
  }

  @Test func `a selection of what is not there names what is`() throws {
    let plan = try TaskPlan(tasks: [AgentTask(id: "login-page", title: "A"), AgentTask(id: "b", title: "B")])
    do {
      _ = try plan.selecting(["b", "loginpage", "zzzzzz"])
      Issue.record("no error")
    } catch {
      #expect(error.kind == .unknownTask)
      #expect(
        error.description == """
          no task 'loginpage' in the plan, did you mean 'login-page'? (the plan has login-page, b)
          no task 'zzzzzz' in the plan (the plan has login-page, b)
          """)
    }
    #expect(throws: PlanError.self) { try plan.selecting([]) }
  }
}
