import Basics
import Testing

@Suite struct JSONValueDecoderTests {
  private struct Sample: Codable, Equatable {
    enum Kind: String, Codable { case plain, odd = "very-odd" }

    var name: String
    var count: UInt64
    var small: Int8
    var cost: Double
    var isOn: Bool
    var kind: Kind
    var note: String?
    var inner: [Inner]
    var numbers: [String: Int]

    struct Inner: Codable, Equatable { var x: Int32? }
  }

  private func decode<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
    var text = text
    return try text.withUTF8 { bytes in
      try #require(JSONValue(checking: UnsafeRawBufferPointer(bytes))).decode(type)
    }
  }

  @Test func `values of every kind are decoded`() throws {
    let sample = try decode(
      #"""
      {"unknown":[{"name":1}],"name":"a\nb","count":18446744073709551615,"small":-128,"cost":0.5,"isOn":true,
       "kind":"very-odd","note":null,"inner":[{"x":7},{}],"numbers":{"ab":1,"c":2}}
      """#, as: Sample.self)
    let expected = Sample(
      name: "a\nb", count: .max, small: -128, cost: 0.5, isOn: true, kind: .odd, note: nil,
      inner: [Sample.Inner(x: 7), Sample.Inner(x: nil)], numbers: ["ab": 1, "c": 2])
    #expect(sample == expected)
  }

  @Test(arguments: ["128", "-129", "1.5", "1e3", "1e400", "\"1\"", "null", "true"])
  func `a number that does not fit is refused`(text: String) {
    #expect(throws: DecodingError.self) { try decode(text, as: Int8.self) }
  }

  @Test(arguments: [("1e2", 100), ("1.0", 1), ("-0", 0), ("127", 127)])
  func `an integer may be written as any number`(text: String, value: Int8) throws {
    #expect(try decode(text, as: Int8.self) == value)
  }

  @Test(arguments: ["{}", "[]", "7", #"{"name":"x"}"#])
  func `what lacks a member is refused`(text: String) {
    #expect(throws: DecodingError.self) { try decode(text, as: Sample.self) }
  }

  @Test func `elements are taken one by one`() throws {
    #expect(try decode("[[1,2],[],[3]]") == [[1, 2], [], [3]])
    #expect(try decode(#"["a",null,"b"]"#) == ["a", nil, "b"] as [String?])
    #expect(throws: DecodingError.self) { try decode("[1,\"x\"]", as: [Int].self) }
  }
}
