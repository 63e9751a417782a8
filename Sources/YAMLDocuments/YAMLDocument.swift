/// Reads YAML 1.1 as libyaml does: every value as the text that is written, with its place for messages.
package enum YAMLDocument {
  /// What most files of ours have no use for; refused unless it is allowed.
  package struct Extras: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Anchors, and aliases of them, which stay aliases in the tree.
    package static let anchors = Extras(rawValue: 1)
    /// Tags other than those of a text, a list and a map.
    package static let tags = Extras(rawValue: 2)
  }

  /// The root of the one document in a text; `nil` for a text that holds none.
  ///
  /// Tags, and keys that a map has twice, are all reported; any other fault ends the reading.
  package static func root(
    of text: String, allowing extras: Extras = [], limits: YAMLLimits = YAMLLimits()
  ) throws(YAMLFaults) -> YAMLNode? {
    var text = text
    // A byte order mark would count as a column.
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    if text.utf8.isEmpty { return nil }
    let builder = text.withUTF8 { bytes in
      var builder = YAMLTreeBuilder(extras: extras, limits: limits)
      do throws(YAMLFault) {
        try limits.check(bytes)
        var parser = try YAMLParser(bytes)
        while let event = try parser.next() { try builder.add(event) }
      } catch {
        builder.faults.append(error)
      }
      return builder
    }
    guard builder.faults.isEmpty else { throw YAMLFaults(all: builder.faults) }
    return builder.root
  }
}
