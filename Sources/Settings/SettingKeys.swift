// Static members of a generic type cannot be stored, so each key is computed; making one costs a few copies.

extension SettingKey where Value == String? {
  package static var gitBaseBranch: Self {
    SettingKey(
      "git.baseBranch", .optional(.text), default: nil, defaultText: "auto",
      summary: "branch that tasks start from; auto is the remote's default branch, else the current one")
  }
  package static var gitDestinationBranch: Self {
    SettingKey(
      "git.destinationBranch", .optional(.text), default: nil, defaultText: "the base branch",
      summary: "branch that pull requests are opened against")
  }
  package static var gitRepoSlug: Self {
    SettingKey(
      "git.repoSlug", .optional(.text), default: nil, defaultText: "auto",
      summary: "owner/name of the repository on its forge; auto reads it from the remote's URL")
  }
  package static var prMilestone: Self {
    SettingKey("pr.milestone", .optional(.text), default: nil, summary: "milestone of new pull requests, by its title")
  }
  package static var worktreeSetup: Self {
    SettingKey(
      "worktree.setup", .optional(.text), default: nil, needsTrust: true,
      summary: "shell command run in each new worktree before its agent starts")
  }
  package static var projectTestCommand: Self {
    SettingKey(
      "project.testCommand", .optional(.text), default: nil, needsTrust: true,
      summary: "shell command that runs the project's tests")
  }
  package static var notifyCommand: Self {
    SettingKey(
      "notify.command", .optional(.text), default: nil, needsTrust: true,
      summary: "shell command run when a run is done, paused or needs you; it gets JSON on standard input")
  }
  package static var projectTestInstructions: Self {
    SettingKey(
      "project.testInstructions", .optional(.text), default: nil, needsTrust: true,
      summary: "how agents test their work, in words; @file reads a file of the repository")
  }
  package static var projectAgentInstructions: Self {
    SettingKey(
      "project.agentInstructions", .optional(.text), default: nil, needsTrust: true,
      summary: "text added to every agent's task; @file reads a file of the repository")
  }
  package static var agentModel: Self {
    SettingKey(
      "agent.model", .optional(.text), default: nil, defaultText: "the agent's own",
      summary: "model the agents use")
  }
  package static var agentCommand: Self {
    SettingKey(
      "agent.command", .optional(.text), default: nil, defaultText: "the kind's name", needsTrust: true,
      summary: "program of the agent: a name on PATH or a path; for kind command, a shell command")
  }
  package static var reviewAgent: Self {
    SettingKey(
      "review.agent", .optional(.text), default: nil, defaultText: "that of agent.kind", needsTrust: true,
      summary: "agent that reviews pull requests: claude, codex, or your own as agents.<name>.*")
  }
}

extension SettingKey where Value == String {
  package static var gitRemote: Self {
    SettingKey("git.remote", .text, default: "origin", summary: "remote that branches are pushed to")
  }
  package static var worktreeDir: Self {
    SettingKey(
      "worktreeDir", .text, default: "../worktrees", needsTrust: true,
      summary: "folder for worktrees, in a subfolder that is named like the repository")
  }
}

extension SettingKey where Value == [String] {
  /// Read from the repository's own configuration alone, whatever the order of layers.
  package static var trust: Self {
    SettingKey(
      "trust", .list, default: [],
      summary: "hashes of the committed values that the user trusts, in the repository's own configuration only")
  }
  package static var mcpsEnabled: Self {
    SettingKey(
      "mcps.enabled", .list, default: [], needsTrust: true,
      summary: "MCP servers that agents may use: known ones, or your own as mcp.<name>.*")
  }
  package static var reviewToolsAllowedCli: Self {
    SettingKey(
      "review.tools.allowedCli", .list, default: [], defaultText: "those of tools.allowedCli", needsTrust: true,
      summary: "programs reviewers may run with any arguments")
  }
  package static var reviewToolsAllowedTools: Self {
    SettingKey(
      "review.tools.allowedTools", .list, default: [], defaultText: "those of tools.allowedTools", needsTrust: true,
      summary: "tools reviewers may use without asking, in the agent's own notation")
  }
  package static var reviewToolsDisallowedTools: Self {
    SettingKey(
      "review.tools.disallowedTools", .list, default: [], defaultText: "those of tools.disallowedTools",
      needsTrust: true, summary: "tools reviewers may never use, in the agent's own notation")
  }
  package static var prReviewers: Self {
    SettingKey(
      "pr.reviewers", .list, default: [],
      summary: "who is asked to review new pull requests; organization/team asks a team")
  }
  package static var prLabels: Self {
    SettingKey("pr.labels", .list, default: [], summary: "labels of new pull requests")
  }
  package static var prAssignees: Self {
    SettingKey("pr.assignees", .list, default: [], summary: "who new pull requests are assigned to")
  }
  package static var envHide: Self {
    SettingKey(
      "env.hide", .list, default: [],
      summary: "variables that agents, tests and set-up commands do not get; NAME, or AWS_* for all that begin so")
  }
  package static var envPass: Self {
    SettingKey(
      "env.pass", .list, default: [], needsTrust: true,
      summary: "variables that they do get although they are hidden, such as GH_TOKEN")
  }
  package static var worktreeCopy: Self {
    SettingKey(
      "worktree.copy", .list, default: [".env"], needsTrust: true,
      summary: "ignored files copied from the main worktree into each new one, when they exist")
  }
  package static var guardAllow: Self {
    SettingKey(
      "guard.allow", .list, default: [], needsTrust: true,
      summary: "files that may hold what looks like a secret, as patterns such as Tests/*.pem")
  }
  package static var projectKeyFiles: Self {
    SettingKey("project.keyFiles", .list, default: [], summary: "files that the planner and agents should read first")
  }
  package static var sandboxWritable: Self {
    SettingKey(
      "sandbox.writable", .list, default: [], needsTrust: true,
      summary: "files and folders that what sandbox.agents covers may change, too, such as caches"
    )
  }
  package static var toolsAllowedCli: Self {
    SettingKey(
      "tools.allowedCli", .list, default: [], needsTrust: true,
      summary: "programs agents may run with any arguments, such as gh or npm")
  }
  package static var toolsAllowedTools: Self {
    SettingKey(
      "tools.allowedTools", .list, default: [], needsTrust: true,
      summary: "tools agents may use without asking, in the agent's own notation")
  }
  package static var toolsDisallowedTools: Self {
    SettingKey(
      "tools.disallowedTools", .list, default: [], needsTrust: true,
      summary: "tools agents may never use, in the agent's own notation")
  }
  package static var toolsAddDirs: Self {
    SettingKey(
      "tools.addDirs", .list, default: [], needsTrust: true,
      summary: "folders outside the worktree that agents may work in, relative to the repository's root")
  }
}

extension SettingKey where Value == Bool {
  package static var workflowAutoApprove: Self {
    SettingKey(
      "workflow.autoApprove", .boolean, default: false, needsTrust: true,
      summary: "execute without asking for confirmation")
  }
  package static var workflowStopAfterGenerate: Self {
    SettingKey(
      "workflow.stopAfterGenerate", .boolean, default: false,
      summary: "stop once the plan is written, whatever the mode")
  }
  package static var notifyTerminal: Self {
    SettingKey(
      "notify.terminal", .boolean, default: true,
      summary: "tell the terminal how a run goes: its title, a bell, a desktop notice where it has them")
  }
  package static var workflowAutoPr: Self {
    SettingKey(
      "workflow.autoPr", .boolean, default: true, summary: "open a pull request for each task that succeeded")
  }
  package static var workflowStopAfterRun: Self {
    SettingKey(
      "workflow.stopAfterRun", .boolean, default: false,
      summary: "stop once the branches are pushed: no pull requests, no review")
  }
  package static var reviewAutomerge: Self {
    SettingKey(
      "review.automerge", .boolean, default: false, needsTrust: true,
      summary: "merge pull requests that pass their review")
  }
  package static var landRerere: Self {
    SettingKey(
      "land.rerere", .boolean, default: true,
      summary: "resolve a conflict of landings as it was resolved before, where the tests pass with that")
  }
  package static var landDeleteBranch: Self {
    SettingKey(
      "land.deleteBranch", .boolean, default: false,
      summary: "delete the remote's branch of what is merged, once nothing is based on it")
  }
  package static var prDraft: Self {
    SettingKey("pr.draft", .boolean, default: false, summary: "open pull requests as drafts")
  }
  package static var reviewTestBeforeMerge: Self {
    SettingKey(
      "review.testBeforeMerge", .boolean, default: true, needsTrust: true,
      summary: "run the test command at the commit that is reviewed")
  }
  package static var reviewRequireAllTestsPass: Self {
    SettingKey(
      "review.requireAllTestsPass", .boolean, default: true, needsTrust: true,
      summary: "neither approve nor merge while tests fail")
  }
  package static var toolsSkipPermissions: Self {
    SettingKey(
      "tools.skipPermissions", .boolean, default: false, needsTrust: true,
      summary: "let agents do everything without asking; for sandboxes only")
  }
  package static var sandboxAgents: Self {
    SettingKey(
      "sandbox.agents", .boolean, default: false, needsTrust: true,
      summary: "put your own agents, tests and set-ups into a sandbox, too")
  }
  package static var sandboxNetwork: Self {
    SettingKey(
      "sandbox.network", .boolean, default: true, needsTrust: true,
      summary: "let what sandbox.agents covers reach the network; a fork's tests and set-up never do")
  }
  package static var guardSecrets: Self {
    SettingKey(
      "guard.secrets", .boolean, default: true, needsTrust: true,
      summary: "push no commit that adds what looks like a private key or a token")
  }
  package static var guardIgnored: Self {
    SettingKey(
      "guard.ignored", .boolean, default: true, needsTrust: true,
      summary: "push no commit that adds ignored files, or those that worktree.copy brought")
  }
  package static var guardSubmodules: Self {
    SettingKey(
      "guard.submodules", .boolean, default: true, needsTrust: true,
      summary: "push no commit with a submodule at a commit that its remote lacks")
  }
  package static var guardIdentity: Self {
    SettingKey(
      "guard.identity", .boolean, default: true, needsTrust: true,
      summary: "push no commit by anybody but you")
  }
  package static var agentUseResume: Self {
    SettingKey(
      "agent.useResume", .boolean, default: true, summary: "resume the agent's conversation in a retry")
  }
}

extension SettingKey where Value == Int {
  package static var agentMaxRetries: Self {
    SettingKey(
      "agent.maxRetries", .integer(in: 0...20), default: 2, summary: "how often a task is retried")
  }
  package static var runJobs: Self {
    SettingKey("run.jobs", .integer(in: 1...1024), default: 4, summary: "how many agents run at a time")
  }
}

extension SettingKey where Value == Int64 {
  package static var runMaxLogSize: Self {
    SettingKey(
      "run.maxLogSize", .bytes, default: 2 << 30,
      summary: "most bytes that the streams of a run's agents take; beyond, their middles go; 0 is no limit")
  }
  package static var runMemoryFloor: Self {
    SettingKey(
      "run.memoryFloor", .bytes, default: 256 << 20,
      summary: "no further agent starts while less memory than this is available; 0 starts them all the same")
  }
  package static var runDiskFloor: Self {
    SettingKey(
      "run.diskFloor", .bytes, default: 256 << 20,
      summary: "no further agent starts while less of a disk is free than this; 0 starts them all the same")
  }
}

extension SettingKey where Value == Int? {
  package static var agentMaxTurns: Self {
    SettingKey(
      "agent.maxTurns", .optional(.integer(in: 1...1_000_000)), default: nil, defaultText: "no limit",
      summary: "most turns of conversation an agent may take in one attempt")
  }
}

extension SettingKey where Value == Double? {
  package static var agentMaxBudgetUsd: Self {
    SettingKey(
      "agent.maxBudgetUsd", .optional(.dollars), default: nil, defaultText: "no limit",
      summary: "most US dollars an agent may spend in one attempt")
  }
  package static var runMaxBudgetUsd: Self {
    SettingKey(
      "run.maxBudgetUsd", .optional(.dollars), default: nil, defaultText: "no limit",
      summary: "most US dollars that the agents of a run may spend together")
  }
}

extension SettingKey where Value == Duration {
  package static var agentInactivityTimeout: Self {
    SettingKey(
      "agent.inactivityTimeout", .duration(zeroAdvice: "a silent agent must be stopped at some point; 24h is long"),
      default: .seconds(300), summary: "an agent that makes no progress for this long is stopped and retried")
  }
  package static var agentMaxRuntime: Self {
    SettingKey(
      "agent.maxRuntime", .duration(zeroAdvice: "an agent must be stopped at some point; 168h is long"),
      default: .seconds(3600), summary: "an attempt that takes longer is stopped and retried")
  }
  package static var worktreeSetupTimeout: Self {
    SettingKey(
      "worktree.setupTimeout", .duration(zeroAdvice: "a worktree must be ready at some point; 24h is long"),
      default: .seconds(3600), summary: "git's checkout of a worktree, and its setup command, may each take this long")
  }
  package static var reviewChecksTimeout: Self {
    SettingKey(
      "review.checksTimeout", .duration(zeroAdvice: nil), default: .seconds(900),
      summary: "how long a merge waits for the forge's checks to finish; 0 does not wait")
  }
  package static var cleanupTrashExpire: Self {
    SettingKey(
      "cleanup.trashExpire", .duration(zeroAdvice: nil), default: .seconds(14 * 86_400),
      summary: "how long what git orch cleanup removes can be put back")
  }
  package static var agentRetryDelay: Self {
    SettingKey(
      "agent.retryDelay", .duration(zeroAdvice: nil), default: .seconds(5),
      summary: "pause before a retry")
  }
}
