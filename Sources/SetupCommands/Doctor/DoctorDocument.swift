import Diagnosis
import Engine
import RunViews

/// What a doctor found, as JSON, schema version 1: fields may be added within it, none is renamed or removed.
struct DoctorDocument: Encodable {
  struct Check: Encodable {
    let name: String
    let state: DoctorFinding.State
    let message: String
    let mend: [String]
    let hints: [String]
  }

  let schema = 1
  /// Whether nothing that a run needs is wrong.
  let success: Bool
  let checks: [Check]

  init(_ findings: [DoctorFinding]) {
    success = !findings.contains { $0.state == .fault }
    checks = findings.map {
      Check(name: $0.name, state: $0.state, message: $0.message, mend: $0.fixes, hints: $0.hints)
    }
  }

  func json() throws -> String { try StatusDocument.json(self) }
}
