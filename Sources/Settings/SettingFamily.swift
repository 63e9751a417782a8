import Basics

/// Settings whose middle part the user chooses, such as `mcp.<name>.command`: what they say of one name.
protocol SettingFamily: Sendable {
  associatedtype Field: SettingField

  /// The first part of their keys.
  static var prefix: String { get }
  /// What is wrong with a name; nil when nothing is.
  static func nameFault(_ name: String) -> ValueFault?

  init(name: String, origin: SettingOrigin)
  /// Reads all values of one field that are in force, in git's order.
  mutating func set(_ field: Field, to values: [String?]) throws(ValueFault)
  /// The value of a field in its usual form, in parts if it is a list; nothing when it is not set.
  func texts(of field: Field) -> [String]
}

/// The last part of such a key.
protocol SettingField: RawRepresentable<String>, CaseIterable, Sendable, Equatable {
  var typeName: String { get }
  var allowedValues: [String]? { get }
  var defaultText: String { get }
  var summary: String { get }
  var isList: Bool { get }
  var needsTrust: Bool { get }
}

extension SettingFamily {
  /// The fields described as rows of the table are; the name is `mcp.<name>.command` and so on.
  static var fields: [SettingDescription] { Field.allCases.map { details(of: $0, name: "<name>") } }

  static func details(of field: Field, name: String) -> SettingDescription {
    SettingDescription(
      name: "\(prefix).\(name).\(field.rawValue)", typeName: field.typeName, allowedValues: field.allowedValues,
      defaultText: field.defaultText, summary: field.summary, isList: field.isList, needsTrust: field.needsTrust)
  }

  /// What is wrong with a name that is to be letters, digits, `_` and `-`.
  static func wordFault(_ name: String, of what: String, mayRepeatUnderscore: Bool) -> ValueFault? {
    // Whoever would name it on a command line could not.
    if name.hasPrefix("-") { return ValueFault(bad: what, name, advice: "it must not begin with -") }
    let isGood = name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
    }
    if isGood, mayRepeatUnderscore || !name.contains("__") { return nil }
    return ValueFault(
      bad: what, name,
      advice: "it must be letters, digits, - and _" + (mayRepeatUnderscore ? "" : ", without two _ in a row"))
  }
}

/// All families.
enum SettingFamilies {
  /// The fields of all, for documentation.
  static let fields = AgentSetting.fields + MCPSetting.fields

  /// - Parameter name: canonical, without `orchestrator.`; the field in any case, also in snake case.
  static func row(_ name: String) -> (any AnySettingKey)? {
    FamilyKey<MCPSetting>(name).map { FamilyRow(key: $0) } ?? FamilyKey<AgentSetting>(name).map { FamilyRow(key: $0) }
  }

  /// The rows for every such key of a listing: a name each, in the order in which they first appear.
  static func rows(in listing: ConfigListing) -> [any AnySettingKey] {
    FamilyRow<AgentSetting>.rows(in: listing) + FamilyRow<MCPSetting>.rows(in: listing)
  }

  /// A key whose last part is near to one that does not exist.
  static func suggestion(for name: String) -> String? {
    FamilyKey<MCPSetting>.suggestion(for: name) ?? FamilyKey<AgentSetting>.suggestion(for: name)
  }
}

/// A key of a family, taken apart.
struct FamilyKey<Family: SettingFamily>: Equatable {
  /// What the user chose.
  let owner: String
  let field: Family.Field

  /// - Parameter name: without `orchestrator.`; the field in any case, also in snake case, the user's part in its own.
  init?(_ name: String) {
    guard let (owner, field) = Self.parts(of: name) else { return nil }
    let folded = field.lowercased().filter { $0 != "_" }
    guard let known = Family.Field.allCases.first(where: { $0.rawValue.lowercased() == folded }) else { return nil }
    self.owner = owner
    self.field = known
  }

  /// The user's part and the last part of such a key, whatever they are; nil for other keys.
  static func parts(of name: String) -> (owner: String, field: String)? {
    let prefix = "\(Family.prefix)."
    guard name.lowercased().hasPrefix(prefix), let dot = name.lastIndex(of: ".") else { return nil }
    let begin = name.index(name.startIndex, offsetBy: prefix.count)
    guard begin < dot else { return nil }
    return (String(name[begin..<dot]), String(name[name.index(after: dot)...]))
  }

  static func suggestion(for name: String) -> String? {
    guard let parts = parts(of: name) else { return nil }
    let fields = Family.Field.allCases.map { $0.rawValue.lowercased() }
    return likelyMeant(parts.field.lowercased(), among: fields).first
      .flatMap { Self("\(Family.prefix).\(parts.owner).\($0)")?.name }
  }

  /// Without `orchestrator.`.
  var name: String { "\(Family.prefix).\(owner).\(field.rawValue)" }

  var nameFault: ValueFault? { Family.nameFault(owner) }

  /// Checks one value as it would be in the configuration.
  func check(_ text: String?) throws(ValueFault) {
    var setting = Family(name: owner, origin: .builtIn)
    try setting.set(field, to: [text])
  }
}

/// A row like those of the table for a key of a family.
struct FamilyRow<Family: SettingFamily>: AnySettingKey {
  let key: FamilyKey<Family>

  var name: String { key.name }
  var details: SettingDescription { Family.details(of: key.field, name: key.owner) }

  func read(_ values: [String?]) throws(ValueFault) -> any Sendable {
    var setting = Family(name: key.owner, origin: .builtIn)
    try setting.set(key.field, to: values)
    return setting
  }

  func normalized(_ text: String) throws(ValueFault) -> String {
    if let fault = key.nameFault { throw fault }
    return try self.text(of: [text])
  }

  func texts(of text: String?) throws(ValueFault) -> [String] {
    var setting = Family(name: key.owner, origin: .builtIn)
    try setting.set(key.field, to: [text])
    return setting.texts(of: key.field)
  }

  var defaultTexts: [String] { [] }

  func text(of values: [String?]) throws(ValueFault) -> String {
    var parts: [String] = []
    for value in details.isList ? values[...] : values.suffix(1) {
      let texts = try texts(of: value)
      parts = texts.isEmpty ? [] : parts + texts
    }
    return parts.joined(separator: ",")
  }

  static func rows(in listing: ConfigListing) -> [any AnySettingKey] {
    let keys = listing.entries.compactMap { entry in
      entry.key.hasPrefix("orchestrator.")
        ? FamilyKey<Family>(String(entry.key.dropFirst("orchestrator.".count))) : nil
    }
    var owners: [String] = []
    for key in keys where !owners.contains(key.owner) { owners.append(key.owner) }
    return owners.flatMap { owner in
      Family.Field.allCases.compactMap { field in
        keys.first { $0.owner == owner && $0.field == field }.map(FamilyRow.init)
      }
    }
  }
}

/// Gathers the keys of a family while settings are read.
struct FamilyReader<Family: SettingFamily> {
  private var entries: [String: [(key: FamilyKey<Family>, entry: ConfigEntry)]] = [:]
  private var order: [String] = []

  /// - Parameter name: without `orchestrator.`.
  /// - Returns: whether it is such a key.
  mutating func take(_ entry: ConfigEntry, name: String) -> Bool {
    guard let key = FamilyKey<Family>(name) else { return false }
    if entries[key.owner] == nil { order.append(key.owner) }
    entries[key.owner, default: []].append((key, entry))
    return true
  }

  /// What is said of each name, in the order in which they first appear.
  func read(bad: inout [BadSetting]) -> [Family] {
    order.compactMap { name in
      let found = entries[name] ?? []
      guard let first = found.first, let last = found.last else { return nil }
      if let fault = first.key.nameFault {
        bad.append(
          BadSetting(
            name: "orchestrator.\(first.key.name)", value: first.entry.value, origin: first.entry.origin, fault: fault))
        return nil
      }
      var setting = Family(name: name, origin: last.entry.origin)
      for field in Family.Field.allCases {
        let entries = found.filter { $0.key.field == field }.map(\.entry)
        guard !entries.isEmpty else { continue }
        do throws(ValueFault) {
          let inForce = field.isList ? entries[...] : entries.suffix(1)
          if let broken = inForce.last(where: { !$0.isValidText }) {
            throw ValueFault(bad: "value", broken.value ?? "", advice: "it is not UTF-8")
          }
          try setting.set(field, to: inForce.map(\.value))
        } catch {
          let key = FamilyKey<Family>("\(Family.prefix).\(name).\(field.rawValue)")
          let culprit = entries.last { (try? key?.check($0.value)) == nil || !$0.isValidText } ?? entries[0]
          bad.append(
            BadSetting(
              name: "orchestrator.\(Family.prefix).\(name).\(field.rawValue)", value: culprit.value,
              origin: culprit.origin, fault: error))
        }
      }
      return setting
    }
  }
}
