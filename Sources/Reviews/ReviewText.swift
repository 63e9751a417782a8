import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Markdown

/// The words of a review on the forge.
struct ReviewText: Sendable {
  let decision: ReviewPost.Decision
  let verdict: VerdictRecord
  let tests: Tests
  /// A clause; nil when it merges.
  let conflicts: String?
  let fixes: Fixes
  let commit: String
  let agent: String
  let run: String
  let secrets: Secrets

  enum Tests: Sendable, Equatable {
    /// By the settings they are not run.
    case off
    case noCommand
    case ran(TestRecord, tail: String)
  }

  enum Fixes: Sendable, Equatable {
    case none
    case pushed([Commit])
    /// The pull request does not have them.
    /// - Parameters:
    ///   - reason: a clause.
    ///   - patch: their diff; nil when it is too large.
    case kept([Commit], reason: String, patch: String?)
  }

  /// GitHub takes 65,536 characters, Bitbucket 32,768; the rest is for remarks that the forge does not take on a line.
  private static let mostCharacters = 24_000
  static let patchLimit = 20_000
  private static let mostLineComments = 50

  func post() -> ReviewPost {
    ReviewPost(
      decision: decision, body: body(), lineComments: lineComments(), commit: commit,
      signature: Self.signature(run: run, commit: commit))
  }

  static func signature(run: String, commit: String) -> String { "git-orch review \(run) of \(commit.prefix(12))" }

  /// Markdown: the decision, why, and what it rests on.
  func body() -> String {
    let parts =
      ["**\(heading)**", harmless(secrets.masking(verdict.summary), limit: Self.mostCharacters / 2)]
      + [testWords, conflictWords, fixWords].compactMap(\.self)
    let footer = "---\n*Reviewed at `\(commit.prefix(12))` by \(line(agent, limit: 100)) with git-orch.*"
    var left = Self.mostCharacters - parts.reduce(footer.utf16.count) { $0 + $1.utf16.count }
    var middle: [String] = []
    if let findings = findingWords(limit: max(2000, left)) {
      middle.append(findings)
      left -= findings.utf16.count
    }
    var end: [String] = []
    if case .kept(_, _, let patch?) = fixes, patch.utf16.count <= left {
      end.append("The fixes as a patch:\n\n" + block(patch, language: "diff"))
    }
    let all: [String] = Array(parts[..<2]) + middle + Array(parts[2...]) + end + [footer]
    return all.joined(separator: "\n\n") + "\n"
  }

  func lineComments() -> [ReviewPost.LineComment] {
    let comments: [ReviewPost.LineComment] = sorted.compactMap { finding in
      guard let path = finding.path, let line = finding.line else { return nil }
      return ReviewPost.LineComment(path: path, line: line, body: words(of: finding))
    }
    return Array(comments.prefix(Self.mostLineComments))
  }

  private var heading: String {
    switch decision {
    case .approve: "Approved"
    case .requestChanges: "Changes requested"
    case .comment: "Reviewed"
    }
  }

  /// The gravest first.
  private var sorted: [FindingRecord] {
    FindingRecord.Severity.allCases.flatMap { severity in verdict.findings.filter { $0.severity == severity } }
  }

  private func findingWords(limit: Int) -> String? {
    guard !verdict.findings.isEmpty else { return nil }
    var text = "### Findings\n"
    var shown = 0
    for finding in sorted {
      let line =
        "\n- " + words(of: finding, after: place(of: finding).map { "\($0): " } ?? "").replacing("\n", with: "\n  ")
      guard text.utf16.count + line.utf16.count <= limit else { break }
      text += line
      shown += 1
    }
    if shown < verdict.findings.count { text += "\n- and \(verdict.findings.count - shown) more" }
    return text
  }

  private func words(of finding: FindingRecord, after place: String = "") -> String {
    let mark: String =
      if !finding.fixed { "" } else if case .kept = fixes { " (fixed, but not pushed)" } else { " (fixed)" }
    return harmless(
      secrets.masking(finding.message), after: "\(place)**\(finding.severity.rawValue)**\(mark): ", limit: 4000)
  }

  private func place(of finding: FindingRecord) -> String? {
    finding.path.map { Code.span($0 + (finding.line.map { ":\($0)" } ?? "")) }
  }

  private var testWords: String? {
    switch tests {
    case .off:
      return nil
    case .noCommand:
      return "### Tests\n\nNone were run: no test command is configured."
    case .ran(let record, let tail):
      let command = Code.span(secrets.masking(plainText(record.command, limit: 300)))
      let place = "at `\(record.commit.prefix(12))`"
      guard !record.passed else { return "### Tests\n\n\(command) passed \(place)." }
      let output = tail.isEmpty ? "" : "\n\n" + block(secrets.masking(tail))
      return "### Tests\n\n\(command) failed \(place): \(record.outcome).\(output)"
    }
  }

  private var conflictWords: String? {
    conflicts.map { "### Conflicts\n\nThis pull request \(line($0, limit: 1500))." }
  }

  private var fixWords: String? {
    switch fixes {
    case .none:
      return nil
    case .pushed(let commits):
      return "### Fixes\n\nPushed to the branch:\n\n" + list(commits)
    case .kept(let commits, let reason, _):
      return "### Fixes\n\nMade, but not pushed, since \(line(reason, limit: 500)):\n\n" + list(commits)
    }
  }

  private func list(_ commits: [Commit]) -> String {
    var lines = commits.prefix(20).reversed().map {
      "- \($0.id.abbreviated) \(line($0.summary, limit: 200))"
    }
    if commits.count > 20 { lines.append("- and \(commits.count - 20) more") }
    return lines.joined(separator: "\n")
  }

  private func line(_ text: String, limit: Int) -> String { harmlessLine(secrets.masking(text), limit: limit) }

  /// What hides in it is shown: nobody copies the output of tests, and a patch that has such characters hides something.
  private func block(_ text: String, language: String = "") -> String {
    Code.block(sanitized(text, .keepLines), language: language).joined(separator: "\n")
  }
}

extension ReviewText {
  /// The title of the commit that a merge by squash makes.
  static func mergeTitle(_ pullRequest: PullRequest, secrets: Secrets) -> String {
    "\(harmlessSubject(secrets.masking(pullRequest.title), limit: 240)) (#\(pullRequest.number))"
  }

  /// Its message: what the commits were, and the trailers that they had.
  /// - Parameters:
  ///   - commits: newest first.
  ///   - messages: theirs, newest first.
  static func mergeMessage(_ commits: [Commit], messages: [String] = [], secrets: Secrets) -> String {
    let list = commits.reversed().map { "* \(harmlessSubject(secrets.masking($0.summary), limit: 300))" }
    let trailers = MessageTrailers.all(in: messages.reversed()).map { plainText(secrets.masking($0), limit: 300) }
    return ([list] + [trailers].filter { !$0.isEmpty }).map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }
}
