import Basics

/// Writes the few shapes that our files have: maps of texts, lists of texts, lists of maps.
///
/// By hand, since libyaml's emitter escapes all characters beyond the basic plane, so that one emoji turns a
/// description of many lines into a single quoted one.
package struct YAMLWriter {
  package private(set) var text = ""

  package init() {}

  /// A line as it is.
  package mutating func line(_ line: String) { text += line + "\n" }

  /// A key with its text, on one line or as a block; nothing where there is none.
  package mutating func field(_ key: String, _ value: String?, indent: Int) {
    guard let value else { return }
    let start = String(repeating: " ", count: indent) + key + ":"
    if let literal = YAMLText.literal(value, indent: indent + 2) {
      text += "\(start) \(literal)"
    } else {
      line("\(start) \(YAMLText.inline(value))")
    }
  }

  /// A key with its texts, one a line; nothing where there are none.
  package mutating func list(_ key: String, _ values: [String], indent: Int) {
    guard !values.isEmpty else { return }
    let margin = String(repeating: " ", count: indent)
    line("\(margin)\(key):")
    for value in values { line("\(margin)  - \(YAMLText.inline(value))") }
  }
}
