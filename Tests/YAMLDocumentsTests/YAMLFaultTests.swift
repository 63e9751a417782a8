import Testing
import YAMLDocuments

@Suite(.timeLimit(.minutes(5))) struct YAMLFaultTests {
  /// `line:column: message` of each fault, `line` and `column` only where there are.
  func faults(
    _ yaml: String, allowing extras: YAMLDocument.Extras = [], limits: YAMLLimits = YAMLLimits()
  ) -> [String] {
    do throws(YAMLFaults) {
      _ = try YAMLDocument.root(of: yaml, allowing: extras, limits: limits)
      return []
    } catch {
      return error.all.map { fault in
        (fault.position.map { "\($0.line):\($0.column): " } ?? "") + fault.description
      }
    }
  }

  @Test(arguments: [
    (
      "a:\n  b: 1\n c: 2",
      "3:2: not valid YAML: did not find expected key (while parsing a block mapping, line 1)"
    ),
    (
      "a:\n\tb: 1",
      "2:1: not valid YAML: found character that cannot start any token (while scanning for the next token, line 2)"
    ),
    ("a: [", "2:1: not valid YAML: did not find expected node content (while parsing a flow node, line 2)"),
    ("a: b: c", "1:5: not valid YAML: mapping values are not allowed in this context"),
    ("é: 'b", "1:6: not valid YAML: found unexpected end of stream (while scanning a quoted scalar, line 1)"),
    (
      "a: \"\\ud800\"",
      "1:7: not valid YAML: found invalid Unicode character escape code (while parsing a quoted scalar, line 1)"
    ),
    ("%YAML 3.0\n--- a", "1:1: not valid YAML: found incompatible YAML document"),
    ("a: b\n---\nc: d", "2:1: there is more than one document, where one is expected"),
    ("a: !evil b", "1:4: tags such as '!evil' are not allowed here"),
    ("a: !!int 3", "1:4: tags such as 'tag:yaml.org,2002:int' are not allowed here"),
    ("a: &x b", "1:4: anchors and aliases are not allowed here; write the value out"),
    ("a: *x", "1:4: anchors and aliases are not allowed here; write the value out"),
    (
      "a: \u{7}", "1:4: not valid YAML: the character U+0007 may only be written as an escape in double quotes"
    ),
    (
      "a: 1\néé: é\u{1B}\n",
      "2:6: not valid YAML: the character U+001B may only be written as an escape in double quotes"
    ),
    ("a: 1\nb: {a: 1}\n'a': 2", "3:1: 'a' is given twice, first on line 1"),
  ])
  func `a fault is reported with its place`(yaml: String, message: String) {
    #expect(faults(yaml) == [message])
  }

  @Test func `doubled keys and tags are all told, with what ends the reading`() {
    #expect(
      faults("a: 1\na: 2\nb: !t 3\na: 4\nc: ]") == [
        "2:1: 'a' is given twice, first on line 1", "3:4: tags such as '!t' are not allowed here",
        "4:1: 'a' is given twice, first on line 1",
        "5:4: not valid YAML: did not find expected node content (while parsing a block node, line 5)",
      ])
  }

  @Test func `a NUL is not an end of the text`() {
    #expect(faults("a: b\0\nc: d").count == 1)
  }

  @Test func `an alias without its anchor is a fault even where aliases are allowed`() {
    #expect(
      faults("a: *x\nb: &x c", allowing: .anchors) == [
        "1:4: anchors and aliases are not allowed here; write the value out"
      ])
  }

  @Test(arguments: ["[", "{a: ", "- ", "? ", "- ? ", "[{a: ", "!t [", "&a "])
  func `nesting without end is a fault, and no stack overflows`(opening: String) {
    #expect(faults(String(repeating: opening, count: 60_000), allowing: [.anchors, .tags]).count == 1)
  }

  @Test func `nesting is taken up to its limit`() {
    var limits = YAMLLimits()
    limits.depth = 3
    #expect(faults("[[[a]]]", limits: limits) == [])
    #expect(faults("[{a: {b: [c]}}]", limits: limits) == ["1:10: nested more than 3 levels deep"])
    #expect(faults(String(repeating: "[", count: 100) + String(repeating: "]", count: 100)) == [])
    #expect(faults(String(repeating: "[", count: 101)) == ["1:101: nested more than 100 levels deep"])
  }

  @Test func `aliases do not make a text grow`() throws {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...40 {
      let uses = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      yaml += "a\(level): &a\(level) [\(uses)]\n"
    }
    yaml += "? *a40\n: x\n"
    let root = try YAMLDocument.root(of: yaml, allowing: .anchors)
    #expect(root?.entries?.count == 42)
    #expect(root?.entries?["a40"]?.items?.map(\.content) == Array(repeating: .alias("a39"), count: 10))
    #expect(faults(yaml) == ["1:5: anchors and aliases are not allowed here; write the value out"])
  }

  @Test func `a large text is read, one that is too large is not`() throws {
    let lines = 5_000
    let yaml = (0..<lines).map { "key\($0): [value, 'ä\($0)']\n" }.joined()
    let entries = try #require(try YAMLDocument.root(of: yaml)?.entries)
    #expect(entries.count == lines)
    #expect(entries.last?.value.items?.last?.text == "ä\(lines - 1)")
    #expect(entries.last?.key.position == SourcePosition(line: lines, column: 1))

    var limits = YAMLLimits()
    limits.nodes = 1_000
    #expect(faults(String(repeating: "- a\n", count: 999), limits: limits) == [])
    #expect(faults(String(repeating: "- a\n", count: 1_001), limits: limits) == ["1001:3: more than 1000 values"])
    limits.bytes = 1 << 20
    #expect(faults(String(repeating: "# é\n", count: 220_000), limits: limits) == ["larger than 1 MB"])
    #expect(faults(String(repeating: "#", count: (16 << 20) + 1)) == ["larger than 16 MB"])
  }

  @Test func `texts that libyaml would read in quadratic time are refused`() {
    let directives = (0...100).map { "%TAG !a\($0)! tag:example.com,2000:\n" }
    #expect(faults(directives.dropLast().joined() + "--- a") == [])
    #expect(faults(directives.joined() + "--- a") == ["101:1: more than 100 lines begin with '%TAG'"])
  }
}
