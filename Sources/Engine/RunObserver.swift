package import Agents
package import Journal

/// Those who watch a run; nothing depends on what they do, and they must be quick.
package struct RunObserver: Sendable {
  /// An entry is in the journal, and the state is at least as new.
  package var journal: @Sendable (JournalEntry, RunState) -> Void
  package var agent: @Sendable (_ task: String, _ event: AgentEvent) -> Void
  /// What the user should hear while there is no journal yet.
  package var note: @Sendable (String) -> Void

  package init(
    journal: @escaping @Sendable (JournalEntry, RunState) -> Void,
    agent: @escaping @Sendable (_ task: String, _ event: AgentEvent) -> Void,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.journal = journal
    self.agent = agent
    self.note = note
  }
}
