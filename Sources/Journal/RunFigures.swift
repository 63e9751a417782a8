import Basics
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How a task ended, and what was spent on it.
package struct TaskFigures: Codable, Equatable, Sendable {
  package let id: String
  package let status: TaskStatus
  package let accounts: Accounts
  /// What of that was for fixing its branch when it did not land; nil where it never was given back.
  package let fixes: Accounts?
  /// What of that each agent took, in the order in which they worked at it.
  package let agents: [AgentFigures]

  /// - Parameter candidates: what was spent on them was spent on the task.
  package init(_ task: TaskState, candidates: [TaskState] = []) {
    var accounts = task.accounts
    for candidate in candidates { accounts.add(candidate.accounts) }
    (id, status, self.accounts) = (task.header.id, task.status, accounts)
    fixes = task.attemptBeforeFixes == nil ? nil : task.fixAccounts
    var agents: [AgentFigures] = []
    for attempt in candidates.flatMap(\.attempts) + task.attempts {
      if let index = agents.firstIndex(where: { $0.name == attempt.agent.name }) {
        agents[index].accounts.add(attempt.accounts)
      } else {
        agents.append(AgentFigures(name: attempt.agent.name, accounts: attempt.accounts))
      }
    }
    // It did the task, whoever tried before.
    let isOwn = task.attempts.last.map { $0.number > task.attemptBeforeChoice } ?? false
    let worker = isOwn ? task : candidates.first { $0.header.id == task.choice?.candidate } ?? task
    if let last = worker.attempts.last, let index = agents.firstIndex(where: { $0.name == last.agent.name }) {
      agents[index].isLast = true
    }
    self.agents = agents
  }
}

/// What one agent took for a task.
package struct AgentFigures: Codable, Equatable, Sendable {
  /// As the user calls it.
  package let name: String
  package fileprivate(set) var accounts: Accounts
  /// Whether its attempt was the last: the task's end is its doing.
  package fileprivate(set) var isLast = false
}

/// What statistics need of a run. Kept next to the journal of one that has ended, apart from its `RunSummary`, which is
/// read more often and is smaller.
package struct RunFigures: Codable, Equatable, Sendable {
  package let id: String
  package let isReview: Bool
  package let isLanding: Bool
  package let startedAt: JournalTime
  /// The time of its newest entry, of a run that has not ended.
  package let endedAt: JournalTime
  /// In the plan's order.
  package let tasks: [TaskFigures]
  /// What making the plan took; nil where nobody was paid for it.
  package let planning: Accounts?

  package init(_ state: RunState) {
    (id, isReview, isLanding) = (state.header.id, state.header.review != nil, state.header.landing != nil)
    (startedAt, endedAt) = (state.startedAt, state.endedAt ?? state.updatedAt)
    let candidates = Dictionary(grouping: state.tasks.filter { $0.header.candidateOf != nil }) { $0.header.candidateOf }
    tasks = state.ownTasks.map { TaskFigures($0, candidates: candidates[$0.header.id] ?? []) }
    planning = state.planning?.accounts
  }
}

/// Figures as they are in a file, which may be deleted at any time.
private struct StoredFigures: Codable {
  static let schemaVersion = 4

  let schema: Int
  /// The size of the journal from which they follow, in bytes: journals only grow.
  let journalSize: Int64
  let figures: RunFigures
}

extension RunFolder {
  package var figuresFile: FilePath { FilePath("\(path)/figures.json") }

  /// The figures of a run that has ended, if they are there and those of the journal as it is.
  package func figures() -> RunFigures? {
    guard let size = FileStamp(journal, following: true)?.size,
      let bytes = try? figuresFile.readBytes(limit: 64 << 20, .regularOnly),
      let stored = bytes.withUnsafeBytes({ try? JSONValue(checking: $0)?.decode(StoredFigures.self) }),
      stored.schema == StoredFigures.schemaVersion, stored.journalSize == size, stored.figures.id == id
    else { return nil }
    return stored.figures
  }

  /// Writes the figures of a run that has ended. Where they cannot be written, statistics read the journal.
  package func writeFigures(of state: RunState) {
    guard state.phase == .ended, let size = FileStamp(journal, following: true)?.size else { return }
    let stored = StoredFigures(
      schema: StoredFigures.schemaVersion, journalSize: size, figures: RunFigures(state))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(stored) else { return }
    try? bytes.write(to: URL(filePath: figuresFile.string), options: .atomic)
  }
}
