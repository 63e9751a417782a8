import Basics
import Forges
import Synchronization

/// What a check has found so far. A check that is cut short keeps what it had found.
final class Findings: Sendable {
  private struct State: Sendable {
    var findings: [DoctorFinding] = []
    /// What is being looked at.
    var subject: String
    var isClosed = false
  }

  private let state: Mutex<State>
  private let secrets: Secrets

  init(subject: String, secrets: Secrets) {
    state = Mutex(State(subject: subject))
    self.secrets = secrets
  }

  var findings: [DoctorFinding] { state.withLock(\.findings) }

  /// Says what is looked at next: the name of the line that says so when there was no answer in time.
  func begin(_ subject: String) { state.withLock { $0.subject = subject } }

  /// Adds a finding, with no secret in it. After the time is over nothing is taken any more.
  func add(_ finding: DoctorFinding) {
    let masked = DoctorFinding(
      finding.name, finding.state, secrets.masking(finding.message), fixes: finding.fixes.map(secrets.masking),
      hints: finding.hints.map(secrets.masking))
    state.withLock { if !$0.isClosed { $0.findings.append(masked) } }
  }

  func ok(_ name: String, _ message: String) { add(DoctorFinding(name, .ok, message)) }

  func skip(_ name: String, _ message: String) { add(DoctorFinding(name, .skipped, message)) }

  func warn(_ name: String, _ message: String, fixes: [String] = [], hints: [String] = []) {
    add(DoctorFinding(name, .warning, message, fixes: fixes, hints: hints))
  }

  func fault(_ name: String, _ message: String, fixes: [String] = [], hints: [String] = []) {
    add(DoctorFinding(name, .fault, message, fixes: fixes, hints: hints))
  }

  /// The time is over: what is being looked at gave no answer.
  func close(after limit: Duration) {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      state.findings.append(DoctorFinding(state.subject, .warning, "no answer within \(limit.inSeconds) s"))
    }
  }
}
