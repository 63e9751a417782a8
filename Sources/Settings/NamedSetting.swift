/// A setting as somebody named it, whatever the type of its values.
package struct NamedSetting: Sendable {
  package let details: SettingDescription
  private let row: any AnySettingKey

  init(_ row: any AnySettingKey) {
    self.row = row
    details = row.details
  }

  /// Every setting of the table, in its order, and those of the listing whose middle part the user chose.
  static func all(in listing: ConfigListing) -> [NamedSetting] {
    SettingsTable.rows.map { NamedSetting($0) } + SettingFamilies.rows(in: listing).map { NamedSetting($0) }
  }

  /// The setting that `spelling` means: any case, snake case, with or without `orchestrator.`.
  /// - Throws: when there is none, with the nearest name.
  package static func named(_ spelling: String) throws(UnknownSetting) -> NamedSetting {
    if let name = SettingsTable.canonicalName(spelling) {
      if let row = SettingsTable.row(gitName: SettingsTable.gitName(of: name)) { return NamedSetting(row) }
      if let row = SettingFamilies.row(name) { return NamedSetting(row) }
    }
    throw UnknownSetting(name: spelling, suggestion: SettingsTable.suggestion(for: spelling))
  }

  /// The text to write for a value that somebody gave: choices and booleans in their usual spelling, anything else as
  /// it is.
  /// - Throws: for a value that could not be read back, saying what could.
  package func accepted(_ text: String) throws(RefusedValue) -> String {
    do throws(ValueFault) {
      let normal = try row.normalized(text)
      return details.allowedValues == nil ? text : normal
    } catch {
      let allowed = details.allowedValues.map { "it must be one of \($0.joined(separator: ", "))" }
      throw RefusedValue(
        description: "\(error.problem) for '\(details.name)'" + ((error.advice ?? allowed).map { ": \($0)" } ?? ""))
    }
  }

  /// What the listing says of this setting alone: a fault of another one does not matter here.
  package func reading(of listing: ConfigListing) -> SettingReading {
    let key = "orchestrator.\(SettingsTable.gitName(of: details.name))"
    let isTrust = details.name == SettingKey.trust.name
    let entries = listing.entries.filter { $0.key == key && (!isTrust || $0.scope == .local) }
    guard let last = entries.last else {
      return SettingReading(
        parts: row.defaultTexts.map { .init(text: $0, origin: .builtIn) }, origin: .builtIn, fault: nil)
    }
    do throws(SettingsError) {
      _ = try Settings(listing: ConfigListing(entries))
      return SettingReading(parts: try parts(of: entries, last: last), origin: last.origin, fault: nil)
    } catch {
      guard case .badValues(let bad) = error, let fault = bad.first else {
        return SettingReading(parts: [], origin: last.origin, fault: nil)
      }
      return SettingReading(parts: [], origin: fault.origin, fault: fault)
    }
  }

  private func parts(of entries: [ConfigEntry], last: ConfigEntry) throws(SettingsError) -> [SettingReading.Part] {
    func fault(_ error: ValueFault, in entry: ConfigEntry) -> SettingsError {
      .badValues([BadSetting(name: details.fullName, value: entry.value, origin: entry.origin, fault: error)])
    }
    var parts: [SettingReading.Part] = []
    for entry in details.isList ? entries : [last] {
      do throws(ValueFault) {
        let texts = try row.texts(of: entry.value)
        if texts.isEmpty { parts = [] }
        for text in texts where !parts.contains(where: { $0.text == text }) {
          parts.append(.init(text: text, origin: entry.origin))
        }
      } catch {
        throw fault(error, in: entry)
      }
    }
    return parts
  }
}

/// What one setting is, and where that comes from.
package struct SettingReading: Sendable {
  package struct Part: Sendable, Equatable {
    package let text: String
    package let origin: SettingOrigin
  }

  /// The value in its usual form: the parts of a list, one part of anything else, none of what has no value.
  package let parts: [Part]
  /// Where the value in force stands; for a list, where its last part does.
  package let origin: SettingOrigin
  /// Why the value in force cannot be used; there are no parts then.
  package let fault: BadSetting?

  package var isSet: Bool { origin != .builtIn }
}

/// There is no setting of that name.
package struct UnknownSetting: Error, Equatable, Sendable, CustomStringConvertible {
  package let name: String
  let suggestion: String?

  package var description: String {
    "'\(printable(name))' is not a setting; "
      + (suggestion.map { "did you mean '\($0)'?" } ?? "'git orch config --list' shows all settings")
  }
}

/// A value that a setting cannot have.
package struct RefusedValue: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
}
