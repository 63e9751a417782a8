import Attempts
import Conflicts
import Discovery
import Engine
import Git
import Journal
import Plans

/// The texts that agents are given.
///
/// They begin with a heading, never with the user's own text: a client takes a first `/word` for a command of its own.
struct TaskPrompt: Sendable {
  let task: AgentTask
  let branch: String
  let baseBranch: String
  let worktree: String
  /// The command that runs the tests; the plan's before the setting's.
  let testCommand: String?
  /// How to test, in words (`project.testInstructions`).
  let testInstructions: String?
  /// Words for every task (`project.agentInstructions`).
  let agentInstructions: String?
  let keyFiles: [String]
  let commitStyle: CommitStyle?
  /// Files that the set-up command has left changed.
  var leftBySetup: [String] = []
  /// The project's template of the texts of pull requests; nil where none is opened, or there is none.
  var pullRequestTemplate: String?

  /// The prompt of an attempt that knows nothing yet.
  func first() -> String {
    var parts = [
      """
      # Task: \(task.title)

      You are a software engineer, alone with this task: nobody can answer questions or grant permissions while you
      work. You are in your own git worktree, `\(worktree)`, on branch `\(branch)`, which was created from
      `\(baseBranch)`. Others work on other tasks in their own worktrees at the same time.

      Task id: \(task.id)
      """,
      "## What to do\n\n" + fenced(task.description.isEmpty ? task.title : task.description),
    ]
    if !task.filesHint.isEmpty {
      parts.append(
        "## Where to look\n\nThe work is probably in these files; others may need to change too.\n\n"
          + list(task.filesHint))
    }
    if !keyFiles.isEmpty { parts.append("## Files to read first\n\n" + list(keyFiles)) }
    if let agentInstructions { parts.append("## About this project\n\n" + agentInstructions) }
    parts.append("## Tests\n\n" + tests)
    if !leftBySetup.isEmpty {
      parts.append(
        """
        ## Changed before you came

        The project's set-up has left these files changed and uncommitted. Leave them so, and out of your commits, unless
        your work changes them:

        """ + list(Array(leftBySetup.prefix(50))))
    }
    parts.append(rules)
    if let pullRequestTemplate {
      parts.append(
        """
        ## Your last message

        It becomes the text of a pull request, for which this project has a template. Write it in that form instead: fill
        in what you know, tick only what is done, leave out comments and what does not apply.

        """ + fenced(pullRequestTemplate))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// The prompt of an attempt that follows another.
  /// - Parameters:
  ///   - reason: how the attempt before ended, as a clause.
  ///   - state: what git says about the worktree now.
  ///   - resumed: whether the agent still has the conversation; otherwise the task is described again.
  ///   - conflicts: those that it has not heard of in that conversation.
  ///   - returned: why it was given back although it was done; nil of a task that never was.
  func next(
    after reason: String, state: CompletionProof?, resumed: Bool, conflicts: [ConflictNews] = [],
    returned: ReturnPrompt? = nil
  ) -> String {
    var parts: [String] = []
    if let returned {
      if !resumed { parts.append(first()) }
      parts.append("# Fix the task: \(task.title)\n\n" + returned.heading)
      if reason != returned.record.reason { parts.append("You were told so before, and then: \(reason).") }
      parts.append(returned.text())
    } else if resumed {
      parts.append(
        """
        # Continue the task: \(task.title)

        Your work on this task is not finished: \(reason). The conversation so far is above. A command that was
        still running has been stopped, and its outcome is unknown.
        """)
    } else {
      parts.append(first())
      parts.append(
        """
        ## You are not the first

        An earlier attempt at this task ended without finishing it: \(reason). What it did is still in the worktree.
        Look at it first (`git log`, `git status`, `git diff`), keep what is good, and continue from there.
        """)
    }
    if let state { parts.append("## Where things stand\n\n" + standing(state)) }
    if !conflicts.isEmpty {
      parts.append("## Conflicts with other work\n\n" + ConflictNews.text(of: conflicts, base: baseBranch))
    }
    if resumed, returned == nil {
      parts.append(
        """
        ## What is left

        Check what is done and what is not, finish the task, test it, and commit everything. The rules from the
        beginning still apply: stay on `\(branch)` in `\(worktree)`, do not push, leave nothing running.
        """)
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var tests: String {
    var words: [String] = []
    if let testInstructions { words.append(testInstructions) }
    // Instructions are the user's own words on how to test: they take the place of the setting's command, but not of the
    // one that this task has for itself.
    if let testCommand, testInstructions == nil || task.testCommand != nil {
      words.append(
        """
        Run the tests with exactly `\(testCommand)`, from the root of your worktree. \(outcome)
        """)
    }
    if testInstructions != nil, words.count == 1 { words.append(outcome) }
    if words.isEmpty {
      words.append("Add tests where the project has tests for this kind of work, and in the same style.")
    }
    return words.joined(separator: "\n\n")
  }

  private let outcome = """
    They must pass before you finish; if a test fails for a reason that is not your work, say so in your last message.
    """

  private var rules: String {
    """
    ## Rules

    - Do all of this task, and only this task. Follow the conventions of the code around you.
    - Work only inside `\(worktree)`. Stay on branch `\(branch)`: no other branches, no rebase, no stash.
    - Leave the rest of the repository alone: no `git config`, no tags, no hooks, no other worktrees. Commit no secrets
      and no ignored files.
    - Commit your work on this branch: `git add` the files, then \(commitStyle.instruction).
      Put `-m` first: commits in other forms may be refused. At the end `git status` must be clean: what is not
      committed does not count.
    - Do not push and do not open a pull request. That is done for you once your work is proven.
    - Commands run without anybody to approve them, and those beyond editing, testing and committing may be refused.
      Run one plain command at a time, without `cd` before it. When something is refused, find another way or say so
      at the end; do not try it again and again.
    - Leave no process running.
    - Your last message: a few lines on what you did, what you tested, and what is left.
    """
  }

  private func standing(_ state: CompletionProof) -> String {
    var lines: [String] = []
    if state.commits.isEmpty {
      lines.append("- no commit on the branch yet")
    } else {
      lines.append("- \(state.commits.count) commits on the branch, the newest: \(state.commits[0].summary)")
    }
    for fault in state.faults where fault != .noCommits { lines.append("- \(fault)") }
    if state.faults.isEmpty { lines.append("- everything is committed") }
    return lines.joined(separator: "\n")
  }

  private func list(_ paths: [String]) -> String { paths.map { "- `\($0)`" }.joined(separator: "\n") }

  /// The task's text between lines that it cannot contain, so that it reads as what to do and not as these rules.
  private func fenced(_ text: String) -> String {
    var fence = "~~~"
    while text.contains(fence) { fence += "~" }
    return "\(fence)\n\(text)\n\(fence)"
  }
}
