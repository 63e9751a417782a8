/// One setting: what it is called, what it may hold, what it is when nobody sets it.
///
/// The keys are static members in `SettingKeys.swift` and `SettingKeys+choices.swift`, named like the setting with its
/// dots joined: `orchestrator.run.jobs` is `.runJobs`.
package struct SettingKey<Value: Sendable>: Sendable {
  /// The canonical name without `orchestrator.`, in camel case: `workflow.autoApprove`.
  package let name: String
  package let `default`: Value
  /// One line for manuals and completions, without a full stop.
  package let summary: String
  /// Whether a value can make the program run code, or widen what agents may do.
  package let needsTrust: Bool
  let type: SettingType<Value>
  private let defaultText: String?

  /// `defaultText` is how documentation writes the default when the value cannot say it itself.
  init(
    _ name: String, _ type: SettingType<Value>, default: Value, defaultText: String? = nil, needsTrust: Bool = false,
    summary: String
  ) {
    self.name = name
    self.type = type
    self.default = `default`
    self.defaultText = defaultText
    self.needsTrust = needsTrust
    self.summary = summary
  }

  /// The name as `git config` takes it.
  package var fullName: String { "orchestrator.\(name)" }

  /// Reads one value as it would be in the configuration; nil is a key without `=`.
  package func parse(_ text: String?) throws(ValueFault) -> Value { try type.parse([text]) }

  /// Writes a value as it would be in the configuration; a value that is not set is "".
  package func format(_ value: Value) -> String { type.format(value) }
}

/// A row of the settings table, whatever the type of its values.
package struct SettingDescription: Sendable, Equatable {
  /// Without `orchestrator.`.
  package let name: String
  /// `boolean`, `integer`, `dollars`, `string`, `choice`, `duration` or `list`.
  package let typeName: String
  /// The spellings allowed, when there are only a few.
  package let allowedValues: [String]?
  /// The default as documentation shows it: a value, or words such as `none`.
  package let defaultText: String
  package let summary: String
  package let isList: Bool
  package let needsTrust: Bool

  package var fullName: String { "orchestrator.\(name)" }
}

/// A key whose value type is not known to the caller.
protocol AnySettingKey: Sendable {
  /// Without `orchestrator.`.
  var name: String { get }
  /// Takes a while to make.
  var details: SettingDescription { get }
  /// The parsed value, as a `SettingValue` of the key's type.
  func read(_ values: [String?]) throws(ValueFault) -> any Sendable
  /// Reads the value and writes it in its usual form; throws for one that cannot be used.
  func normalized(_ text: String) throws(ValueFault) -> String
  /// One value in its usual form, in parts if it is a list; nothing when it says "not set".
  func texts(of text: String?) throws(ValueFault) -> [String]
  /// The same for the default.
  var defaultTexts: [String] { get }
  /// The value that all these make together, in its usual form; the default for none.
  func text(of values: [String?]) throws(ValueFault) -> String
}

/// A wrapper for the store of values: a bare optional inside an `any` loses itself in casts.
struct SettingValue<Value: Sendable>: Sendable {
  let value: Value
}

extension SettingKey: AnySettingKey {
  var details: SettingDescription {
    let text = type.format(self.default)
    return SettingDescription(
      name: name, typeName: type.name, allowedValues: type.allowedValues,
      defaultText: defaultText ?? (text.isEmpty ? "none" : text), summary: summary, isList: type.isList,
      needsTrust: needsTrust)
  }

  func read(_ values: [String?]) throws(ValueFault) -> any Sendable {
    SettingValue(value: try type.parse(values))
  }

  func normalized(_ text: String) throws(ValueFault) -> String {
    type.format(try type.parse([text]))
  }

  func texts(of text: String?) throws(ValueFault) -> [String] { texts(try type.parse([text])) }

  var defaultTexts: [String] { texts(self.default) }

  private func texts(_ value: Value) -> [String] {
    if let list = value as? [String] { return list }
    let text = type.format(value)
    return text.isEmpty ? [] : [text]
  }

  func text(of values: [String?]) throws(ValueFault) -> String {
    type.format(values.isEmpty ? self.default : try type.parse(values))
  }
}
