import Basics

/// What of a to-do list was left out, or understood otherwise than it literally says.
package struct TodoNote: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable, CaseIterable {
    /// No task was made of it.
    case done, cancelled, deferred, question, belowClosed, unboxed, section, empty, quoted, hidden
    case contents, prose
    /// Something in it was understood otherwise.
    case mark, started, headings, need, needMet, test

    package var words: String {
      switch self {
      case .done: "ticked off"
      case .question: "a question"
      case .belowClosed: "open below a closed item"
      case .unboxed: "without a box"
      case .section: "in another section"
      case .quoted: "in a quotation"
      case .hidden: "in code or in a comment"
      default: rawValue
      }
    }

    /// Whether something was left out that has the form of a task.
    package var isLeftOut: Bool {
      switch self {
      case .prose, .contents, .mark, .started, .headings, .need, .needMet, .test: false
      default: true
      }
    }
  }

  /// In the to-do list, from 1.
  package let line: Int
  package let kind: Kind
  /// One line.
  package let message: String

  init(_ line: Int, _ kind: Kind, _ message: String) {
    self.line = line
    self.kind = kind
    self.message = message
  }

  package var description: String { "\(line): \(message)" }

  /// `3 left out (2 ticked off, 1 without a box); 1 need ignored`; nil when there is nothing to tell.
  package static func summary(of notes: [TodoNote]) -> String? {
    var parts: [String] = []
    let counts = Dictionary(notes.map { ($0.kind, 1) }, uniquingKeysWith: +)
    let leftOut = Kind.allCases.filter { $0.isLeftOut && counts[$0] != nil }
    if !leftOut.isEmpty {
      let total = leftOut.map { counts[$0] ?? 0 }.reduce(0, +)
      parts.append(
        "\(total) left out (\(leftOut.map { "\(counts[$0] ?? 0) \($0.words)" }.joined(separator: ", ")))")
    }
    if let count = counts[.need] {
      parts.append("\(count) need\(count == 1 ? "" : "s") ignored")
    }
    if let count = counts[.test] { parts.append("\(count) empty test command\(count == 1 ? "" : "s")") }
    if let count = counts[.mark] {
      parts.append(count == 1 ? "1 unknown mark taken as open" : "\(count) unknown marks taken as open")
    }
    if let count = counts[.started] { parts.append("\(count) in progress and taken as open") }
    if counts[.headings] != nil { parts.append("each section is a task") }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
