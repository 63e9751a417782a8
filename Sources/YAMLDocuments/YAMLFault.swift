import Basics

/// What is wrong in a YAML text, and where.
package struct YAMLFault: Error, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// In libyaml's words; `context` is what it was reading, and on which line that begins.
    case syntax(String, context: String?)
    case unreadableCharacter(UInt32)
    /// An anchor or an alias where none is allowed, or an alias without its anchor.
    case alias
    case tag(String)
    case duplicateKey(String, firstLine: Int)
    case secondDocument
    case limit(YAMLLimits.Excess)
  }

  package let reason: Reason
  /// `nil` for a fault of the whole text.
  package let position: SourcePosition?

  init(_ reason: Reason, at position: SourcePosition?) {
    self.reason = reason
    self.position = position
  }

  /// What follows `file:line:column: ` in a message.
  package var description: String {
    switch reason {
    case .syntax(let problem, let context): "not valid YAML: \(problem)" + (context.map { " (\($0))" } ?? "")
    case .unreadableCharacter(let value):
      "not valid YAML: the character U+\(hex(value, digits: 4)) may only be written as an escape in double quotes"
    case .alias: "anchors and aliases are not allowed here; write the value out"
    case .tag(let tag): "tags such as \(tag.quoted) are not allowed here"
    case .duplicateKey(let key, let line): "\(key.quoted) is given twice, first on line \(line)"
    case .secondDocument: "there is more than one document, where one is expected"
    case .limit(let excess): excess.description
    }
  }
}

/// Every fault that was found, in the order of the text; never none.
package struct YAMLFaults: Error, Equatable {
  package let all: [YAMLFault]
}
