import Basics
import CommandSupport
import Settings
import SystemPackage

extension ConfigService {
  /// Writes the values of a YAML file into git's configuration: all of them, or none.
  func importFile(_ path: String) async throws -> ExitStatus {
    try await requireRepository()
    let place = context.directory.pushing(FilePath(path)).normalized
    guard let file = try SettingsFile.read(place, scope: .user, name: path) else {
      throw ConfigRefusal("cannot read '\(path)': no such file")
    }
    // Every value is looked at before the first is written; what is wrong is reported all at once.
    _ = try Settings(listing: ConfigListing(file.entries))
    let git = try await ConfigListing.load(directory: context.directory, environment: context.environment)
    let values = try ImportedValue.all(of: file, over: git, in: destination.scope)
    let check = TextFileCheck(context: context, isGlobal: destination == .global)
    for value in values { try await check.check(value.texts.last ?? "", of: value.setting) }

    try await write(values, over: git)
    for value in values { context.console.answer(verbatim: "\(value.setting.details.name) = \(value.shown)") }
    for warning in file.warnings { context.console.narrate("skipped: \(warning)") }
    guard !values.isEmpty else {
      context.console.narrate("'\(path)' contains no settings: nothing was written")
      return .no
    }
    context.console.narrate(
      "wrote \(values.count) setting\(values.count == 1 ? "" : "s") to \(destination.phrase); '\(path)' is unchanged")
    return .done
  }

  private func write(_ values: [ImportedValue], over git: ConfigListing) async throws {
    var touched: [String] = []
    do {
      for value in values {
        touched.append(value.setting.details.fullName)
        try await writer.write(all: value.texts, of: value.setting.details.fullName, in: destination.scope)
      }
    } catch {
      for (key, value) in zip(touched, values) {
        // What cannot be put back either is in the error that led here.
        try? await writer.write(all: value.before, of: key, in: destination.scope)
      }
      throw error
    }
  }
}

/// One setting of a file that is moved into git's configuration.
private struct ImportedValue {
  let setting: NamedSetting
  /// As they are written, in this order.
  let texts: [String]
  /// What the scope had.
  let before: [String]

  var shown: String { texts.filter { !$0.isEmpty }.joined(separator: ",") }

  static func all(
    of file: SettingsFile, over git: ConfigListing, in scope: ConfigScope
  ) throws(UnknownSetting) -> [ImportedValue] {
    var keys: [String] = []
    for entry in file.entries where !keys.contains(entry.key) { keys.append(entry.key) }
    var values: [ImportedValue] = []
    for key in keys {
      let setting = try NamedSetting.named(key)
      var texts: [String] = []
      for entry in file.entries where entry.key == key {
        guard let value = entry.value else { continue }
        // What `accepted` refuses was refused before.
        texts.append((try? setting.accepted(value)) ?? value)
      }
      // A list of the file replaces those of lower layers. Where there are none, the empty value that says so is noise.
      let below = git.entries.contains { $0.key == key && isBelow($0.scope, scope) }
      if setting.details.isList, texts.count > 1, texts[0].isEmpty, !below { texts.removeFirst() }
      let before = git.entries.filter { $0.key == key && $0.scope == scope }.map { $0.value ?? "true" }
      values.append(ImportedValue(setting: setting, texts: texts, before: before))
    }
    return values
  }

  private static func isBelow(_ one: ConfigScope, _ other: ConfigScope) -> Bool {
    let order = ConfigScope.allCases
    guard let first = order.firstIndex(of: one), let second = order.firstIndex(of: other) else { return false }
    return first < second
  }
}
