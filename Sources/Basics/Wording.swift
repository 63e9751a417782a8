extension StringProtocol {
  /// Without white space and line breaks at both ends.
  package var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }

  /// In single quotes for a message: control characters spelled out, long text cut.
  package var quoted: String {
    var shown = ""
    for scalar in unicodeScalars.prefix(60) {
      if scalar.isControlOrLineBreak {
        shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return "'\(shown)\(unicodeScalars.count > 60 ? "…" : "")'"
  }
}

extension String {
  package var withoutByteOrderMark: String {
    unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, DEL, and the line and paragraph separators.
  package var isControlOrLineBreak: Bool {
    value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
  }
}

/// The nearest of some known names, for "did you mean".
package enum NearestName {
  /// `, did you mean 'title'?`, or nothing when no name is near.
  package static func suggestion(for word: String, among names: some Sequence<String>) -> String {
    guard let name = name(nearest: word, among: names) else { return "" }
    return ", did you mean \(name.quoted)?"
  }

  /// At most a third of the letters may differ, two at least; the first of equals wins.
  package static func name(nearest word: String, among names: some Sequence<String>) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    let typed = Array(word.lowercased().unicodeScalars)
    var best: (name: String, distance: Int)?
    for name in names where name.utf8.count <= 100 {
      let candidate = Array(name.lowercased().unicodeScalars)
      let distance = distance(typed, candidate)
      guard distance <= max(2, candidate.count / 3), distance < candidate.count else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
    }
    return best?.name
  }

  /// Levenshtein's distance.
  private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = x == y ? diagonal : 1 + Swift.min(diagonal, above, row[j])
        diagonal = above
      }
    }
    return row[b.count]
  }
}
