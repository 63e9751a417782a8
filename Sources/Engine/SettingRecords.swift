package import Journal
import Settings

extension RepositoryContext {
  /// What others may read of the settings that differ from their defaults: not the commands that may hold a token.
  package var settingRecords: [SettingRecord] {
    SettingInventory(listing: settings.listing, onlySet: true).rows.compactMap { row in
      let name = row.setting.details.name
      guard name != SettingKey.trust.name, !name.hasPrefix("mcp.") else { return nil }
      let parts = row.reading.parts.map(\.text)
      guard parts != row.setting.reading(of: ConfigListing()).parts.map(\.text) else { return nil }
      let isHidden = name == SettingKey.notifyCommand.name
      return SettingRecord(
        name: row.setting.details.fullName,
        value: isHidden ? "set" : String(parts.joined(separator: ", ").prefix(500)), origin: "\(row.reading.origin)")
    }
  }
}
