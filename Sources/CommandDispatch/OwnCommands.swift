/// A command of the suite, as lists of commands show it.
package struct Builtin: Sendable {
  /// The word after `git orch`; the executable is `git-orch-` and this.
  package let name: String
  /// One line, beginning with a verb, without a full stop.
  package let summary: String
}

/// The commands that belong to the suite, in the order of a user's work.
package let ownCommands = [
  Builtin(name: "init", summary: "Look at a repository and write the settings that fit it"),
  Builtin(name: "run", summary: "Plan a to-do list, or execute its plan with agents in parallel"),
  Builtin(name: "yolo", summary: "Plan a to-do list and execute it without stopping in between"),
  Builtin(name: "generate", summary: "Turn a to-do list into a plan, task_config.yaml"),
  Builtin(name: "review", summary: "Review, test, mend and merge pull requests with agents"),
  Builtin(name: "status", summary: "Show what a run did or is doing"),
  Builtin(name: "log", summary: "Show what the agent of a task said and did"),
  Builtin(name: "config", summary: "Get and set settings, and see where each comes from"),
  Builtin(name: "doctor", summary: "Check everything a run needs, and say how to mend it"),
]
