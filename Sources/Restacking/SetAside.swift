package import Git
package import Journal
import Synchronization

/// What a landing finds out of the branches that it sets aside: more than their statuses tell, for whoever is to fix them.
package final class SetAside: Sendable {
  package struct Finding: Sendable {
    package var paths: [String] = []
    /// The branch that landed before it, with which it conflicts.
    package var with: String?
    package var test: TestRecord?
    /// The commit on top of which its own are, where it builds on a branch that has landed.
    package var fork: ObjectID?

    package init() {}
  }

  private let findings = Mutex<[String: Finding]>([:])

  package init() {}

  package subscript(task: String) -> Finding? { findings.withLock { $0[task] } }

  package func note(_ task: String, _ change: (inout Finding) -> Void) {
    findings.withLock { change(&$0[task, default: Finding()]) }
  }
}

extension TaskStatus {
  /// Whether it is an agent's to fix.
  package var isFixable: Bool { [.conflict, .restackConflict, .testsFailed].contains(self) }
}
