import Basics
import Engine
import Git
import Journal
import Ledger
package import Plans
import Processes
package import SystemPackage

/// The plan of a run that another clone has performed, wherever it was found.
package struct FoundPlan: Sendable {
  package let plan: TaskPlan
  /// The user's file; nil of one that others have written.
  package let path: FilePath?
  /// What messages call it.
  package let name: String

  /// The plan that is named; or that of the ledger, of the run's folder, of the checkout or of the commit on which the
  /// run is based: the first that is of these tasks.
  /// - Throws: `RunError` where there is none; `PlanError`, of the one that was named.
  static func find(
    for state: RunState, copy: RunFolder, folder: RunFolder, asked: FilePath?, in place: RepositoryContext
  ) async throws -> FoundPlan {
    if let asked {
      let name = shown(asked, place)
      let counts = candidates(in: state)
      let found = try await offPool { () throws(PlanError) in
        try TaskPlan.read(asked, displayName: name).deciding(candidates: counts)
      }
      if let fault = fault(of: found, for: state) {
        throw RunError(.planMissing, "'\(name)' is not the plan of run \(copy.id): \(fault)")
      }
      return FoundPlan(plan: try selected(found, state), path: asked, name: name)
    }
    var faults: [String] = []
    func take(_ text: String, _ name: String, _ path: FilePath? = nil) -> FoundPlan? {
      guard let plan = try? TaskPlan(yaml: text, file: name).deciding(candidates: candidates(in: state)) else {
        return nil
      }
      if let fault = fault(of: plan, for: state) {
        faults.append("\(name) is another one: \(fault)")
        return nil
      }
      return (try? selected(plan, state)).map { FoundPlan(plan: $0, path: path, name: name) }
    }
    let reference = LedgerReference.run(copy.id)
    if let text = text(of: copy.plan) {
      if isMasked(text) {
        faults.append("parts of the one in \(reference) are masked")
      } else if let found = take(text, "\(reference):plan.yaml") {
        return found
      }
    }
    let file = place.defaultPlan
    for (path, name) in [(folder.plan, folder.plan.string), (file, shown(file, place))] {
      if let text = text(of: path), let found = take(text, name, path) { return found }
    }
    if let name = file.lastComponent?.string,
      let output = try? await place.git.run(.reading, ["show", "\(state.header.base.commit):\(name)"]),
      output.isSuccess, let found = take(output.text, "\(state.header.base.commit.prefix(10)):\(name)")
    {
      return found
    }
    let why = faults.isEmpty ? "the ledger has none, as prompts stay out of it" : faults.joined(separator: "; ")
    throw RunError(
      .planMissing, "run \(copy.id) cannot be continued here without its plan: \(why)",
      hints: [
        "name it: git orch run --continue \(copy.id) -c PLAN",
        "for runs to come, where they are started: git config orchestrator.ledger.include prompts",
      ])
  }

  /// As the user would write it.
  private static func shown(_ path: FilePath, _ place: RepositoryContext) -> String {
    let folder = "\(place.directory)/"
    return path.string.hasPrefix(folder) ? String(path.string.dropFirst(folder.count)) : path.string
  }

  private static func text(of path: FilePath) -> String? { try? path.readText(limit: 10 << 20, .repairsText) }

  private static func selected(_ plan: TaskPlan, _ state: RunState) throws -> TaskPlan {
    try plan.selecting(state.ownTasks.map(\.header.id)).plan
  }

  /// Why it is not the plan of that run; nil where it is.
  private static func fault(of plan: TaskPlan, for state: RunState) -> String? {
    let ids = Set(state.ownTasks.map(\.header.id))
    let items = Dictionary(grouping: plan.workItems.filter { $0.candidateOf != nil }) { $0.candidateOf }
    for task in state.ownTasks.map(\.header) {
      guard let planned = plan.tasks.first(where: { $0.id == task.id }) else { return "it has no task '\(task.id)'" }
      if planned.branch != task.branch { return "its task '\(task.id)' has branch '\(planned.branch)'" }
      if planned.title != task.title, !isMasked(task.title) { return "its task '\(task.id)' has another title" }
      if items[task.id]?.map(\.branch) ?? [] != state.candidates(of: task.id).map(\.header.branch) {
        return "its task '\(task.id)' has other candidates"
      }
      if planned.needs.filter(ids.contains) != task.needs { return "its task '\(task.id)' needs other tasks" }
    }
    return nil
  }

  /// How many candidates the tasks of the run have, whatever said so.
  private static func candidates(in state: RunState) -> [String: Int] {
    Dictionary(grouping: state.tasks.compactMap(\.header.candidateOf)) { $0 }.mapValues(\.count)
  }

  /// Whether something was left out where it was written.
  private static func isMasked(_ text: String) -> Bool { text.contains("***") || text.contains("<path>") }
}
