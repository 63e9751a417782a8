import Basics

/// What the mark of an item says of it.
enum TodoState: Sendable, Equatable {
  case open, inProgress, done, cancelled, deferred, question

  /// What is begun is not done.
  var isTask: Bool { self == .open || self == .inProgress }

  var leftOut: TodoNote.Kind {
    switch self {
    case .open, .inProgress, .done: .done
    case .cancelled: .cancelled
    case .deferred: .deferred
    case .question: .question
    }
  }
}

/// The marks that people put at the beginning of an item, and what they mean: the table of git-orch-generate(1).
package struct TodoMark {
  let state: TodoState
  /// Whether it is one of those that make a list one of boxes, in which an item without is no task.
  let isBox: Bool
  /// A mark without a meaning here, which is taken as open.
  var unknown: String?
  /// What follows the mark.
  let rest: Substring

  /// Between brackets.
  private static let boxes: [Character: TodoState] = [
    "x": .done, "X": .done, "✓": .done, "✔": .done, "✅": .done,
    "-": .cancelled, "–": .cancelled,
    "/": .inProgress, "~": .inProgress, ".": .inProgress, "o": .inProgress, "O": .inProgress,
    ">": .deferred, "<": .deferred,
    "!": .open, "*": .open, "_": .open,
    "?": .question,
  ]

  /// In front of the text, in capitals: Logseq's words and Org's.
  private static let words: [String: TodoState] = [
    "TODO": .open, "LATER": .open, "NEXT": .open,
    "DOING": .inProgress, "NOW": .inProgress, "IN-PROGRESS": .inProgress, "STARTED": .inProgress,
    "DONE": .done, "COMPLETED": .done, "FIXED": .done,
    "CANCELED": .cancelled, "CANCELLED": .cancelled, "WONTFIX": .cancelled,
    "WAITING": .deferred, "WAIT": .deferred, "HOLD": .deferred, "SOMEDAY": .deferred, "DEFERRED": .deferred,
  ]

  /// Pictures of a box.
  private static let pictures: [Character: TodoState] = [
    "☐": .open, "⬜": .open, "🔲": .open, "🔳": .open, "◻": .open, "□": .open, "▢": .open,
    "☑": .done, "☒": .done, "✅": .done, "✔": .done, "✓": .done, "🗹": .done, "🎉": .done,
    "🚧": .inProgress, "🔄": .inProgress, "🏗": .inProgress,
    "🚫": .cancelled, "⏸": .deferred,
  ]
  /// Said of what works as well as of what does not, so that they decide nothing.
  private static let crosses: Set<Character> = ["❌", "✖", "✗", "✘"]
  private static let openPictures: Set<Character> = ["☐", "⬜", "🔲", "🔳", "◻", "□", "▢"]

  /// In a column of a table.
  private static let statuses: [String: TodoState] = [
    "": .open, "to do": .open, "todo": .open, "open": .open, "new": .open, "backlog": .open, "planned": .open,
    "not started": .open, "pending": .open, "ready": .open, "selected for development": .open, "reopened": .open,
    "no": .open, "offen": .open, "à faire": .open,
    "in progress": .inProgress, "doing": .inProgress, "started": .inProgress, "in review": .inProgress,
    "wip": .inProgress, "in arbeit": .inProgress, "en cours": .inProgress,
    "done": .done, "closed": .done, "resolved": .done, "complete": .done, "completed": .done, "finished": .done,
    "fixed": .done, "merged": .done, "released": .done, "shipped": .done, "yes": .done, "x": .done,
    "erledigt": .done, "fertig": .done, "fait": .done,
    "cancelled": .cancelled, "canceled": .cancelled, "won't do": .cancelled, "won't fix": .cancelled,
    "wontfix": .cancelled, "rejected": .cancelled, "duplicate": .cancelled, "dropped": .cancelled,
    "deferred": .deferred, "on hold": .deferred, "blocked": .deferred, "waiting": .deferred, "later": .deferred,
    "postponed": .deferred,
  ]

  /// The mark that a text begins with; nil for a text without one.
  init?(_ text: Substring) {
    let text = text.drop(while: \.isWhitespace)
    guard let mark = Self.bracket(text) ?? Self.picture(text) ?? Self.word(text) else { return nil }
    // An open box before DONE.
    if mark.isBox, mark.state == .open, mark.unknown == nil, let word = Self.word(mark.rest.drop(while: \.isWhitespace))
    {
      self.init(state: word.state, isBox: true, rest: word.rest)
    } else {
      self = mark
    }
  }

  /// An item's text without the bullet and the box that may be in front of it.
  package static func withoutBox(_ text: String) -> String {
    var rest = text[...].drop(while: \.isWhitespace)
    if let first = rest.first, "-*+".contains(first), rest.dropFirst().first?.isWhitespace ?? false {
      rest = rest.dropFirst()
    }
    return String(TodoMark(rest)?.rest ?? rest)
  }

  /// What a cell of a column of states says.
  init(status text: String) {
    if let mark = TodoMark(text[...]), mark.isBox || mark.rest.isBlank {
      self = mark
      return
    }
    let words = String(text.filter { $0.isLetter || $0.isNumber || $0.isWhitespace || $0 == "'" || $0 == "’" })
      .replacing("’", with: "'").trimmed.lowercased()
    let state = Self.statuses[words]
    self.init(state: state ?? .open, isBox: true, unknown: state == nil ? text.trimmed : nil, rest: "")
  }

  private init(state: TodoState, isBox: Bool, unknown: String? = nil, rest: Substring) {
    self.state = state
    self.isBox = isBox
    self.unknown = unknown
    self.rest = rest
  }

  private static func bracket(_ text: Substring) -> TodoMark? {
    guard text.first == "[", let end = text.prefix(8).firstIndex(of: "]") else { return nil }
    let inner = text[text.index(after: text.startIndex)..<end]
    let rest = text[text.index(after: end)...]
    // A link is no box: [x](y), [x][y].
    guard !(rest.first.map { "([:".contains($0) } ?? false) else { return nil }
    // "[]" is what people type who mean an open box.
    if inner.isBlank { return TodoMark(state: .open, isBox: true, rest: rest) }
    guard inner.count == 1, let mark = inner.first else { return nil }
    if let state = boxes[mark] { return TodoMark(state: state, isBox: true, rest: rest) }
    // [1] is a source or a footnote; an unknown mark needs its gap, or it is a word in brackets.
    guard !mark.isNumber, rest.first?.isWhitespace ?? false else { return nil }
    return TodoMark(state: .open, isBox: true, unknown: "[\(mark)]", rest: rest)
  }

  private static func picture(_ text: Substring) -> TodoMark? {
    guard let first = text.first else { return nil }
    // Some are written with a selector that says whether they are shown in color.
    let bare = String(String.UnicodeScalarView(first.unicodeScalars.filter { $0 != "\u{FE0F}" && $0 != "\u{FE0E}" }))
    guard bare.count == 1, let picture = bare.first else { return nil }
    let rest = text.dropFirst()
    if crosses.contains(picture) { return TodoMark(state: .open, isBox: false, unknown: bare, rest: rest) }
    return pictures[picture].map { TodoMark(state: $0, isBox: openPictures.contains(picture), rest: rest) }
  }

  private static func word(_ text: Substring) -> TodoMark? {
    let word = text.prefix { $0.isASCII && ($0.isUppercase || $0 == "-") }
    guard let state = words[String(word)] else { return nil }
    var rest = text[word.endIndex...]
    // "TODO: …" among other bullets is how some people write any of them.
    let hasColon = rest.first == ":"
    if hasColon { rest = rest.dropFirst() }
    guard rest.first?.isWhitespace ?? true else { return nil }
    return TodoMark(state: state, isBox: state.isTask && !hasColon, rest: rest)
  }
}
