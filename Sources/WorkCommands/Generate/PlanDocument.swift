import CommandSupport
import Plans
import SystemPackage

/// A plan that waits for review, as JSON: what `run --json` answers when it stops before executing. It shares the
/// version of `StatusDocument`.
struct PlanDocument: Encodable {
  struct Task: Encodable {
    let id: String
    let title: String
    let branch: String
    let needs: [String]
  }

  let schema = StatusDocument.schemaVersion
  let phase = "planned"
  let plan: String
  let tasks: [Task]

  init(_ plan: TaskPlan, path: FilePath) {
    self.plan = path.string
    tasks = plan.tasks.map { Task(id: $0.id, title: $0.title, branch: $0.branch, needs: $0.needs) }
  }

  func json() throws -> String { try StatusDocument.json(self) }
}
