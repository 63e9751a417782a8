import Basics

/// Who commits: the user, as git had it when the run began.
package struct CommitIdentity: Sendable, Equatable {
  package struct Person: Sendable, Equatable {
    package let name: String
    package let email: String

    package init(name: String, email: String) {
      self.name = name
      self.email = email
    }

    /// Reads `Name <email> 1700000000 +0100`, as `git var GIT_AUTHOR_IDENT` writes it.
    package init?(ident: String) {
      guard let open = ident.lastIndex(of: "<"), let close = ident[open...].firstIndex(of: ">") else { return nil }
      self.init(
        name: String(ident[..<open]).trimmed, email: String(ident[ident.index(after: open)..<close]))
    }
  }

  package let author: Person
  package let committer: Person

  package init(author: Person, committer: Person) {
    self.author = author
    self.committer = committer
  }

  /// What makes it the identity of a process's commits, whatever the configuration comes to say.
  package var environment: [String: String] {
    [
      "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email,
      "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email,
    ]
  }
}
