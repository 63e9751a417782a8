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

  /// Who git says that they are in a role, `author` or `committer`, where the environment or the configuration names them
  /// plainly; nil where git has to be asked.
  /// - Parameter value: the configuration.
  package static func plain(
    _ role: String, environment: [String: String], value: (_ key: String) -> String?
  ) -> Person? {
    func text(_ variable: String, _ key: String) -> String? {
      guard
        let text = environment["GIT_\(role.uppercased())_\(variable)"] ?? value("\(role).\(key)")
          ?? value("user.\(key)"),
        let first = text.unicodeScalars.first, let last = text.unicodeScalars.last
      else { return nil }
      // git leaves these out, there or anywhere.
      let isPlain =
        ![first, last].contains { $0.value <= 32 || ".,:;<>\"\\'".unicodeScalars.contains($0) }
        && !text.unicodeScalars.contains { "<>\n\0".unicodeScalars.contains($0) }
      return isPlain ? text : nil
    }
    guard let name = text("NAME", "name"), let address = text("EMAIL", "email") else { return nil }
    return Person(name: name, address: address)
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
