/// A command of the suite, as lists of commands show it.
package struct OwnCommand: Sendable {
  /// The word after `git orch`; the executable is `git-orch-` and this.
  package let name: String
  /// One line, beginning with a verb, without a full stop.
  package let summary: String
}

/// The commands that belong to the suite, in the order of a user's work.
package let ownCommands = [
  OwnCommand(name: "init", summary: "Look at a repository and write the settings that fit it"),
  OwnCommand(name: "run", summary: "Plan a to-do list, or execute its plan with agents in parallel"),
  OwnCommand(name: "yolo", summary: "Plan a to-do list and execute it without stopping in between"),
  OwnCommand(name: "generate", summary: "Turn a to-do list into a plan, task_config.yaml"),
  OwnCommand(name: "review", summary: "Review, test, mend and merge pull requests with agents"),
  OwnCommand(name: "status", summary: "Show what a run did or is doing"),
  OwnCommand(name: "log", summary: "Show what the agent of a task said and did"),
  OwnCommand(name: "config", summary: "Get and set settings, and see where each comes from"),
  OwnCommand(name: "doctor", summary: "Check everything a run needs, and say how to mend it"),
]
