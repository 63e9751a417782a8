import Basics

/// As whom the agents commit: what git says of the user when a run begins.
package struct CommitIdentity: Equatable, Sendable {
  package struct Person: Hashable, Sendable {
    package let name: String
    package let address: String

    package init(name: String, address: String) {
      self.name = name
      self.address = address
    }

    /// From `git var GIT_AUTHOR_IDENT`: `Name <address> 1767225600 +0000`.
    package init?(ident: String) {
      guard let open = ident.lastIndex(of: "<"), let close = ident[open...].firstIndex(of: ">") else { return nil }
      name = ident[..<open].trimmed
      address = String(ident[ident.index(after: open)..<close])
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
      "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.address,
      "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.address,
    ]
  }
}

extension CommitIdentity.Person: CustomStringConvertible {
  package var description: String { "\(name) <\(address)>" }
}
