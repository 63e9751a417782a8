/// What turns a to-do list into a plan. The raw values are those of `orchestrator.generate.source`.
package enum PlanSource: String, CaseIterable, Sendable {
  /// The API, then the usual agent's client, then the text alone: the first that can.
  case auto
  /// The Messages API over HTTP, with a key from the environment.
  case api
  /// The `claude` client.
  case claude
  /// The `codex` client.
  case codex
  /// No model: each item is a task.
  case markdown
}
