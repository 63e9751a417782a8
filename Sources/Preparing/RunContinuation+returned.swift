import Basics
package import Engine
package import Journal
import Plans
import SystemPackage

extension RunContinuation {
  /// A run that gets branches back which did not land as they were: only their tasks are done, once more.
  /// - Parameter records: by the tasks' ids.
  package static func fixing(
    _ records: [String: ReturnRecord], of run: String, in place: RepositoryContext
  ) throws -> RunContinuation {
    let folder = try place.store.run(run)
    let plan = try TaskPlan.read(folder.plan, displayName: folder.plan.string)
    return RunContinuation(folder: folder, state: try folder.state(), plan: plan, returned: records)
  }

  /// Whether it is continued for the sake of what was given back, and for nothing else.
  package var isForReturned: Bool { !returned.isEmpty }

  /// Writes down what it gets back, before anything is done about it.
  package func note(in journal: RunJournal) async throws(JournalError) {
    for id in left {
      guard let record = returned[id], state[task: id]?.returns.last != record else { continue }
      try await journal.append(.returned(task: id, record: record))
    }
  }
}

extension TaskState {
  /// What it was given back for, while that is not settled.
  package var openReturn: ReturnRecord? { status.isGood ? nil : returns.last }
}
