import Basics
import Settings

/// What of a value in a journal goes into the ledger, and in what shape. Whatever no form names stays out.
indirect enum LedgerForm: Sendable {
  /// Text of people, agents and programs: masked.
  case text
  /// The id of an object.
  case hex
  /// A word that this program wrote: letters and hyphens.
  case word
  /// A name that this program made: letters, digits, hyphens, dots, underscores.
  case name
  case time, number, flag
  /// What must be there and is nobody else's business: an empty text, a zero, an empty list.
  case blank, zero, none
  case each(LedgerForm)
  case members([String: LedgerForm])
  /// An object with names that nobody knows beforehand; these are masked, too.
  case values(LedgerForm)
  /// Only where that is included; otherwise as the other says, or not at all.
  case including(LedgerInclusion, LedgerForm, otherwise: LedgerForm?)

  /// The value as the ledger has it; nil when it stays out, as does all that has another shape than was expected.
  func redacted(_ value: JSON, by redactor: Redactor) -> JSON? {
    switch self {
    case .text:
      return value.string.map { .string(redactor.masked($0)) }
    case .hex:
      return value.string.flatMap { Self.holds($0, 1...64) { Self.isHex($0) } }
    case .word:
      return value.string.flatMap { Self.holds($0, 1...32) { Self.isLetter($0) || $0 == UInt8(ascii: "-") } }
    case .name:
      return value.string.flatMap {
        Self.holds($0, 1...80) { Self.isLetter($0) || 0x30...0x39 ~= $0 || "-._".utf8.contains($0) }
      }
    case .time:
      return value.string.flatMap { Self.holds($0, 1...32) { 0x30...0x39 ~= $0 || "-:.TZ".utf8.contains($0) } }
    case .number:
      if case .number = value { return value }
      return nil
    case .flag:
      if case .bool = value { return value }
      return nil
    case .blank: return ""
    case .zero: return 0
    case .none: return []
    case .each(let form):
      guard case .array(let elements) = value else { return nil }
      return .array(elements.compactMap { form.redacted($0, by: redactor) })
    case .members(let forms):
      guard case .object(let members) = value else { return nil }
      var kept: [String: JSON] = [:]
      for (name, member) in members { kept[name] = forms[name]?.redacted(member, by: redactor) }
      return .object(kept)
    case .values(let form):
      guard case .object(let members) = value else { return nil }
      var kept: [String: JSON] = [:]
      for (name, member) in members { kept[redactor.masked(name)] = form.redacted(member, by: redactor) }
      return .object(kept)
    case .including(let inclusion, let form, let otherwise):
      return (redactor.includes.contains(inclusion) ? form : otherwise)?.redacted(value, by: redactor)
    }
  }

  private static func holds(_ text: String, _ length: ClosedRange<Int>, _ isAllowed: (UInt8) -> Bool) -> JSON? {
    length.contains(text.utf8.count) && text.utf8.allSatisfy(isAllowed) ? .string(text) : nil
  }

  private static func isHex(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte || 0x61...0x66 ~= byte }
  private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }
}
