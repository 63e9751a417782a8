import RunViews
import Settings

/// `git orch config --list --json`, schema 1: fields are added, never renamed or removed.
struct ConfigDocument: Encodable {
  struct Setting: Encodable {
    let name: String
    let type: String
    let values: [String]
    let isDefault: Bool
    let origin: String
    let error: String?
  }

  struct Pending: Encodable {
    let name: String
    let values: [String]
    let origin: String
  }

  let schema = 1
  let settings: [Setting]
  let pendingTrust: [Pending]
  let warnings: [String]

  init(_ inventory: SettingInventory, warnings: [String], pending: [UntrustedValue]) {
    settings = inventory.rows.map { row in
      Setting(
        name: row.setting.details.name, type: row.setting.details.typeName, values: row.reading.parts.map(\.text),
        isDefault: !row.reading.isSet, origin: row.reading.origin.description,
        error: row.reading.fault?.description)
    }
    pendingTrust = pending.map { Pending(name: $0.name, values: $0.values, origin: $0.place) }
    self.warnings = warnings
  }

  func json() throws -> String { try StatusDocument.json(self) }
}
