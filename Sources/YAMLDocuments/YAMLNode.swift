import Basics

/// A place in a text; line and column from 1, the column in characters as Unicode counts them (scalars).
package struct SourcePosition: Sendable, Hashable, Comparable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (one: SourcePosition, other: SourcePosition) -> Bool {
    (one.line, one.column) < (other.line, other.column)
  }
}

/// A value of a YAML document, and where it stands.
package struct YAMLNode: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
    /// The name of an anchor. Left as it is: what aliases stand for can be beyond all measure larger than the text.
    case alias(String)
  }

  package let content: Content
  /// Where its tag or anchor begins, or else the value itself.
  package let position: SourcePosition
  /// As written, with its shorthand spelled out (`tag:yaml.org,2002:int`); `nil` for a value without one.
  package let tag: String?
  package let anchor: String?

  init(_ content: Content, at position: SourcePosition, tag: String? = nil, anchor: String? = nil) {
    self.content = content
    self.position = position
    self.tag = tag
    self.anchor = anchor
  }
}

package struct YAMLScalar: Sendable, Equatable {
  /// Without quotes, escapes and indentation.
  package let text: String
  /// Whether it stands there bare, neither in quotes nor as a block: only then `true` may be more than a text.
  package let isPlain: Bool
}

package struct YAMLEntry: Sendable, Equatable {
  package let key: YAMLNode
  package let value: YAMLNode
}

extension YAMLNode {
  package var scalar: YAMLScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// The text of a scalar, as it is written: `12` is the text "12".
  package var text: String? { scalar?.text }

  package var items: [YAMLNode]? { if case .sequence(let items) = content { items } else { nil } }

  package var entries: [YAMLEntry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// Whether it is null, in any of YAML's spellings: the key has no value.
  package var isNull: Bool {
    guard let scalar, scalar.isPlain, tag == nil else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// The truth value that it is, in any spelling of YAML 1.1; `nil` for other texts, and for `"true"` in quotes.
  package var flag: Bool? {
    guard let scalar, scalar.isPlain else { return nil }
    return switch scalar.text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  /// What stands there, for messages: `a list`, `the text 'foo'`.
  package var kind: String {
    switch content {
    case .scalar(let scalar): isNull ? "nothing" : "the string \(scalar.text.quoted)"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .alias: "an alias"
    }
  }
}

extension [YAMLEntry] {
  /// The value of the key with this name.
  package subscript(name: String) -> YAMLNode? { first { $0.key.text == name }?.value }
}
