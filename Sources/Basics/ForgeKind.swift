/// A kind of forge that pull requests can be opened on. The raw values are those of `orchestrator.git.provider`, and of
/// JSON.
package enum ForgeKind: String, Codable, CaseIterable, Sendable {
  case gitHub = "github"
  case bitbucket

  package var name: String {
    switch self {
    case .gitHub: "GitHub"
    case .bitbucket: "Bitbucket"
    }
  }
}
