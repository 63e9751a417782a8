import Basics
import PlanGeneration
import Plans
import RunViews
import SystemPackage
import TodoLists

/// A plan that waits for review, as JSON: what `generate --json` answers, and `run --json` when it stops before
/// executing. It shares the version of `StatusDocument`.
struct PlanDocument: Encodable {
  struct Task: Encodable {
    let id: String
    let title: String
    let branch: String
    let needs: [String]
    let description: String
    let filesHint: [String]
    let testCommand: String?
    // As the plan has them: what it does not say is left to the settings.
    let agent: String?
    let agents: [String]?
    let candidates: Int?
    let launcher: String?
    let model: String?
    let maxTurns: Int?
  }

  /// What of the to-do list was left out, or understood otherwise.
  struct Note: Encodable {
    let line: Int
    let kind: String
    let message: String
  }

  let schema = StatusDocument.schemaVersion
  let phase = "planned"
  let plan: String
  /// What made it.
  let source: String
  let tasks: [Task]
  let notes: [Note]

  /// - Parameter decided: the plan, with the candidates that its tasks will have.
  init(_ made: GeneratedPlan, _ decided: TaskPlan, path: FilePath) {
    plan = path.string
    source = made.source.rawValue
    tasks = decided.tasks.map {
      Task(
        id: $0.id, title: $0.title, branch: $0.branch, needs: $0.needs, description: $0.description,
        filesHint: $0.filesHint, testCommand: $0.testCommand, agent: $0.agent,
        agents: $0.agents.isEmpty ? nil : $0.agents, candidates: $0.candidates, launcher: $0.launcher?.rawValue,
        model: $0.model, maxTurns: $0.maxTurns)
    }
    notes = made.notes.map { Note(line: $0.line, kind: $0.kind.rawValue, message: $0.message) }
  }

  func json() throws -> String { try StatusDocument.json(self) }
}
