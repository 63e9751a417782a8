import Basics
package import Git

/// A commit of a branch, as the commits are made of it that land.
package struct BranchCommit: Sendable, Equatable {
  package let id: ObjectID
  package let parents: [ObjectID]
  package let text: CommitText

  package init(id: ObjectID, parents: [ObjectID], text: CommitText) {
    self.id = id
    self.parents = parents
    self.text = text
  }

  var message: String { String(decoding: text.message, as: UTF8.self) }

  /// `Name <address>`.
  var author: String {
    text.author.lastIndex(of: ">").map { String(text.author[...$0]) } ?? text.author
  }

  var address: String {
    text.author.lastIndex(of: "<").map { String(author[$0...]).lowercased() } ?? author
  }
}

/// The message of the commit that a branch becomes.
package enum LandingMessage {
  /// Of a squash: the only commit's own; of several the title, what each of them says, and all their trailers, each once.
  /// - Parameters:
  ///   - title: the task's; nil of a branch that is no task's.
  ///   - commits: oldest first.
  package static func squash(title: String?, branch: String, commits: [BranchCommit]) -> String {
    // What merges the base or a neighbor says nothing of the work.
    let own = commits.filter { $0.parents.count < 2 }
    if commits.count == 1 || own.count == 1 { return (own.first ?? commits[0]).message }
    var trailers: [String] = []
    var texts: [String] = []
    for commit in commits {
      let parts = split(commit.message)
      trailers += parts.trailers
      if commit.parents.count < 2, !parts.text.isEmpty { texts.append(parts.text) }
    }
    // The last author is that of the commit.
    for commit in commits where commit.address != commits.last?.address {
      trailers.append("Co-authored-by: \(commit.author)")
    }
    let subject = title ?? texts.first.map { firstLine($0) } ?? branch
    let items = texts.map { text in
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return "* "
        + lines.joined(separator: "\n  ").split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.allSatisfy { $0 == " " } ? "" : String($0) }.joined(separator: "\n")
    }
    return joined(subject, items.joined(separator: "\n"), unique(trailers))
  }

  /// Of a merge commit, with the trailers that must be in the base's own line of commits.
  package static func merge(title: String?, branch: String, commits: [BranchCommit]) -> String {
    let trailers = commits.flatMap { split($0.message).trailers }
      .filter { trailer in ["close", "fix", "resolve"].contains { trailer.lowercased().hasPrefix($0) } }
    return joined("Merge branch '\(branch)'", title ?? "", unique(trailers))
  }

  private static func joined(_ subject: String, _ body: String, _ trailers: [String]) -> String {
    [subject, body, trailers.joined(separator: "\n")].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private static func firstLine(_ text: String) -> String {
    text.split(separator: "\n").first.map(String.init) ?? text
  }

  private static func unique(_ lines: [String]) -> [String] {
    var seen: Set<String> = []
    return lines.filter { seen.insert($0.lowercased()).inserted }
  }

  /// The same message with a trailer for each conflict that was resolved as it was before.
  static func noting(_ paths: [String], in text: CommitText) -> CommitText {
    // Another encoding's bytes are left as they are.
    guard text.encoding == nil, let message = String(validating: text.message, as: UTF8.self) else { return text }
    var text = text
    let body = message.trimmedAtEnd
    let last = body.replacing("\r\n", with: "\n").split(separator: "\n\n").map(String.init)
    let lines = last.last?.split(separator: "\n").map(String.init) ?? []
    let hasTrailers = last.count > 1 && lines.allSatisfy { isTrailer($0) || isClosing($0) || $0.first == " " }
    let trailers = paths.prefix(10).map { "Resolved-as-before: \(plainText($0, limit: 200))" }
    text.message = Array((body + (hasTrailers ? "\n" : "\n\n") + trailers.joined(separator: "\n") + "\n").utf8)
    return text
  }

  /// The trailers are the last paragraph, if it is no subject and each of its lines is a `Key: value`, as git has it;
  /// `Closes #12` counts as one wherever it is a line of its own.
  static func split(_ message: String) -> (text: String, trailers: [String]) {
    var paragraphs = message.replacing("\r\n", with: "\n").split(
      separator: "\n", omittingEmptySubsequences: false
    ).reduce(into: [[String]]([[]])) { result, line in
      if line.trimmed.isEmpty {
        if result.last?.isEmpty == false { result.append([]) }
      } else {
        result[result.count - 1].append(String(line))
      }
    }.filter { !$0.isEmpty }
    var trailers: [String] = []
    if paragraphs.count > 1, let last = paragraphs.last,
      last.allSatisfy({ isTrailer($0) || isClosing($0) || $0.first == " " })
    {
      // A continued value belongs to the line before.
      for line in last {
        if line.first == " ", let index = trailers.indices.last {
          trailers[index] += " " + line.trimmed
        } else {
          trailers.append(line.trimmed)
        }
      }
      paragraphs.removeLast()
    }
    for index in paragraphs.indices.dropFirst() {
      trailers += paragraphs[index].filter(isClosing).map { $0.trimmed }
      paragraphs[index].removeAll(where: isClosing)
    }
    let text = paragraphs.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    return (text, trailers)
  }

  private static func isTrailer(_ line: String) -> Bool {
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return false }
    return line[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      && line[line.index(after: colon)...].first == " "
  }

  /// `Closes #12`, `fixes owner/name#3`, without other words.
  private static func isClosing(_ line: String) -> Bool {
    let words = line.trimmed.split(separator: " ")
    guard words.count >= 2, let verb = words.first?.lowercased().replacing(":", with: "") else { return false }
    let verbs: Set = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"]
    return verbs.contains(verb)
      && words.dropFirst().allSatisfy { $0.contains("#") || $0.contains("://") || $0.lowercased() == "and" }
  }
}
