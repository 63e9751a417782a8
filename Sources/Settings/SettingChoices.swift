/// Whether a run stops for the user between planning and executing.
package enum WorkflowMode: String, CaseIterable, Sendable {
  case review, yolo
}

/// Where pull requests live.
package enum ForgeProvider: String, CaseIterable, Sendable {
  /// What the remote's URL says.
  case auto
  case github, bitbucket
}

/// What an agent may do without being asked; the client's own names for its `--permission-mode`.
package enum PermissionMode: String, CaseIterable, Sendable {
  case `default`, manual, acceptEdits, plan, dontAsk, auto, bypassPermissions
}

/// Who turns a to-do list into a plan.
package enum GenerateSource: String, CaseIterable, Sendable {
  /// The first of the others that works: `api`, `claude`, `markdown`.
  case auto
  case api, claude, markdown
}
