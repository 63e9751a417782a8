/// All settings, each read on its own: what one of them lacks leaves the others as they are.
package struct SettingInventory: Sendable {
  package struct Row: Sendable {
    package let setting: NamedSetting
    package let reading: SettingReading
  }

  /// In the order of the table.
  package let rows: [Row]
  /// What stands under `orchestrator.` without a meaning, one line each.
  package let warnings: [String]

  /// `onlySet` leaves out the settings that the listing does not mention.
  package init(listing: ConfigListing, onlySet: Bool = false) {
    rows = NamedSetting.all(in: listing).map { Row(setting: $0, reading: $0.reading(of: listing)) }
      .filter { $0.reading.isSet || !onlySet }
    warnings = Settings.warnings(of: listing)
  }

  /// The values in force that cannot be used.
  package var faults: [BadSetting] { rows.compactMap(\.reading.fault) }
}

extension Settings {
  /// What `listing` holds under `orchestrator.` without a meaning, whatever its values are.
  static func warnings(of listing: ConfigListing) -> [String] {
    let unknown = listing.entries.filter { entry in
      guard entry.key.hasPrefix("orchestrator.") else { return false }
      let name = String(entry.key.dropFirst("orchestrator.".count))
      return name == SettingKey.trust.name
        || SettingsTable.row(gitName: name) == nil && SettingFamilies.row(name) == nil
    }
    return (try? Settings(listing: ConfigListing(unknown)))?.warnings ?? []
  }
}
