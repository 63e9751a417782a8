/// What a reviewer said of one of several attempts at a task.
package struct CandidateReviewRecord: Codable, Equatable, Sendable {
  /// Its id.
  package var candidate: String
  /// The commit that it is about.
  package var commit: String
  /// From 0 to 100: how well it does the task, by the reviewer's reckoning.
  package var score: Int
  package var decision: VerdictRecord.Decision
  package var summary: String

  package init(candidate: String, commit: String, score: Int, decision: VerdictRecord.Decision, summary: String) {
    self.candidate = candidate
    self.commit = commit
    self.score = score
    self.decision = decision
    self.summary = summary
  }
}

/// Which of several attempts at a task became its work, and why.
package struct ChoiceRecord: Codable, Equatable, Sendable {
  /// The id of the one that was chosen.
  package var candidate: String
  /// Its commit.
  package var tip: String
  /// Why it and no other, as a clause.
  package var reason: String
  /// Why no reviewer was asked, or what came in between; nil where one has spoken, or nobody wanted one.
  package var note: String?
  /// All of them, the best first.
  package var candidates: [CandidateRecord]

  package init(candidate: String, tip: String, reason: String, note: String? = nil, candidates: [CandidateRecord]) {
    self.candidate = candidate
    self.tip = tip
    self.reason = reason
    self.note = note
    self.candidates = candidates
  }
}

/// What was known of an attempt when one was chosen.
package struct CandidateRecord: Codable, Equatable, Sendable {
  package var id: String
  /// How it had ended.
  package var status: TaskStatus
  /// Its proven commit; nil where nothing was proven.
  package var tip: String?
  /// Whether the tests passed; nil where none were run.
  package var testsPassed: Bool?
  /// What the reviewer said; nil where none has spoken of it.
  package var decision: VerdictRecord.Decision?
  package var score: Int?
  /// The lines that it adds and removes; nil where nothing was proven.
  package var lines: Int?
  /// Why it is not chosen, as a clause; nil of the one that is.
  package var reason: String?

  package init(
    id: String, status: TaskStatus, tip: String? = nil, testsPassed: Bool? = nil,
    decision: VerdictRecord.Decision? = nil, score: Int? = nil, lines: Int? = nil, reason: String? = nil
  ) {
    self.id = id
    self.status = status
    self.tip = tip
    self.testsPassed = testsPassed
    self.decision = decision
    self.score = score
    self.lines = lines
    self.reason = reason
  }
}

extension CandidateReviewRecord: JournalValue {}
extension ChoiceRecord: JournalValue {}

extension RunState {
  /// Its tasks without the candidates for their work.
  package var ownTasks: [TaskState] {
    // Most runs have none, and a copy of each of many tasks takes its time.
    tasks.contains { $0.header.candidateOf != nil } ? tasks.filter { $0.header.candidateOf == nil } : tasks
  }

  /// The candidates for the work of a task; empty where it has none.
  package func candidates(of task: String) -> [TaskState] { tasks.filter { $0.header.candidateOf == task } }

  /// In whose conversation the work of a task was done: its own, or that of the candidate that was chosen, unless it was
  /// worked on since. `nil` where none of its candidates is chosen: what was said about the task itself is its reviewer's.
  package func author(of id: String) -> TaskState? {
    guard let task = self[task: id] else { return nil }
    guard !candidates(of: id).isEmpty else { return task }
    guard let choice = task.choice else { return nil }
    let isWorkedOn = task.attempts.last.map { $0.number > task.attemptBeforeChoice } ?? false
    return isWorkedOn ? task : self[task: choice.candidate]
  }

  /// Candidates that did not come to proven work, of tasks for which another's is there: they are not tried again.
  package var spentCandidates: Set<String> {
    let able = Set(tasks.compactMap { $0.tip == nil ? nil : $0.header.candidateOf })
    guard !able.isEmpty else { return [] }
    return Set(
      tasks.lazy.filter { task in
        guard let of = task.header.candidateOf, able.contains(of) else { return false }
        return task.hasGivenUp
      }.map(\.header.id))
  }
}

extension TaskState {
  /// Whether it ended without success by itself, and not since somebody or something put an end to it.
  fileprivate var hasGivenUp: Bool {
    switch status {
    case .interrupted, .skipped, .blocked, .overBudget: false
    default: status.isFinal && !status.isGood
    }
  }
}
