/// Why a forge did not do what it was asked.
package struct ForgeError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: Sendable, Equatable {
    /// `gh`, or the library that sends requests, is not installed.
    case clientMissing
    /// No login or token, or one that the forge does not know (401).
    case notLoggedIn
    /// The login may not do this (403).
    case forbidden
    case notFound
    case alreadyExists
    case noChanges
    /// The forge does not know the head or the base, perhaps not yet: a branch was pushed a moment ago.
    case branchUnknown
    /// The forge refuses what was sent (400, 422), for a reason that none of the other codes names.
    case invalid
    /// The pull request's head is not the commit that was expected.
    case headMoved
    case notMergeable
    /// Merges into the base are made by the forge's merge queue alone.
    case queueRequired
    /// Still turned away after all waiting, or asked to wait for too long.
    case rateLimited
    /// 5xx, and what is no answer of a forge at all.
    case serverError
    /// No connection, or one that broke: a change may have been made all the same.
    case unreachable
    case cancelled
  }

  package let code: Code
  /// What is wrong and where, in one line, without a full stop. Holds no token, and no control characters.
  package let message: String
  /// What to do about it, a line each.
  package let hints: [String]

  package init(_ code: Code, _ message: String, hints: [String] = []) {
    self.code = code
    self.message = message
    self.hints = hints
  }

  /// The message, then the hints in lines that begin with `hint: `.
  package var description: String { ([message] + hints.map { "hint: \($0)" }).joined(separator: "\n") }

  /// Whether a change that ended so may have been made: only a look shows.
  package var leavesDoubt: Bool {
    switch code {
    case .serverError, .unreachable: true
    default: false
    }
  }
}
