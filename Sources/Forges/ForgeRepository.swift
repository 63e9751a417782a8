package import Basics

/// Where a repository lives on a forge.
package struct ForgeRepository: Sendable, Equatable, CustomStringConvertible {
  package let kind: ForgeKind
  /// In lower case, without user and without port: `github.com`.
  package let host: String
  /// The user or organisation; on Bitbucket the workspace.
  package let owner: String
  package let repository: String

  package init(kind: ForgeKind, host: String, owner: String, repository: String) {
    self.kind = kind
    self.host = host
    self.owner = owner
    self.repository = repository
  }

  package var slug: String { "\(owner)/\(repository)" }

  /// `acme/widget on GitHub (github.com)`.
  package var description: String { "\(slug) on \(kind.name) (\(host))" }
}
