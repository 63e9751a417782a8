/// How the subjects of a repository's commits are written.
package enum CommitStyle: Sendable, Equatable {
  /// `type(scope): what it does`.
  case conventional
  /// `area: what it does`.
  case area
  /// In none of these.
  case free

  private static let types: Set = [
    "build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test",
  ]

  /// What most of the last subjects have in common; nil for a history of a few commits, which tells nothing.
  package init?(of subjects: [String]) {
    guard subjects.count >= 5 else { return nil }
    var (conventional, withArea) = (0, 0)
    for subject in subjects {
      guard let colon = subject.firstRange(of: ": ") else { continue }
      let head = subject[..<colon.lowerBound]
      let word = head.prefix { $0.isLetter || $0.isNumber || "-_/.".contains($0) }
      let rest = head[word.endIndex...]
      if Self.types.contains(String(word)), ["", "!"].contains(rest) || rest.hasPrefix("(") && rest.contains(")") {
        conventional += 1
      } else if !word.isEmpty, head.count <= 40, rest.isEmpty || rest.hasPrefix(",") {
        withArea += 1
      }
    }
    if conventional * 10 >= subjects.count * 6 {
      self = .conventional
    } else {
      self = withArea * 10 >= subjects.count * 6 ? .area : .free
    }
  }

  /// As `init` reports it; nil where there is nothing to report.
  package var description: String? {
    switch self {
    case .conventional: "commit messages are conventional commits: 'type(scope): what it does'"
    case .area: "commit subjects begin with the area: 'area: what it does'"
    case .free: nil
    }
  }
}
