import Settings

/// Prints the settings table for the scripts in Tools, a row each, set apart by tabs: name, type, default, the values
/// allowed set apart by spaces (or nothing), `trust` where it needs that (or nothing), summary. It is not installed.
@main enum Entrypoint {
  static func main() {
    for row in SettingsTable.all + SettingsTable.families {
      let allowed = row.allowedValues?.joined(separator: " ") ?? ""
      let fields = [row.name, row.typeName, row.defaultText, allowed, row.needsTrust ? "trust" : "", row.summary]
      print(fields.joined(separator: "\t"))
    }
  }
}
