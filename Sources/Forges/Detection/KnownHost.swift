import Basics

/// What a host's name says about who is behind it.
enum KnownHost: Equatable {
  case forge(ForgeKind, host: String)
  /// A service that pull requests cannot be opened on, and how it is called.
  case other(String)

  /// What the name says for certain. Names are compared whole: `github.com.example.org` is anybody's.
  init?(_ host: HostName, knownToGH: Set<HostName>) {
    switch host.description {
    case "github.com", "www.github.com", "ssh.github.com": self = .forge(.gitHub, host: "github.com")
    case "bitbucket.org", "www.bitbucket.org", "altssh.bitbucket.org": self = .forge(.bitbucket, host: "bitbucket.org")
    case "gitlab.com", "www.gitlab.com", "altssh.gitlab.com": self = .other("GitLab")
    case "codeberg.org": self = .other("Forgejo")
    case "gitea.com": self = .other("Gitea")
    case "dev.azure.com", "ssh.dev.azure.com": self = .other("Azure DevOps")
    case "git.sr.ht", "hg.sr.ht": self = .other("sourcehut")
    case _ where host.isBelow("visualstudio.com"): self = .other("Azure DevOps")
    case let name where host.isBelow("ghe.com"):
      // As gh has it: all below a tenant's name is the tenant's.
      self = .forge(.gitHub, host: name.split(separator: ".").suffix(3).joined(separator: "."))
    case let name where Self.isCodeCommit(name): self = .other(Self.codeCommit)
    case let name where knownToGH.contains(host): self = .forge(.gitHub, host: name)
    default: return nil
    }
  }

  /// The service that the host's name or the shape of the URL suggests, for people who run one themselves.
  static func likelyService(at host: HostName, in url: RemoteURL) -> String? {
    switch host.isOneWord ? "" : host.description.prefix(while: { $0 != "." }) {
    case "gitlab": return "GitLab"
    case "gitea": return "Gitea"
    case "forgejo": return "Forgejo"
    case "bitbucket", "stash": return dataCenter
    default: break
    }
    switch url.location {
    case .host(_, .ssh, 7999) where url.path.count == 2: return dataCenter
    // Behind a context path, too: `https://host/bitbucket/scm/PROJ/repo.git`.
    case .host(_, .https, _), .host(_, .http, _):
      return url.path.count >= 3 && url.path.suffix(3).first == "scm" ? dataCenter : nil
    default: return nil
    }
  }

  static let dataCenter = "Bitbucket Data Center"
  static let codeCommit = "AWS CodeCommit"

  /// `git-codecommit.eu-west-1.amazonaws.com`, `git-codecommit-fips.…`, `git-codecommit.….amazonaws.com.cn`.
  private static func isCodeCommit(_ name: String) -> Bool {
    guard name.hasPrefix("git-codecommit.") || name.hasPrefix("git-codecommit-fips.") else { return false }
    return name.hasSuffix(".amazonaws.com") || name.hasSuffix(".amazonaws.com.cn")
  }
}
