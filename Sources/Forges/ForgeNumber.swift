/// The number of a pull request, as a forge answers: a whole one from 1 on. Anything else is an answer that makes no
/// sense, wherever it comes from: the number goes into paths, messages and the journal.
@propertyWrapper
package struct ForgeNumber: Decodable, Sendable {
  /// Every number up to here is the same in all JSON, whoever wrote it.
  static let range = 1...(1 << 53)

  package let wrappedValue: Int

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = try container.decode(Int.self)
    guard Self.range.contains(wrappedValue) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number of a pull request")
    }
  }
}
