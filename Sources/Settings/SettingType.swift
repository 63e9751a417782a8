import Basics

/// How the values of a setting are written: read from text, written as text, and named in documentation.
struct SettingType<Value: Sendable>: Sendable {
  /// The word documentation uses: `boolean`, `duration`, …
  let name: String
  /// The spellings allowed, when there are only a few.
  var allowedValues: [String]?
  /// Whether the key may stand several times, each adding to the ones before.
  var isList = false
  /// Reads all values in force, in git's order; never called with none. A scalar looks at the last.
  let parse: @Sendable ([String?]) throws(ValueFault) -> Value
  /// Writes a value so that `parse` reads the same again; "" stands for an optional that is not set.
  let format: @Sendable (Value) -> String

  /// A type whose last value alone counts. `parse` gets nil for a key without `=`.
  static func scalar(
    _ name: String, parse: @escaping @Sendable (String?) throws(ValueFault) -> Value,
    format: @escaping @Sendable (Value) -> String
  ) -> Self {
    SettingType(
      name: name,
      parse: { values throws(ValueFault) in try parse(values.last ?? nil) },
      format: format)
  }
}

extension SettingType where Value == Bool {
  static var boolean: Self {
    var type = scalar("boolean") { text throws(ValueFault) in
      guard let value = GitValue.boolean(text) else { throw ValueFault(bad: "boolean value", text ?? "") }
      return value
    } format: {
      $0 ? "true" : "false"
    }
    type.allowedValues = ["true", "false"]
    return type
  }
}

extension SettingType where Value == Int {
  static func integer(in range: ClosedRange<Int>) -> Self {
    scalar("integer") { text throws(ValueFault) in
      guard let text else { throw .missing }
      let advice =
        range.upperBound == .max
        ? "it must be \(range.lowerBound) or more" : "it must be from \(range.lowerBound) to \(range.upperBound)"
      switch GitValue.integer(text) {
      case .value(let number) where range.contains(number): return number
      case .value, .outOfRange: throw ValueFault(bad: "numeric value", text, advice: advice)
      case .invalid: throw ValueFault(bad: "numeric value", text, advice: "it must be a whole number")
      }
    } format: {
      String($0)
    }
  }
}

extension SettingType where Value == Int64 {
  /// A number of bytes, as git writes them: `500m`, `2g`.
  static var bytes: Self {
    scalar("bytes") { text throws(ValueFault) in
      guard let text else { throw .missing }
      guard case .value(let number) = GitValue.integer(text), number >= 0 else {
        throw ValueFault(bad: "number of bytes", text, advice: "write it as 500m, 2g or 0")
      }
      return Int64(number)
    } format: { bytes in
      for (unit, power) in [("g", 30), ("m", 20), ("k", 10)] where bytes != 0 && bytes % (1 << power) == 0 {
        return "\(bytes >> power)\(unit)"
      }
      return String(bytes)
    }
  }
}

extension SettingType where Value == Double {
  /// An amount of US dollars, more than nothing: `5`, `0.50`, `$2`.
  static var dollars: Self {
    scalar("dollars") { text throws(ValueFault) in
      guard let text else { throw .missing }
      let digits = text.hasPrefix("$") ? text.dropFirst() : Substring(text)
      // Double also reads "nan", "inf" and "0x1p4", which nobody means as an amount.
      let isPlain = digits.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
      guard isPlain, let amount = Double(digits), amount.isFinite else {
        throw ValueFault(bad: "amount of dollars", text, advice: "write it as 5 or 0.50")
      }
      guard amount > 0 else {
        throw ValueFault(bad: "amount of dollars", text, advice: "it must be more than 0; unset it for no limit")
      }
      return amount
    } format: {
      $0.rounded() == $0 && $0 < 1e15 ? String(Int($0)) : String($0)
    }
  }
}

extension SettingType where Value == String {
  /// Any text but none at all.
  static var text: Self {
    scalar("string") { text throws(ValueFault) in
      guard let text else { throw .missing }
      guard !text.isBlank else {
        throw ValueFault(bad: "value", text, advice: "it must not be empty")
      }
      return text
    } format: {
      $0
    }
  }
}

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the enumeration's raw values, in any case.
  static var choice: Self {
    let allowed = Value.allCases.map(\.rawValue)
    var type = scalar("choice") { text throws(ValueFault) in
      guard let text else { throw .missing }
      guard let value = Value.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
        throw ValueFault(bad: "value", text, advice: "it must be one of \(allowed.joined(separator: ", "))")
      }
      return value
    } format: {
      $0.rawValue
    }
    type.allowedValues = allowed
    return type
  }
}

extension SettingType where Value == [String] {
  /// Several values: the key may be repeated, a value may hold several between commas, and an empty value drops the
  /// ones before it. A comma inside parentheses separates nothing: `Bash(cp {a,b}:*)` has none, `Edit(a,b)` is one.
  static var list: Self {
    SettingType(name: "list", isList: true) { values throws(ValueFault) in
      var result: [String] = []
      for value in values {
        guard let value else { throw .missing }
        if value.isBlank {
          result = []
        } else {
          for item in items(in: value) where !result.contains(item) { result.append(item) }
        }
      }
      return result
    } format: {
      $0.joined(separator: ",")
    }
  }

  private static func items(in value: String) -> [String] {
    var items: [String] = []
    var item = ""
    var depth = 0
    for character in value {
      switch character {
      case "(": depth += 1
      case ")": depth = max(0, depth - 1)
      default: break
      }
      if character == ",", depth == 0 {
        items.append(item)
        item = ""
      } else {
        item.append(character)
      }
    }
    return (items + [item]).map(\.trimmed).filter { !$0.isEmpty }
  }
}

extension SettingType {
  /// Several of the enumeration's raw values, in any case, written as those of a list.
  static func choices<Choice>() -> Self
  where Value == [Choice], Choice: RawRepresentable<String> & CaseIterable & Equatable & Sendable {
    let allowed = Choice.allCases.map(\.rawValue)
    let list = SettingType<[String]>.list
    return SettingType(name: list.name, allowedValues: allowed, isList: true) { values throws(ValueFault) in
      var chosen: [Choice] = []
      for text in try list.parse(values) {
        guard let value = Choice.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
          throw ValueFault(bad: "value", text, advice: "it must be one of \(allowed.joined(separator: ", "))")
        }
        if !chosen.contains(value) { chosen.append(value) }
      }
      return chosen
    } format: {
      $0.map(\.rawValue).joined(separator: ",")
    }
  }

  /// The same type, where an empty value means "not set", as it overrides a value from a layer below.
  static func optional<Wrapped: Sendable>(_ wrapped: SettingType<Wrapped>) -> Self where Value == Wrapped? {
    SettingType(name: wrapped.name, allowedValues: wrapped.allowedValues, isList: wrapped.isList) {
      values throws(ValueFault) in
      if values.last == "" { return nil }
      return try wrapped.parse(values)
    } format: { value in
      value.map(wrapped.format) ?? ""
    }
  }
}
