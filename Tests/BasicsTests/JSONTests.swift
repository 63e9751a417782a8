import Basics
import Testing

@Suite(.timeLimit(.minutes(5))) struct JSONTests {
  @Test(
    arguments: [
      #"{"a":[1,2.5,-3e2,true,false,null,"x"],"b":{}}"#, #""a\"\\\n\tb""#, "[]", #"{"a":"é🎉"}"#, "1e400", #""\u0001""#,
    ])
  func `what is written is read again as the same value`(text: String) throws {
    let value = try #require(JSON(parsing: text))
    if case .number(.infinity) = value { return }
    #expect(JSON(parsing: value.text) == value)
  }

  @Test func `texts have sorted keys and whole numbers`() {
    let value: JSON = ["b": 1, "a": [true, nil, "x/y"], "c": .number(0.5), "d": .number(.infinity)]
    #expect(value.text == #"{"a":[true,null,"x/y"],"b":1,"c":0.5,"d":null}"#)
  }

  @Test func `escapes are decoded, in names too`() {
    #expect(JSON(parsing: #"{"a\u0062":"\ud83c\udf89\u00e9\/"}"#) == ["ab": "🎉é/"])
    #expect(JSON(parsing: #"{"a":1,"a":2}"#)?["a"] == 2)
  }

  @Test(arguments: ["", "{", #"{"a"}"#, "[1,]", "nul", "\"a", "1 2", "{a:1}"])
  func `what is not JSON is not a value`(text: String) { #expect(JSON(parsing: text) == nil) }

  @Test func `depth is bounded`() {
    #expect(JSON(parsing: String(repeating: "[", count: 100_000)) == nil)
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(JSON(parsing: deep)?.text == deep)
  }

  @Test func `parts are looked up`() {
    let value = JSON(parsing: #"{"b":["x",1],"a":"y"}"#)
    #expect(value?["a"]?.string == "y" && value?["b"]?.elements.count == 2 && value?["c"] == nil)
    #expect(value?.keys == ["a", "b"] && value?["a"]?.elements == [])
  }
}
