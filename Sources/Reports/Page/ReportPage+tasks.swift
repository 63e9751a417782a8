import Basics
import Journal
import SystemPackage
import TerminalUI

/// The table of tasks, each with its details below it.
extension ReportPage {
  var taskSection: HTML {
    let bodies = state.tasks.enumerated().map { body(of: $1, number: $0 + 1) }
    return """
      <section>
      <h2 id="tasks">\(isReview ? "Pull requests" : "Tasks")</h2>
      <table class="tasks">
      <thead><tr><th scope="col">\(isReview ? "Pull request" : "Task")</th><th scope="col">Outcome</th><th scope="col">Pull request</th><th scope="col" class="n wide">Time</th><th scope="col" class="n wide">Attempts</th><th scope="col" class="n wide">Commits</th><th scope="col" class="n wide">Lines</th><th scope="col" class="n wide">Tokens</th><th scope="col" class="n">Cost</th></tr></thead>
      \(HTML(bodies))
      </table>
      </section>
      """
  }

  private func body(of task: TaskState, number: Int) -> HTML {
    let outcome = Outcome(task.status)
    let accounts = task.accounts
    let time = task.startedAt.map { span($0, task.endedAt ?? present) } ?? ""
    let attempts = task.attempts.isEmpty ? "" : "\(task.attempts.count)"
    let commits = task.commits.isEmpty ? "" : "\(task.commits.count)"
    let tokens = accounts.tokens.total > 0 ? countText(accounts.tokens.total) : ""
    let open: HTML = task.status.isFinal && !task.status.isGood && !task.attempts.isEmpty ? " open" : ""
    return """
      <tbody id="t\(number)">
      <tr><th scope="row">\(task.header.id)</th><td class="\(outcome.name)">\(outcome.sign) \(outcome.word)</td><td>\(pullRequest(of: task))</td><td class="n wide">\(time)</td><td class="n wide">\(attempts)</td><td class="n wide">\(commits)</td><td class="n wide">\(lines[task.header.id].map { html($0) } ?? .nothing)</td><td class="n wide">\(tokens)</td><td class="n">\(accounts.cost > 0 ? dollarText(accounts.cost) : "")</td></tr>
      <tr class="more"><td colspan="9"><details\(open)><summary>\(summary(of: task))</summary>
      <dl>
      \(HTML(details(of: task).map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }))
      </dl></details></td></tr>
      </tbody>
      """
  }

  /// `+96 -4`, after `before`; nothing where nothing changed.
  func html(_ lines: ChangedLines, before: String = "") -> HTML {
    guard lines.added > 0 || lines.removed > 0 else { return .nothing }
    return """
      \(before)<span class="add">+\(lines.added)</span> <span class="del">-\(lines.removed)</span>
      """
  }

  private func pullRequest(of task: TaskState) -> HTML {
    guard let request = task.pullRequest else { return "<span class=\"mute\">none</span>" }
    return .link(request.url, "#\(request.number)")
  }

  private func summary(of task: TaskState) -> String {
    let text = task.message ?? task.verdict?.summary ?? task.attempts.last?.result?.finalMessage ?? task.header.title
    return plainText(text, limit: 240)
  }

  private func details(of task: TaskState) -> [(String, HTML)] {
    let course = timeline.course(of: task.header.id)
    var details: [(String, HTML)] = []
    let needs = task.header.needs.joined(separator: ", ")
    let after: HTML = needs.isEmpty ? .nothing : " <span class=\"mute\">needs \(needs)</span>"
    details.append(("Title", "\(task.header.title)\(after)"))
    if let message = task.message { details.append((task.status.isGood ? "Note" : "Why", "\(message)")) }
    details.append(("Branch", branch(of: task, course)))
    if !task.commits.isEmpty { details.append(("Commits", commits(of: task))) }
    if !task.attempts.isEmpty {
      details.append(("Attempts", "<ol>\n\(HTML(task.attempts.map { line(of: $0, task, course) }))\n</ol>"))
    }
    if !task.denied.isEmpty { details.append(("Denied", denied(task))) }
    details += candidateDetails(of: task)
    if let verdict = task.verdict { details.append(("Verdict", text(of: verdict))) }
    if let tests = task.tests {
      let result = tests.passed ? "passed" : "failed (\(tests.outcome))"
      let log = link(FilePath(tests.log), "output").map { ", \($0)" as HTML } ?? .nothing
      details.append(("Tests", "<code>\(tests.command)</code> \(result)\(log)"))
    }
    if let posted = task.posted {
      details.append(("Posted", posted.url.map { HTML.link($0, posted.decision) } ?? "\(posted.decision)"))
    }
    if let commit = task.mergeCommit {
      let time = course.marks.last { if case .merged = $0.mark { true } else { false } }.map { ", \(clock($0.time))" }
      details.append(("Merged", "as <code>\(commit.prefix(10))</code>\(time ?? "")"))
    }
    if let saved = task.savedText {
      details.append(
        ("Saved", "\(saved): <code>git orch restore --run \(state.header.id) \(task.header.id)</code>"))
    }
    let changes = state.repositoryChanges.during(task.header.id)
    if !changes.isEmpty {
      details.append(
        (
          "Noticed",
          "\(changes.count) change\(changes.count == 1 ? "" : "s") of the repository meanwhile: see <a href=\"#notes\">notes</a>"
        ))
    }
    if !task.advice.isEmpty {
      details.append(("To do", "<ul>\n\(HTML(task.advice.map { "<li>\($0)</li>" }))\n</ul>"))
    }
    if !task.attempts.isEmpty { details.append(("Log", "<code>git orch log \(task.header.id)</code>")) }
    return details
  }

  private func branch(of task: TaskState, _ course: RunTimeline.Course) -> HTML {
    var words: [String] = []
    if let pushed = course.marks.last(where: { if case .pushed = $0.mark { true } else { false } }) {
      words.append("pushed \(clock(pushed.time))")
    } else if task.startedAt == nil {
      words.append("not made")
    }
    if task.worktree != nil, task.status.isFinal { words.append("the worktree is kept") }
    return "<code>\(task.header.branch)</code>\(words.isEmpty ? "" : ", " + words.joined(separator: "; "))"
  }

  private func commits(of task: TaskState) -> HTML {
    let shown = task.commits.prefix(50).map { "<li><code>\($0.id.prefix(10))</code> \($0.summary)</li>" as HTML }
    let left = task.commits.count - shown.count
    let more: HTML = left > 0 ? "\n<li class=\"mute\">and \(left) more</li>" : .nothing
    return "<ul>\n\(HTML(shown))\(more)\n</ul>"
  }

  private func line(of attempt: AttemptState, _ task: TaskState, _ course: RunTimeline.Course) -> HTML {
    let (_, text) = describe(attempt, of: task, course)
    let end = attempt.endedAt ?? present
    let accounts = attempt.accounts
    var facts: [String] = []
    if accounts.cost > 0 { facts.append(dollarText(accounts.cost)) }
    if let estimate = attempt.result?.estimatedCost { facts.append("about \(dollarText(estimate))") }
    let models = (attempt.result?.models ?? []).map(\.model).prefix(5)
    if !models.isEmpty { facts.append(models.joined(separator: ", ")) }
    if accounts.tokens.total > 0 { facts.append("\(countText(accounts.tokens.total)) tokens") }
    if let turns = attempt.result?.turns, turns > 0 { facts.append("\(turns) turn\(turns == 1 ? "" : "s")") }
    if let sandbox = attempt.sandbox { facts.append("in \(sandbox)") }
    let paths = folder.attempt(attempt.number, of: task.header.id)
    let links = [link(paths.log, "log"), link(paths.prompt, "prompt")].compactMap(\.self)
    let files: HTML = links.isEmpty ? .nothing : " \(HTML(links))"
    return """
      <li value="\(attempt.number)">\(clock(attempt.startedAt)) to \(clock(end)), \(span(attempt.startedAt, end)): \(plainText(text, limit: 300)) <span class="mute">\(facts.joined(separator: ", "))</span>\(files)</li>
      """
  }

  private func denied(_ task: TaskState) -> HTML {
    let shown = task.denied.prefix(20).map { denied -> HTML in
      let rule: HTML = denied.deniedBy.map { "<br><span class=\"mute\">by \($0)</span>" } ?? .nothing
      let remedy: HTML =
        denied.remedy.map { "<br><span class=\"mute\">to allow it: <code>\($0)</code></span>" } ?? .nothing
      return "<li>\(denied.tool) <code>\(denied.input)</code>\(rule)\(remedy)</li>"
    }
    let left = task.denied.count - shown.count
    let more: HTML = left > 0 ? "\n<li class=\"mute\">and \(left) more</li>" : .nothing
    return "<ul>\n\(HTML(shown))\(more)\n</ul>"
  }

  private func text(of verdict: VerdictRecord) -> HTML {
    let decision = verdict.decision == .approve ? "approve" : "request changes"
    let findings = verdict.findings.prefix(50).map { finding -> HTML in
      let place = finding.path.map { "\($0)\(finding.line.map { ":\($0)" } ?? "")" }
      let code: HTML = place.map { "<code>\($0)</code> " } ?? .nothing
      return "<li>\(finding.severity.rawValue)\(finding.fixed ? ", fixed" : ""): \(code)\(finding.message)</li>"
    }
    let list: HTML = findings.isEmpty ? .nothing : "\n<ul>\n\(HTML(findings))\n</ul>"
    return "<b>\(decision)</b>: \(verdict.summary)\(list)"
  }
}
