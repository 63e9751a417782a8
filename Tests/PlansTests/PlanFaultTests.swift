import OrchTestSupport
import SystemPackage
import Testing

@testable import PlanGeneration
@testable import Plans

@Suite(.timeLimit(.minutes(5))) struct PlanFaultTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    let name: String
    let yaml: String
    let messages: [String]
    var testDescription: String { name }

    init(_ name: String, _ yaml: String, _ messages: String...) {
      self.name = name
      self.yaml = yaml
      self.messages = messages.map { $0.first?.isNumber ?? false ? "plan.yaml:\($0)" : "plan.yaml: \($0)" }
    }

    /// A plan of one task with more lines.
    static func task(_ name: String, _ lines: String, _ messages: String...) -> Fault {
      var fault = Fault(name, "tasks:\n  - id: a\n    title: A\n    \(lines)\n")
      fault = Fault(name: fault.name, yaml: fault.yaml, messages: messages.map { "plan.yaml:\($0)" })
      return fault
    }

    static func id(_ id: String, _ message: String) -> Fault {
      Fault("id \(id)", "tasks:\n  - id: \(id)\n    title: A\n", "2:9: task id \(message)")
    }

    static func branch(_ branch: String, _ message: String) -> Fault {
      .task("branch \(branch)", "branch: \(branch)", "4:13: branch \(message)")
    }

    private init(name: String, yaml: String, messages: [String]) {
      self.name = name
      self.yaml = yaml
      self.messages = messages
    }
  }

  static let shape: [Fault] = [
    Fault(
      "syntax", "tasks:\n  - id: a\n   title: b\n",
      "3:4: not valid YAML: did not find expected '-' indicator (while parsing a block collection, line 2)"),
    Fault(
      "tab", "tasks:\n\t- id: a\n",
      "2:1: not valid YAML: found character that cannot start any token (while scanning for the next token, line 2)"),
    Fault(
      "wakeup", "tasks:\n  - id: a\n    title: é\u{7}\n",
      "3:13: not valid YAML: the character U+0007 may only be written as an escape in double quotes"),
    Fault(
      "two documents", "tasks: []\n---\na: b\n",
      "2:1: there is more than one document, where one is expected"),
    Fault("nothing", "# only a comment\n", "contains no plan; write one with 'git orch generate TODO'"),
    Fault("root is a list", "- id: a\n", "1:1: a plan must be a mapping with 'tasks', not a list"),
    Fault("root is a text", "hello\n", "1:1: a plan must be a mapping with 'tasks', not the string 'hello'"),
    Fault("no tasks", "settings:\n  base_branch: main\n", "1:1: 'tasks' is missing: a plan needs at least one task"),
    Fault("empty tasks", "tasks: []\n", "1:8: the plan has no tasks; it needs at least one"),
    Fault("null tasks", "tasks:\n", "1:7: the plan has no tasks; it needs at least one"),
    Fault("tasks are a mapping", "tasks:\n  a: b\n", "2:3: 'tasks' must be a list, not a mapping"),
    Fault(
      "task is a text", "tasks:\n  - a\n", "2:5: a task must be a mapping with 'id' and 'title', not the string 'a'"),
    Fault(
      "unknown keys", "task: 1\nsettings:\n  base-branch: x\n  zzz: 1\ntasks:\n  - id: a\n    titel: A\n",
      "1:1: unknown key 'task', did you mean 'tasks'?",
      "3:3: unknown setting 'base-branch', did you mean 'base_branch'?",
      "4:3: unknown setting 'zzz' (known: base_branch, destination_branch, worktree_dir, repo_slug, auto_cleanup)",
      "6:5: a task without 'title'",
      "7:5: unknown key 'titel', did you mean 'title'?"),
    Fault(
      "missing id and title", "tasks:\n  - branch: b\n  - id: null\n    title: ''\n",
      "2:5: a task without 'id'", "2:5: a task without 'title'", "3:9: a task without 'id'"),
    Fault(
      "settings are a list", "settings: [a]\ntasks:\n  - {id: a, title: A}\n",
      "1:11: 'settings' must be a mapping, not a list"),
    Fault(
      "auto_cleanup", "settings:\n  auto_cleanup: maybe\ntasks:\n  - {id: a, title: A}\n",
      "2:17: 'auto_cleanup' must be true or false"),
    Fault(
      "text is a list", "tasks:\n  - id: [a]\n    title: {b: c}\n", "2:9: 'id' must be a string, not a list",
      "3:12: 'title' must be a string, not a mapping"),
    .task("list is a text", "needs: b", "4:12: 'needs' must be a list, not the string 'b'"),
    .task(
      "list of lists", "files_hint: [a, [b], ~]", "4:21: 'files_hint' must be a list of strings; this is a list",
      "4:26: 'files_hint' must be a list of strings; this is nothing"),
    .task("key twice", "title: B", "4:5: 'title' is given twice, first on line 3"),
    .task("key that is a list", "? [a]\n    : b", "4:7: a key must be a word, not a list"),
    .task(
      "anchor", "needs: &x []\n    files_hint: *x",
      "4:12: anchors and aliases are not allowed here; write the value out"),
    .task(
      "undefined alias", "description: *x", "4:18: anchors and aliases are not allowed here; write the value out"),
    .task(
      "merge key", "<<: {branch: x}",
      "4:5: unknown key '<<' (known: id, branch, title, description, files_hint, test_command, needs, agent, agents, candidates, launcher, model, max_turns)"
    ),
  ]

  static let rules: [Fault] = [
    .id("../x", "'../x' may contain only letters, digits, '.', '_' and '-', not '/'"),
    .id("a/b", "'a/b' may contain only letters, digits, '.', '_' and '-', not '/'"),
    .id("\"a\\x07\"", "'a^G' may contain only letters, digits, '.', '_' and '-', not '^G'"),
    .id("é", "'é' may contain only letters, digits, '.', '_' and '-', not 'é'"),
    .id("\"\"", "'' is empty"),
    .id("..", "'..' may not begin with '.'"),
    .id("a..b", "'a..b' may not contain '..'"),
    .id("-a", "'-a' may not begin with '-'"),
    .id("a.", "'a.' may not end with '.'"),
    .id("a.Lock", "'a.Lock' may not end with '.lock'"),
    .id(String(repeating: "a", count: 101), "'\(String(repeating: "a", count: 60))…' is longer than 100 characters"),
    .branch("a b", "'a b' may not contain ' '"),
    .branch("a..b", "'a..b' may not contain '..'"),
    .branch("a~1", "'a~1' may not contain '~'"),
    .branch("'@{-1}'", "'@{-1}' may not contain '@{'"),
    .branch("HEAD", "'HEAD' is reserved by git"),
    .branch("\"\\0\"", "'^@' may not contain control characters"),
    .branch("/a", "'/a' may not begin or end with '/', or contain '//'"),
    .branch("a/.b", "'a/.b' may not have a part that begins with '.'"),
    .branch("a.lock/b", "'a.lock/b' may not have a part that ends with '.lock'"),
    .branch("-a", "'-a' may not begin with '-'"),
    .branch("refs/heads/a", "'refs/heads/a' must be the short name, without 'refs/heads/'"),
    .task("NUL", "description: \"a\\0b\"", "4:18: task 'a': 'description' contains a NUL character"),
    .task("model", "model: --evil", "4:12: task 'a': '--evil' is not a model name"),
    .task(
      "launcher", "launcher: slrum",
      "4:15: 'launcher' must be one of local, slurm, ssh, not 'slrum', did you mean 'slurm'?"),
    .task("turns", "max_turns: 0", "4:16: 'max_turns' must be a whole number from 1 to 1000000"),
    .task("no number of turns", "max_turns: many", "4:16: 'max_turns' must be a whole number from 1 to 1000000"),
    .task("test command", "test_command: ' '", "4:19: task 'a': 'test_command' is empty; leave it out instead"),
    .init(
      "folder of a candidate's branch",
      """
      tasks:
        - {id: b, title: B, branch: feature/a@2/b}
        - {id: a, title: A, branch: feature/a, candidates: 2}
      """,
      "3:31: branch 'feature/a@2', of a candidate of task 'a', cannot exist next to 'feature/a@2/b', which needs a "
        + "folder of that name"),
    .task("needs itself", "needs: [a]", "4:13: task 'a' needs itself"),
    .task(
      "needs something unknown", "needs: [b, aa]", "4:13: task 'a' needs 'b', which is not a task of the plan",
      "4:16: task 'a' needs 'aa', which is not a task of the plan"),
    Fault(
      "title of two lines", "tasks:\n  - id: a\n    title: |\n      A\n      B\n",
      "3:12: task 'a': the title must be one line without control characters"),
    Fault("empty title", "tasks:\n  - id: a\n    title: ' '\n", "3:12: task 'a': the title is empty"),
    Fault(
      "same id",
      "tasks:\n  - {id: a, title: A, branch: x}\n  - {id: A, title: A, branch: y}\n  - {id: a, title: A, branch: z}\n",
      "3:10: task id 'A' is used twice (as 'a'; ids name folders, and some file systems ignore case)",
      "4:10: task id 'a' is used twice"),
    Fault(
      "same branch", "tasks:\n  - {id: a, title: A, branch: x}\n  - {id: b, title: B, branch: X}\n",
      "3:31: branch 'X' is already the branch of task 'a'"),
    Fault(
      "branch in the folder of another",
      "tasks:\n  - {id: a, title: A, branch: x}\n  - {id: b, title: B, branch: x/y}\n",
      "3:31: branch 'x/y' cannot exist next to 'x', the branch of task 'a'"),
    Fault(
      "branch that is the folder of another",
      "tasks:\n  - {id: a, title: A, branch: x/y/z}\n  - {id: b, title: B, branch: x/y}\n",
      "3:31: branch 'x/y' cannot exist next to 'x/y/z', which needs a folder of that name"),
    Fault(
      "branch is the base", "settings:\n  base_branch: main\ntasks:\n  - {id: a, title: A, branch: main}\n",
      "4:31: branch 'main' is already the plan's 'base_branch'"),
    Fault(
      "base branch",
      "settings:\n  base_branch: --upload-pack=x\n  destination_branch: a b\n  repo_slug: ''\ntasks:\n  - {id: a, title: A}\n",
      "2:16: 'base_branch' may not begin with '-'", "3:23: branch 'a b' may not contain ' '",
      "4:14: 'repo_slug' is empty; leave it out to use git config"),
    Fault(
      "cycle",
      "tasks:\n  - {id: a, title: A, needs: [b]}\n  - {id: b, title: B, needs: [c]}\n  - {id: c, title: C, needs: [a]}\n  - {id: d, title: D, needs: [a]}\n",
      "4:31: the needs form a cycle: a → b → c → a"),
    Fault(
      "near name", "tasks:\n  - {id: login-page, title: A}\n  - {id: b, title: B, needs: [loginpage]}\n",
      "3:31: task 'b' needs 'loginpage', which is not a task of the plan, did you mean 'login-page'?"),
  ]

  @Test(arguments: shape) func `what has not the shape of a plan is refused with its place`(_ fault: Fault) {
    let found = faults(fault.yaml)
    #expect(found == fault.messages)
  }

  @Test(arguments: rules) func `what breaks a rule is refused with its place`(_ fault: Fault) {
    #expect(faults(fault.yaml) == fault.messages)
  }

  @Test(arguments: ["- ", "[", "{a: ", "? "]) func `deep nesting is an error, not a crash`(_ opening: String) {
    #expect(faults("tasks: \(opening == "- " ? "\n" : "")" + String(repeating: opening, count: 100_000)).count == 1)
  }

  @Test func `aliases cannot make a plan large`() {
    var yaml = "l0: &l0 [x,x,x,x,x,x,x,x,x]\n"
    for level in 1...30 {
      yaml += "l\(level): &l\(level) [" + String(repeating: "*l\(level - 1),", count: 8) + "*l\(level - 1)]\n"
    }
    yaml += "? *l30\n: x\n"
    #expect(faults(yaml) == ["plan.yaml:1:5: anchors and aliases are not allowed here; write the value out"])
    // The same name again and again.
    let same = "a: &a [x]\n" + String(repeating: "b: &a [*a, *a]\n", count: 40) + "? *a\n: x\n"
    #expect(faults(same).count == 1)
  }

  @Test func `code in a description is not an alias`() throws {
    let code = (1...40).map { "*p\($0) = &p\($0); f(*p\($0), &p\($0));" }.joined(separator: "\n")
    let plan = try TaskPlan(tasks: [AgentTask(id: "a", title: "A", description: code)])
    #expect(try TaskPlan(yaml: plan.yaml(), file: "p") == plan)
  }

  @Test func `files that cannot be read have an error of their own`() throws {
    try withTemporaryDirectory { folder in
      func message(_ name: String, _ bytes: [UInt8]?) throws -> String {
        if let bytes { try write(bytes, to: folder.appending(name)) }
        do {
          _ = try TaskPlan.read(folder.appending(name), displayName: name)
          return "no error"
        } catch {
          return error.description
        }
      }
      #expect(try message("none.yaml", nil) == "none.yaml: does not exist; write a plan with 'git orch generate TODO'")
      #expect(try message("empty.yaml", []) == "empty.yaml: is empty; write a plan with 'git orch generate TODO'")
      #expect(try message(".", nil) == ".: is a directory, not a file")
      #expect(
        try message("utf16.yaml", [0xFF, 0xFE, 0x61, 0])
          == "utf16.yaml: is not UTF-8 text (line 1, byte 0): save it as UTF-8")
      #expect(
        try message("large.yaml", [UInt8](repeating: 0x23, count: 10_000_001)) == "large.yaml: is larger than 10 MB")
      let readable = try message("bom.yaml", [0xEF, 0xBB, 0xBF] + Array("tasks: [{id: a, title: A}]".utf8))
      #expect(readable == "no error")
      #expect(
        try message("bad.yaml", Array("tasks: x\n".utf8)) == "bad.yaml:1:8: 'tasks' must be a list, not the string 'x'")
    }
  }

  @Test func `faults of shape and of rules come together, and none is a false one`() {
    let yaml = """
      tasks:
        - {id: a, title: A, needs: [c, b]}
        - {id: b, titel: B}
        - {id: -c, title: C}
      """
    #expect(
      faults(yaml) == [
        "plan.yaml:3:5: a task without 'title'", "plan.yaml:3:13: unknown key 'titel', did you mean 'title'?",
      ])
    #expect(
      faults(yaml.replacing("titel", with: "title").replacing("needs", with: "models")) == [
        "plan.yaml:2:23: unknown key 'models', did you mean 'model'?",
        "plan.yaml:4:10: task id '-c' may not begin with '-'",
      ])
  }

  @Test func `many faults are shown in part`() {
    let yaml = "tasks:\n" + String(repeating: "  - x\n", count: 60)
    #expect(throws: PlanError.self) { try TaskPlan(yaml: yaml, file: "p") }
    do { _ = try TaskPlan(yaml: yaml, file: "p") } catch {
      #expect(error.description.hasSuffix("\nand 10 more"))
      #expect(error.description.split(separator: "\n").count == 51)
    }
  }
}
