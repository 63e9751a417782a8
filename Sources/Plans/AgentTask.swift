package import Basics

/// One unit of work for one agent, in its own worktree and on its own branch.
///
/// Named so that it never shadows Swift's `Task`.
package struct AgentTask: Sendable, Equatable {
  /// Names the task's worktree folder, its folder in the run, and the task in `needs`; see ``TaskID``.
  package let id: String
  /// The short name of the branch, without `refs/heads/`; see ``BranchName``.
  package let branch: String
  /// One line in conventional-commit form (`feat: add a login page`); also the title of the pull request.
  package let title: String
  /// What is to be done, in Markdown; never empty, at least the title.
  package let description: String
  /// Files, folders or patterns that the work is likely to touch; hints, not limits.
  package let filesHint: [String]
  /// A shell command that shows whether the work is right; `nil` where the project's own is meant.
  package let testCommand: String?
  /// Ids of the tasks of the same plan that must succeed first; this one then starts from their branches.
  package private(set) var needs: [String]
  /// The name of the agent that does it; `nil` for the usual one.
  package let agent: String?
  /// The agents of its candidates, which take turns where there are more of those; empty where it names none.
  package let agents: [String]
  /// How many attempts at it stand side by side, of which one is chosen; `nil` where the plan does not say.
  package internal(set) var candidates: Int?
  /// Where its agent runs; `nil` where the setting counts.
  package let launcher: LauncherChoice?
  /// The model for this task alone; `nil` where the setting counts.
  package let model: String?
  /// The most turns of an attempt of this task; `nil` where the setting counts.
  package let maxTurns: Int?
  /// Its part where several attempts stand side by side; `nil` of an ordinary task.
  package internal(set) var part: CandidatePart?

  package init(
    id: String, branch: String? = nil, title: String, description: String? = nil, filesHint: [String] = [],
    testCommand: String? = nil, needs: [String] = [], agent: String? = nil, agents: [String] = [],
    candidates: Int? = nil, launcher: LauncherChoice? = nil, model: String? = nil, maxTurns: Int? = nil
  ) {
    self.id = id
    self.branch = branch ?? Self.defaultBranch(for: id)
    // A byte order mark is no part of a text: it came along from the file that the text was copied from.
    self.title = title.withoutByteOrderMark
    self.description = (description ?? title).withoutByteOrderMark
    self.filesHint = filesHint.map(\.withoutByteOrderMark)
    self.testCommand = testCommand?.withoutByteOrderMark
    self.needs = needs
    self.agent = agent
    self.agents = agents
    self.candidates = candidates
    self.launcher = launcher
    self.model = model
    self.maxTurns = maxTurns
  }

  /// The branch of a task that names none: `feature/<id>`.
  package static func defaultBranch(for id: String) -> String { "feature/\(id)" }

  /// The same task with other needs.
  func needing(_ needs: [String]) -> AgentTask {
    var task = self
    task.needs = needs
    return task
  }
}

/// The settings a plan carries along; `nil` where the plan is silent and git config decides.
package struct PlanSettings: Sendable, Equatable {
  /// The branch (or any other commit name) that tasks without needs start from.
  package var baseBranch: String?
  /// The branch that pull requests ask to be merged into.
  package var destinationBranch: String?
  /// The folder that worktrees are made in, as written.
  package var worktreeDir: String?
  /// `owner/name` at the forge.
  package var repoSlug: String?
  /// Whether worktrees that hold nothing unsaved are removed when the run ends.
  package var autoCleanup: Bool?

  package init(
    baseBranch: String? = nil, destinationBranch: String? = nil, worktreeDir: String? = nil, repoSlug: String? = nil,
    autoCleanup: Bool? = nil
  ) {
    self.baseBranch = baseBranch
    self.destinationBranch = destinationBranch
    self.worktreeDir = worktreeDir
    self.repoSlug = repoSlug
    self.autoCleanup = autoCleanup
  }
}
