/// A pull request as it was when the entry was written.
package struct PullRequestRecord: Codable, Equatable, Sendable {
  package var number: Int
  package var url: String
  package var branch: String
  package var base: String
  /// The head's commit by its full name.
  package var commit: String
  package var author: String?

  package init(number: Int, url: String, branch: String, base: String, commit: String, author: String? = nil) {
    self.number = number
    self.url = url
    self.branch = branch
    self.base = base
    self.commit = commit
    self.author = author
  }
}

/// What became of a pull request.
package struct PullRequestStateRecord: Codable, Equatable, Sendable {
  /// `open`, `merged`, `closed`.
  package var state: String
  package var base: String
  /// The head's commit as the forge gives it.
  package var head: String
  /// What its merge made, as far as the forge says.
  package var mergeCommit: String?
  /// Whether the forge means to merge it on its own; nil where nobody asked, and in older journals.
  package var isQueued: Bool?

  private enum CodingKeys: String, CodingKey {
    case state, base, head, mergeCommit
    case isQueued = "queued"
  }

  package init(state: String, base: String, head: String, mergeCommit: String? = nil, isQueued: Bool? = nil) {
    self.state = state
    self.base = base
    self.head = head
    self.mergeCommit = mergeCommit
    self.isQueued = isQueued
  }
}

/// What a reviewer said.
package struct VerdictRecord: Codable, Equatable, Sendable {
  package enum Decision: String, Codable, Sendable {
    case approve
    case requestChanges = "request-changes"
  }

  package var decision: Decision
  package var summary: String
  package var findings: [FindingRecord]
  /// The commit that it is about: the pull request's head, or the reviewer's last fix on top of it.
  package var commit: String

  package init(decision: Decision, summary: String, findings: [FindingRecord], commit: String) {
    self.decision = decision
    self.summary = summary
    self.findings = findings
    self.commit = commit
  }
}

/// One thing that a reviewer found.
package struct FindingRecord: Codable, Equatable, Sendable {
  package enum Severity: String, Codable, CaseIterable, Sendable {
    /// Must be fixed before a merge.
    case blocker
    case major, minor, nit
  }

  package var severity: Severity
  /// From the repository's root; nil when it is about the whole.
  package var path: String?
  /// Counts from 1.
  package var line: Int?
  package var message: String
  /// Whether the reviewer fixed it.
  package var fixed: Bool

  package init(severity: Severity, path: String? = nil, line: Int? = nil, message: String, fixed: Bool = false) {
    self.severity = severity
    self.path = path
    self.line = line
    self.message = message
    self.fixed = fixed
  }
}

/// How the project's tests went at a commit.
package struct TestRecord: Codable, Equatable, Sendable {
  package var command: String
  package var commit: String
  package var passed: Bool
  /// `exit status 1`, `killed by signal 9`, `not finished after 3600 s`.
  package var outcome: String
  /// The file that holds what they printed.
  package var log: String
  /// The tool that made the sandbox in which they ran; nil when they ran in none, and in older journals.
  package var sandbox: String?

  package init(
    command: String, commit: String, passed: Bool, outcome: String, log: String, sandbox: String? = nil
  ) {
    self.command = command
    self.commit = commit
    self.passed = passed
    self.outcome = outcome
    self.log = log
    self.sandbox = sandbox
  }
}

/// A review as it stands on the forge.
package struct PostedRecord: Codable, Equatable, Sendable {
  /// `approve`, `request-changes`, `comment`.
  package var decision: String
  /// Why the decision is not the verdict's.
  package var note: String?
  package var url: String?
  package var commit: String
  /// Whether it was found there, posted by a review that was cut short.
  package var wasThere: Bool

  package init(decision: String, note: String? = nil, url: String? = nil, commit: String, wasThere: Bool = false) {
    self.decision = decision
    self.note = note
    self.url = url
    self.commit = commit
    self.wasThere = wasThere
  }
}
