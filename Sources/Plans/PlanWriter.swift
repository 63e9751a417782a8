import Basics
import YAMLDocuments

extension TaskPlan {
  /// The plan as YAML, in the shape of `task_config.yaml`.
  ///
  /// Keys are in a fixed order, absent values are left out, texts of several lines are block literals. Reading the
  /// text gives the same plan, and writing that the same bytes.
  package func yaml() -> String {
    var writer = YAMLWriter()
    let fields: [(String, String?)] = [
      ("base_branch", settings.baseBranch), ("destination_branch", settings.destinationBranch),
      ("worktree_dir", settings.worktreeDir), ("repo_slug", settings.repoSlug),
    ]
    if settings != PlanSettings() {
      writer.line("settings:")
      for (key, value) in fields { writer.field(key, value, indent: 2) }
      if let autoCleanup = settings.autoCleanup { writer.line("  auto_cleanup: \(autoCleanup)") }
    }
    writer.line("tasks:")
    for task in tasks {
      writer.line("  - id: \(YAMLText.inline(task.id))")
      writer.field("branch", task.branch, indent: 4)
      writer.field("title", task.title, indent: 4)
      writer.field("description", task.description, indent: 4)
      writer.list("files_hint", task.filesHint, indent: 4)
      writer.field("test_command", task.testCommand, indent: 4)
      writer.list("needs", task.needs, indent: 4)
      writer.field("agent", task.agent, indent: 4)
      writer.list("agents", task.agents, indent: 4)
      if let candidates = task.candidates { writer.line("    candidates: \(candidates)") }
      writer.field("launcher", task.launcher?.rawValue, indent: 4)
      writer.field("model", task.model, indent: 4)
      if let turns = task.maxTurns { writer.line("    max_turns: \(turns)") }
    }
    return writer.text
  }
}
