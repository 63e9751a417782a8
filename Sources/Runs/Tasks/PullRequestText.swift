import Basics
import Engine
import Forges
import Git
import Journal
import Markdown
import Plans

/// The words of a task's pull request.
struct PullRequestText: Sendable {
  let task: AgentTask
  let destination: String
  let base: String
  /// Newest first.
  let commits: [Commit]
  let state: RunState
  let secrets: Secrets
  /// Whether the agent was given the project's template for its last message.
  var followsTemplate = false

  /// GitHub takes 65,536 characters, Bitbucket 32,768; what is left of that is for the frame.
  private static let mostCharacters = 28_000
  private static let mostCommits = 50

  /// Titles become subjects of commits, and so may close issues, too.
  var title: String { harmlessSubject(secrets.masking(task.title), limit: 250) }

  /// Markdown: what was to be done, what was done, what it builds on.
  func body() -> String {
    let commits = commitList
    let choice = choiceNote
    let rest = Self.mostCharacters - commits.utf16.count - (choice?.utf16.count ?? 0)
    let description = harmless(
      secrets.masking(task.description.isEmpty ? task.title : task.description), limit: rest / 2)
    var parts: [String] = []
    if followsTemplate, let words = finalMessage(limit: rest / 2) {
      parts = [words, "## Task\n\n" + description]
    } else {
      parts = [description]
      if let words = finalMessage(limit: rest / 2) { parts.append("## What was done\n\n" + words) }
    }
    if let choice { parts.append("## Chosen from several attempts\n\n" + choice) }
    parts.append("## Commits\n\n" + commits)
    if let needs = needsNote { parts.append("## Builds on\n\n" + needs) }
    let last = worker?.attempts.last?.agent
    // Older journals name the agent at their beginning alone.
    let name = last == nil || last == .ofOlderJournals ? state.header.agent : last?.label ?? ""
    let agent = harmlessLine(name, limit: 100)
    parts.append("---\n*Task \(Code.span(task.id)), done by \(agent) with git-orch, run `\(state.header.id)`.*")
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// Whose attempts did the work: the task's own, or those of the candidate that was chosen for it.
  private var worker: TaskState? {
    guard let own = state[task: task.id] else { return nil }
    guard let choice = own.choice, own.attempts.last?.number ?? 0 <= own.attemptBeforeChoice else { return own }
    return state[task: choice.candidate] ?? own
  }

  /// The candidates, the best first, and why that is so.
  private var choiceNote: String? {
    guard let own = state[task: task.id], let choice = own.choice else { return nil }
    func line(_ text: String) -> String { harmlessLine(secrets.masking(text), limit: 300) }
    var lines = choice.candidates.map { candidate in
      let agent = state[task: candidate.id]?.attempts.last.map { " by \(line($0.agent.label))" } ?? ""
      let isChosen = candidate.id == choice.candidate
      return "- \(isChosen ? "**" : "")\(Code.span(candidate.id))\(isChosen ? "**" : "")\(agent): "
        + (isChosen ? "chosen: \(line(choice.reason))" : line(candidate.reason ?? candidate.status.rawValue))
    }
    if let note = choice.note { lines.append("\n\(line(note))") }
    if let review = own.candidateReviews.first(where: { $0.candidate == choice.candidate }) {
      lines.append("\nThe reviewer on what was chosen:\n\n" + harmless(secrets.masking(review.summary), limit: 2000))
    }
    return lines.joined(separator: "\n")
  }

  private func finalMessage(limit: Int) -> String? {
    let words = worker?.attempts.last { $0.result?.end == .succeeded }?.result?.finalMessage
    guard let words, words.contains(where: { !$0.isWhitespace }) else { return nil }
    return harmless(secrets.masking(words), limit: limit)
  }

  private var commitList: String {
    var lines = commits.prefix(Self.mostCommits).reversed().map {
      "- \($0.id.abbreviated) \(harmlessLine(secrets.masking($0.summary), limit: 150))"
    }
    if commits.count > Self.mostCommits { lines.append("- and \(commits.count - Self.mostCommits) more") }
    return lines.joined(separator: "\n")
  }

  private var needsNote: String? {
    let inner = task.needs.compactMap { id -> String? in
      guard let need = state[task: id] else { return nil }
      return Code.span(need.header.branch) + (need.pullRequest.map { " (#\($0.number))" } ?? "")
    }
    let outer = state[task: task.id]?.header.externalDependencies?.map { Code.span($0.branch) } ?? []
    let needs = inner + outer
    guard !needs.isEmpty else { return nil }
    if base != destination {
      return """
        \(needs[0]); merge that one first. This pull request is against that branch, so that it \
        shows only its own changes; afterwards change its base to \(Code.span(destination)).
        """
    }
    return "\(needs.joined(separator: ", ")): merge these first; until then this pull request shows their changes, too."
  }
}
