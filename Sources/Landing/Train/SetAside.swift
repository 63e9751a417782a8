import Git
package import Journal
import Synchronization

/// What a landing finds out of the branches that it sets aside: more than their statuses tell, for whoever is to fix them.
final class SetAside: Sendable {
  struct Finding: Sendable {
    var paths: [String] = []
    /// The branch that landed before it, with which it conflicts.
    var with: String?
    var test: TestRecord?
    /// The commit on top of which its own are, where it builds on a branch that has landed.
    var fork: ObjectID?
  }

  private let findings = Mutex<[String: Finding]>([:])

  subscript(task: String) -> Finding? { findings.withLock { $0[task] } }

  func note(_ task: String, _ change: (inout Finding) -> Void) {
    findings.withLock { change(&$0[task, default: Finding()]) }
  }
}

extension TaskStatus {
  /// Whether it is an agent's to fix.
  package var isFixable: Bool { [.conflict, .restackConflict, .testsFailed].contains(self) }
}
