import Agents
import Engine
import Forges
import Git
import Journal

/// A pull request with its commits here, as a review looks at it.
struct ReviewedChange: Sendable {
  let pullRequest: PullRequest
  let head: ObjectID
  /// The tip of the branch that it is to be merged into.
  let base: ObjectID
  /// The commits of the pull request, newest first; at most `commitLimit`.
  let commits: [Commit]
  /// The files in which it does not merge with its base.
  let conflicts: [String]
  /// Whether commits upon its head can be pushed to its branch.
  let isPushable: Bool

  static let commitLimit = 200

  var record: PullRequestRecord { PullRequestRecord(pullRequest, commit: head.description) }

  /// A clause; nil when it merges.
  var conflictWords: String? { Self.words(conflicts: conflicts, base: pullRequest.base) }

  static func words(conflicts files: [String], base: String) -> String? {
    guard !files.isEmpty else { return nil }
    let more = files.count > 5 ? " and \(files.count - 5) more" : ""
    return "conflicts with '\(base)' in \(files.prefix(5).joined(separator: ", "))\(more)"
  }
}

/// What a reviewer brought about.
struct ReviewResult: Sendable, Equatable {
  var verdict: VerdictRecord
  /// The head, or the last of the reviewer's fixes upon it.
  var tip: ObjectID
  /// The reviewer's commits, newest first.
  var fixes: [Commit]
}

/// Text of strangers on its way to agents and forges.
enum UntrustedText {
  /// The text between lines that it cannot contain.
  static func fenced(_ text: String, with character: Character = "~", language: String = "") -> String {
    var fence = String(repeating: character, count: 3)
    while text.contains(fence) { fence.append(character) }
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }

  /// Code as it is, save that what nobody would see is made visible: control characters, and those that change the
  /// direction or vanish, by which code can look other than it is.
  static func visible(_ code: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in code.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A: result.append(scalar)
      case 0...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        result.append(contentsOf: "<U+\(padding)\(digits)>".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
