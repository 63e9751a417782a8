package import Basics

// Settings whose values are words.

extension SettingKey where Value == ForgeProvider {
  package static var gitProvider: Self {
    SettingKey(
      "git.provider", .choice, default: .auto, needsTrust: true,
      summary: "where pull requests live; auto detects it from the remote's URL")
  }
}

extension SettingKey where Value == LauncherChoice {
  package static var launcher: Self {
    SettingKey(
      "launcher", .choice, default: .local, needsTrust: true,
      summary: "where the agents of runs work: here, as jobs of a Slurm cluster, or on hosts of ssh")
  }
}

extension SettingKey where Value == WorkflowMode {
  package static var workflowMode: Self {
    SettingKey(
      "workflow.mode", .choice, default: .review, needsTrust: true,
      summary: "review stops to show the plan before it is executed; yolo executes it at once")
  }
}

extension SettingKey where Value == AgentKind {
  package static var agentKind: Self {
    SettingKey(
      "agent.kind", .choice, default: .claude, needsTrust: true,
      summary: "kind of the usual agent; acp speaks that protocol, command takes a prompt and commits")
  }
}

extension SettingKey where Value == PermissionMode? {
  package static var reviewToolsPermissionMode: Self {
    SettingKey(
      "review.tools.permissionMode", .optional(.choice), default: nil, defaultText: "that of tools.permissionMode",
      needsTrust: true, summary: "what reviewers may do without asking, as the agent's --permission-mode")
  }
}

extension SettingKey where Value == PermissionMode {
  package static var toolsPermissionMode: Self {
    SettingKey(
      "tools.permissionMode", .choice, default: .acceptEdits, needsTrust: true,
      summary: "what agents may do without asking, as the agent's --permission-mode")
  }
}

extension SettingKey where Value == SandboxMode {
  package static var sandboxMode: Self {
    SettingKey(
      "sandbox.mode", .choice, default: .auto, needsTrust: true,
      summary: "put what runs a fork's code into a sandbox: never, where one can be made, or else do not run it")
  }
}

extension SettingKey where Value == ReviewMergeMethod {
  package static var reviewMergeMethod: Self {
    SettingKey(
      "review.mergeMethod", .choice, default: .auto,
      summary: "how pull requests are merged; auto is squash where the repository allows it")
  }
}

extension SettingKey where Value == BudgetMode {
  package static var runOnBudget: Self {
    SettingKey(
      "run.onBudget", .choice, default: .stop,
      summary: "what agents at work do when run.maxBudgetUsd is spent: stop, with their work saved, or finish")
  }
}

extension SettingKey where Value == ConflictMode {
  package static var runOnConflict: Self {
    SettingKey(
      "run.onConflict", .choice, default: .tell,
      summary:
        "when branches of a run conflict: tell the later agent, hold its next attempt, or do not look")
  }
}

extension SettingKey where Value == WorktreeReuse {
  package static var runReuseWorktrees: Self {
    SettingKey(
      "run.reuseWorktrees", .choice, default: .off,
      summary: "give the next task the worktree of one that is done: off, with ignored files removed, or kept")
  }
}

extension SettingKey where Value == TodoUpdate {
  package static var todoUpdate: Self {
    SettingKey(
      "todo.update", .choice, default: .links,
      summary: "what the to-do list gets: nothing, links to pull requests, or ticks of what has landed as well")
  }
}

extension SettingKey<PlanSource> {
  package static var generateSource: Self {
    SettingKey(
      "generate.source", .choice, default: .auto,
      summary: "what turns a to-do list into a plan; auto tries api, claude and markdown in turn")
  }
}

extension SettingKey<[LedgerInclusion]> {
  package static var ledgerInclude: Self {
    SettingKey(
      "ledger.include", .choices(), default: [], needsTrust: true,
      summary: "what the ledger of a run has besides what happened: logs, paths, prompts, settings")
  }
}
