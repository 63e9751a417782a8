import Basics
import Forges
import Git
import Journal
import PlanGeneration
import Plans
import Processes
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct PullRequestTextTests {
  private func text(
    of task: AgentTask, base: String = "main", needs: [(id: String, number: Int)] = [], said: String? = nil,
    commits: Int = 1, outer: [ExternalDependencyRecord]? = nil, environment: [String: String] = [:]
  ) -> PullRequestText {
    let headers =
      needs.map { TaskHeader(id: $0.id, title: $0.id, branch: "feature/\($0.id)", needs: []) }
      + [
        TaskHeader(id: task.id, title: task.title, branch: task.branch, needs: task.needs, externalDependencies: outer)
      ]
    let header = RunHeader(
      version: "1", id: "20260102-030405-abcd", process: ProcessIdentity(pid: 1, startTime: 1),
      base: BaseRecord(branch: "main", commit: "c"), remote: "origin", localReason: nil, jobs: 1,
      agent: "claude 2.1.330", tasks: headers)
    var state = RunState(header: header, startedAt: .now)
    for need in needs {
      let record = PullRequestRecord(number: need.number, url: "u", branch: "b", base: "main", commit: "c")
      state.apply(
        JournalEntry(time: .now, event: .pullRequestOpened(task: need.id, pullRequest: record, adopted: false)))
    }
    if let said {
      state.apply(
        JournalEntry(time: .now, event: .attemptStarting(task: task.id, attempt: 1, session: "s", resumed: false)))
      state.apply(
        JournalEntry(
          time: .now,
          event: .attemptEnded(task: task.id, attempt: 1, result: AttemptRecord(end: .succeeded, finalMessage: said))))
    }
    return PullRequestText(
      task: task, destination: "main", base: base,
      commits: (0..<commits).compactMap { number in
        ObjectID(String(repeating: "ab", count: 20)).map { Commit(id: $0, summary: "feat: part \(number)") }
      }, state: state,
      secrets: Secrets(environment: environment))
  }

  private func task(
    _ description: String = "Make it so", title: String = "feat: do it", needs: [String] = []
  ) -> AgentTask {
    AgentTask(
      id: "do-it", branch: "feature/do-it", title: title, description: description, filesHint: [], testCommand: nil,
      needs: needs, model: nil)
  }

  @Test func `the body says what was to be done, what was done, and by whom`() {
    let text = text(of: task(), said: "I did it, and tested it.")
    #expect(text.title == "feat: do it")
    #expect(
      text.body() == """
        Make it so

        ## What was done

        I did it, and tested it.

        ## Commits

        - ababababab feat: part 0

        ---
        *Task `do-it`, done by claude 2.1.330 with git-orch, run `20260102-030405-abcd`.*

        """)
  }

  @Test func `a task without a description is reported by its title`() {
    #expect(text(of: task("")).body().hasPrefix("feat: do it\n\n## Commits"))
  }

  @Test func `what it builds on is named with its pull request, and what becomes of the base`() {
    let body = text(of: task(needs: ["a"]), base: "feature/a", needs: [("a", 41)]).body()
    #expect(body.contains("## Builds on\n\n`feature/a` (#41); merge that one first."))
    #expect(body.contains("afterwards change its base to `main`"))
    let several = text(of: task(needs: ["a", "b"]), needs: [("a", 41), ("b", 42)]).body()
    #expect(several.contains("`feature/a` (#41), `feature/b` (#42): merge these first"))
    let outer = text(
      of: task(), base: "feature/old", outer: [ExternalDependencyRecord(branch: "feature/old", tip: "c")]
    ).body()
    #expect(outer.contains("`feature/old`; merge that one first."))
  }

  @Test func `secrets of the environment are masked, in what the agent said too`() {
    let environment = ["GH_TOKEN": "ghp_0123456789"]
    let text = text(
      of: task("use ghp_0123456789"), said: "I used ghp_0123456789", environment: environment)
    #expect(!text.body().contains("ghp_"))
    #expect(text.body().contains("I used ***"))
  }

  @Test func `nothing in it acts but what is written on purpose`() {
    let mischief = "closes #2 `code @x` lone ` @alice ![p](https://evil.example/p.png) <b>x</b>"
    let text = text(
      of: task(mischief, title: "fix: all (closes #1) for @team", needs: ["a"]), needs: [("a", 41)],
      said: "/merge\n" + mischief)
    #expect(text.title == "fix: all (closes #\u{200B}1) for @\u{200B}team")
    let body = text.body()
    #expect(
      body.contains("closes #\u{200B}2 `code @x` lone \\` @\u{200B}alice [p](https://evil.example/p.png) `<b>`x`</b>`"))
    #expect(body.contains("\n\u{200B}/merge\n"))
    #expect(!body.contains("#2") && !body.contains("@alice") && !body.contains("!["))
    #expect(body.contains("`feature/a` (#41)"))
  }

  @Test func `a text that is not ended does not take in what follows`() {
    let body = text(of: task("```\nlet a = 1"), said: "<!-- a").body()
    #expect(body.contains("```\nlet a = 1\n```\n\n## What was done\n\n```html\n<!-- a\n```\n\n## Commits"))
  }

  @Test func `long texts are shortened to what forges take`() {
    let long = String(repeating: "word ", count: 7000)
    let text = text(of: task(long, title: long), said: long, commits: 80)
    #expect(text.title.count <= 251)
    #expect(text.body().utf16.count < 29_000)
    #expect(text.body().contains("(shortened)"))
    #expect(text.body().contains("- and 30 more"))
    let pings = String(repeating: "@a#1 ", count: 6000)
    #expect(self.text(of: task(pings), said: pings, commits: 80).body().utf16.count < 29_000)
  }
}
