package import Basics

/// Finds out on which forge a remote's repository is.
package enum ForgeDetection {
  static let providerKey = "orchestrator.git.provider"
  static let slugKey = "orchestrator.git.repoSlug"

  /// Looks at a remote's URLs in the order given: the one git uses (`insteadOf` applied), the one that is written, the
  /// one for pushing. The first that is on a host whose name stands for a forge decides. Folders, mirrors on hosts that
  /// nobody knows and what cannot be read are passed over.
  ///
  /// Asks ssh for the hosts behind unknown names in ssh URLs, at most five seconds each; reads the hosts gh is logged in
  /// to; asks no other host anything.
  ///
  /// - Parameters:
  ///   - provider: the kind that the settings name; it speaks for hosts whose names say nothing, and for folders, but
  ///     never against a name that does.
  ///   - slug: `owner/name`, or on Bitbucket `name`, that the settings name instead of what the URL says; empty and
  ///     `auto` are as if not set.
  package static func detect(
    urls: [String], provider: ForgeKind?, slug: String?, environment: [String: String]
  ) async -> DetectionResult {
    let search = Search(
      provider: provider, slug: slug == "" || slug?.lowercased() == "auto" ? nil : slug, environment: environment,
      knownToGH: GHHosts.known(in: environment))
    do {
      return try await search.finding(for: urls)
    } catch {
      return .invalid(error.message)
    }
  }
}

private struct Search {
  let provider: ForgeKind?
  let slug: String?
  let environment: [String: String]
  let knownToGH: Set<HostName>

  /// A URL whose host's name says nothing, with the host that ssh has for it.
  private struct UnknownHost {
    let url: RemoteURL
    let host: HostName
    let scheme: RemoteURL.Scheme

    /// Whether it can only be a name from ssh's configuration.
    var isAlias: Bool { scheme == .ssh && host.isOneWord }
  }

  /// What one URL comes to.
  private enum HostClassification {
    case forge(ForgeKind, host: String, url: RemoteURL)
    /// A service without pull requests of ours, with its host.
    case other(String)
    case stranger(UnknownHost)
    case nothing(NoForge)
  }

  func finding(for urls: [String]) async throws(InvalidSetting) -> DetectionResult {
    var reasons: [NoForge] = []
    var strangers: [UnknownHost] = []
    var contradiction: InvalidSetting?
    for (index, text) in urls.enumerated() where !urls[..<index].contains(text) {
      switch await look(at: text) {
      case .forge(let kind, let host, _) where provider != nil && provider != kind:
        contradiction = contradiction ?? self.contradiction(to: Self.named(kind.name, host))
      case .forge(let kind, let host, let url):
        if let site = try site(kind, host: host, url: url) { return .found(site) }
        reasons.append(.noRepository(kind, host: host))
      case .other(let service):
        guard provider != nil else { return .unsupported(service) }
        contradiction = contradiction ?? self.contradiction(to: service)
      case .stranger(let stranger): strangers.append(stranger)
      case .nothing(let reason): reasons.append(reason)
      }
    }
    // A setting that a host's name contradicts is a mistake in one of the two; neither is followed.
    if let contradiction { throw contradiction }
    if let finding = try finding(for: strangers) { return finding }
    if let provider, let slug, !reasons.contains(where: \.isOnForge) {
      let parts = try RepositorySlug(setting: slug, path: [], kind: provider, environment: environment)
      return .found(
        ForgeRepository(kind: provider, host: usualHost(of: provider), owner: parts.owner, repository: parts.name))
    }
    reasons += strangers.map { .unknownHost($0.host.description) }
    return .noForge(reasons.max { $0.weight < $1.weight } ?? .noURL)
  }

  private func look(at text: String) async -> HostClassification {
    guard let url = RemoteURL(text) else { return .nothing(.unreadable) }
    switch url.location {
    case .folder: return .nothing(.folder)
    case .helper("codecommit"): return .other(KnownHost.codeCommit)
    case .helper(let name): return .nothing(.helper(name))
    case .host(let written, _, _) where written.description == "gist.github.com": return .nothing(.gist)
    case .host(let written, let scheme, _):
      var host = written
      var known = KnownHost(written, knownToGH: knownToGH)
      if known == nil, scheme == .ssh, let real = await SSHAlias.host(behind: written, environment: environment) {
        host = real
        known = KnownHost(real, knownToGH: knownToGH)
      }
      return switch known {
      case .forge(let kind, let name): .forge(kind, host: name, url: url)
      case .other(let service): .other(Self.named(service, host.description))
      case nil: .stranger(UnknownHost(url: url, host: host, scheme: scheme))
      }
    }
  }

  /// What the settings, or else the looks, say about hosts whose names say nothing.
  private func finding(for strangers: [UnknownHost]) throws(InvalidSetting) -> DetectionResult? {
    for stranger in strangers {
      let likely = KnownHost.likelyService(at: stranger.host, in: stranger.url)
      guard let provider else {
        if let likely { return .unsupported(Self.named(likely, stranger.host.description)) }
        continue
      }
      // The API is Bitbucket Cloud's, and that has one host: all but an alias for it is a server of somebody's own.
      let isDataCenter = provider == .bitbucket && !stranger.isAlias
      if let likely, !isDataCenter || likely != KnownHost.dataCenter {
        throw contradiction(to: Self.named(likely, stranger.host.description))
      }
      if isDataCenter { return .unsupported(Self.named(KnownHost.dataCenter, stranger.host.description)) }
      // An alias that ssh does not know (it may be in a file that only `core.sshCommand` names) is no host to be asked.
      let host = stranger.isAlias ? usualHost(of: provider) : stranger.host.description
      return try site(provider, host: host, url: stranger.url).map { .found($0) }
        ?? .noForge(.noRepository(provider, host: host))
    }
    return nil
  }

  private func usualHost(of kind: ForgeKind) -> String {
    switch kind {
    case .gitHub: environment["GH_HOST"].flatMap { HostName($0) }?.description ?? "github.com"
    case .bitbucket: "bitbucket.org"
    }
  }

  private func site(_ kind: ForgeKind, host: String, url: RemoteURL) throws(InvalidSetting) -> ForgeRepository? {
    let parts: RepositorySlug?
    if let slug {
      parts = try RepositorySlug(setting: slug, path: url.path, kind: kind, environment: environment)
    } else {
      parts = RepositorySlug(path: url.path, kind: kind, environment: environment)
    }
    return parts.map { ForgeRepository(kind: kind, host: host, owner: $0.owner, repository: $0.name) }
  }

  private static func named(_ service: String, _ host: String) -> String { "\(service) (\(host))" }

  private func contradiction(to service: String) -> InvalidSetting {
    InvalidSetting(
      "'\(ForgeDetection.providerKey)' is '\(provider?.rawValue ?? "auto")', but the remote is on \(service)")
  }
}

extension NoForge {
  /// A place on a forge, only not a repository's.
  fileprivate var isOnForge: Bool {
    switch self {
    case .noRepository, .gist: true
    default: false
    }
  }

  /// Which of several reasons says most to the user.
  fileprivate var weight: Int {
    switch self {
    case .noURL: 0
    case .folder: 1
    case .helper: 2
    case .unreadable: 3
    case .unknownHost: 4
    case .noRepository, .gist: 5
    }
  }
}
