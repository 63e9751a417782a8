import Basics
import Bitbucket
package import Forges
import Git
import GitHub
package import HTTP
import Settings

/// Finds the forge of a repository, as its remote and the settings have it.
package struct ForgeLookup: Sendable {
  package let place: RepositoryContext
  /// For forges that are spoken to directly.
  package let send: HTTPSend
  package let retryPolicy: ForgeRetryPolicy

  package init(
    place: RepositoryContext, send: @escaping HTTPSend, retryPolicy: ForgeRetryPolicy
  ) {
    self.place = place
    self.send = send
    self.retryPolicy = retryPolicy
  }

  package enum Found: Sendable {
    case forge(any Forge)
    /// No pull requests can be opened there; why, as a clause, and what may help.
    case noForge(String, hints: [String])
  }

  /// - Parameters:
  ///   - slug: the plan's `repo_slug`, which counts before the setting.
  ///   - remote: the one that branches are pushed to, if that is known.
  /// - Throws: `RunError` for settings that cannot be used; `ForgeError` for a login that is missing.
  package func find(slug: String?, pushingTo remote: String? = nil) async throws -> Found {
    let name = place.remotes(slug: slug).base?.name ?? place.settings[.gitRemote]
    switch try await Self.finding(in: place, slug: slug) {
    case nil: return .noForge("there is no remote '\(name)'", hints: [])
    case .found(let site):
      return .forge(
        try forge(at: site, heads: await Self.heads(for: site, in: place, slug: slug, pushingTo: remote)))
    case .unsupported(let forge): return .noForge("\(forge) is not supported for pull requests", hints: [])
    case .noForge(let reason): return .noForge("'\(name)' is not on a forge: \(reason)", hints: reason.hints)
    case .invalid(let fault): throw RunError(.unusableForge, fault)
    }
  }

  /// What the remote of the base and the settings say, without a look at any login; nil without a remote.
  package static func finding(in place: RepositoryContext, slug: String?) async throws -> DetectionResult? {
    let settings = place.settings
    let remotes = place.remotes(slug: slug)
    guard let remote = remotes.base else { return nil }
    let named = [slug, settings[.gitRepoSlug], remotes.chosenSlug].compactMap(\.self).first { $0 != "auto" }
    return await ForgeDetection.detect(
      urls: [remote.url, remote.writtenURL, remote.pushURL], provider: settings[.gitProvider].kind, slug: named,
      environment: place.environment)
  }

  /// Where pull requests go, and from where, for the user.
  package static func route(to site: ForgeRepository, from heads: ForgeRepository) -> String {
    "pull requests go to \(site.slug), from branches of \(heads.slug)"
  }

  /// The repository that branches are pushed to, if it is another one than `site`: a fork of it.
  package static func heads(
    for site: ForgeRepository, in place: RepositoryContext, slug: String?, pushingTo remote: String? = nil
  ) async -> ForgeRepository? {
    let remotes = place.remotes(slug: slug)
    guard let push = remote.flatMap({ place.remote($0) }) ?? remotes.push else { return nil }
    let isSame = push.name == remotes.base?.name && push.separatePushURL == nil
    // By its name alone, it is the repository of the URL, unless a setting names another.
    if isSame, place.settings[.gitRepoSlug] == nil, slug == nil, remotes.chosenSlug == nil { return nil }
    let found = await ForgeDetection.detect(
      urls: [push.pushURL, push.writtenPushURL, push.url, push.writtenURL], provider: place.settings[.gitProvider].kind,
      slug: nil, environment: place.environment)
    guard case .found(let heads) = found, heads.kind == site.kind, heads.host == site.host,
      heads.slug.lowercased() != site.slug.lowercased()
    else { return nil }
    // One that was renamed has the same owner.
    if isSame, heads.owner.lowercased() == site.owner.lowercased() { return nil }
    return heads
  }

  /// - Parameter heads: the fork that has the branches; nil where the site itself has them.
  package func forge(at site: ForgeRepository, heads: ForgeRepository? = nil) throws(ForgeError) -> any Forge {
    switch site.kind {
    case .gitHub:
      GitHubForge(
        site: site, heads: heads, environment: place.environment, directory: place.checkout ?? place.commonDirectory,
        retryPolicy: retryPolicy)
    case .bitbucket:
      try BitbucketForge(
        site: site, heads: heads, environment: place.environment, retryPolicy: retryPolicy, send: send)
    }
  }
}
