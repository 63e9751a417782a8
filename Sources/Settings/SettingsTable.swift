import Basics

/// Every setting there is, in the order documentation shows them.
package enum SettingsTable {
  package static let all: [SettingDescription] = rows.map(\.details)

  /// The fields of those whose middle part the user chooses, such as `mcp.<name>.command`.
  package static let families: [SettingDescription] = SettingFamilies.fields

  static let rows: [any AnySettingKey] = [
    SettingKey.gitProvider, SettingKey.gitBaseBranch, SettingKey.gitDestinationBranch, SettingKey.gitRemote,
    SettingKey.gitRepoSlug,
    SettingKey.worktreeDir,
    SettingKey.worktreeCopy, SettingKey.worktreeSetup, SettingKey.worktreeSetupTimeout,
    SettingKey.projectKeyFiles, SettingKey.projectTestCommand, SettingKey.projectTestInstructions,
    SettingKey.projectAgentInstructions,
    SettingKey.workflowMode, SettingKey.workflowAutoApprove, SettingKey.workflowAutoPr,
    SettingKey.workflowStopAfterGenerate, SettingKey.workflowStopAfterRun,
    SettingKey.toolsPermissionMode, SettingKey.toolsAllowedCli, SettingKey.toolsAllowedTools,
    SettingKey.toolsDisallowedTools, SettingKey.toolsAddDirs, SettingKey.toolsSkipPermissions,
    SettingKey.agentKind, SettingKey.agentCommand, SettingKey.agentModel, SettingKey.agentInactivityTimeout,
    SettingKey.agentMaxRuntime,
    SettingKey.agentMaxRetries, SettingKey.agentUseResume, SettingKey.agentRetryDelay, SettingKey.agentMaxTurns,
    SettingKey.agentMaxBudgetUsd,
    SettingKey.envHide, SettingKey.envPass,
    SettingKey.runJobs, SettingKey.runCandidates, SettingKey.runReviewCandidates, SettingKey.runMaxLogSize,
    SettingKey.runMemoryFloor, SettingKey.runDiskFloor,
    SettingKey.runReuseWorktrees, SettingKey.runMaxBudgetUsd, SettingKey.runOnBudget,
    SettingKey.runOnConflict,
    SettingKey.launcher, SettingKey.slurmHost, SettingKey.slurmPartition, SettingKey.slurmAccount,
    SettingKey.slurmMemory,
    SettingKey.slurmCpus, SettingKey.slurmTimeLimit, SettingKey.slurmMaxPending, SettingKey.slurmOptions,
    SettingKey.sshHosts, SettingKey.sshFolder, SettingKey.sshMemory, SettingKey.sshCpus, SettingKey.sshTimeLimit,
    SettingKey.sshMaxSilence,
    SettingKey.notifyTerminal, SettingKey.notifyCommand,
    SettingKey.cleanupTrashExpire,
    SettingKey.sandboxMode, SettingKey.sandboxAgents, SettingKey.sandboxNetwork, SettingKey.sandboxWritable,
    SettingKey.prDraft, SettingKey.prReviewers, SettingKey.prLabels, SettingKey.prAssignees, SettingKey.prMilestone,
    SettingKey.landDeleteBranch, SettingKey.landRerere,
    SettingKey.reviewAgent, SettingKey.reviewAutomerge, SettingKey.reviewMergeMethod, SettingKey.reviewTestBeforeMerge,
    SettingKey.reviewRequireAllTestsPass,
    SettingKey.reviewChecksTimeout, SettingKey.reviewToolsPermissionMode, SettingKey.reviewToolsAllowedCli,
    SettingKey.reviewToolsAllowedTools, SettingKey.reviewToolsDisallowedTools,
    SettingKey.guardSecrets, SettingKey.guardAllow, SettingKey.guardIgnored, SettingKey.guardSubmodules,
    SettingKey.guardIdentity,
    SettingKey.generateSource, SettingKey.todoUpdate,
    SettingKey.ledgerRemote, SettingKey.ledgerInclude,
    SettingKey.mcpsEnabled,
    SettingKey.trust,
  ]

  /// The row for a name as git's listing prints it, without `orchestrator.`: git keeps the case of the subsection and
  /// lowers that of the variable.
  static func row(gitName: String) -> (any AnySettingKey)? { rowsByGitName[gitName] }

  private static let rowsByGitName = Dictionary(
    rows.map { (gitName(of: $0.name), $0) }, uniquingKeysWith: { first, _ in first })

  /// A canonical name in the form git's listing has it: the last part in lower case.
  static func gitName(of name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return name.lowercased() }
    return "\(name[...dot])\(name[dot...].dropFirst().lowercased())"
  }

  /// The canonical name somebody means, without `orchestrator.`: any case, snake case, with or without the prefix.
  static func canonicalName(_ name: String) -> String? {
    canonicalNames[folded(name)] ?? SettingFamilies.row(withoutPrefix(name))?.name
  }

  /// The name nearest to one that does not exist, without `orchestrator.`; nil when none is near.
  static func suggestion(for name: String) -> String? {
    canonicalName(name) ?? SettingFamilies.suggestion(for: withoutPrefix(name))
      ?? likelyMeant(folded(name), among: canonicalNames.keys.sorted()).first.flatMap { canonicalNames[$0] }
  }

  private static let canonicalNames = Dictionary(
    rows.map { (folded($0.name), $0.name) }, uniquingKeysWith: { first, _ in first })

  /// Whether there are settings below this folded name: `review.tools`.
  static func isSection(_ folded: String) -> Bool { sections.contains(folded) }

  private static let sections = Set(
    canonicalNames.keys.flatMap { name in
      name.indices.filter { name[$0] == "." }.map { String(name[..<$0]) }
    })

  private static func withoutPrefix(_ name: String) -> String {
    name.lowercased().hasPrefix("orchestrator.") ? String(name.dropFirst("orchestrator.".count)) : name
  }

  /// A name in lower case, without underscores and `orchestrator.`, so that all its spellings are one.
  static func folded(_ name: String) -> String {
    withoutPrefix(name).lowercased().filter { $0 != "_" }
  }
}
