package import Forges
package import HTTP

/// Bitbucket Cloud, through its REST API 2.0.
package struct BitbucketForge: Forge {
  package let site: ForgeRepository
  package let heads: ForgeRepository?
  let retryPolicy: ForgeRetryPolicy
  let api: BitbucketAPI

  /// - Parameters:
  ///   - heads: The fork that the branches are in.
  ///   - environment: `BITBUCKET_EMAIL` and `BITBUCKET_API_TOKEN` log in; `BITBUCKET_API_URL` is another place of the API.
  ///   - send: Sends one request and returns the answer whatever its status, without following redirects; throws
  ///     `HTTPFailure`, or `CancellationError`.
  /// - Throws: `.notLoggedIn` when a variable is missing, `.invalid` for an address that no token may be sent to.
  package init(
    site: ForgeRepository, heads: ForgeRepository? = nil, environment: [String: String], retryPolicy: ForgeRetryPolicy,
    send: @escaping HTTPSend
  ) throws(ForgeError) {
    self.site = site
    self.heads = heads
    self.retryPolicy = retryPolicy
    let login = try BitbucketLogin(environment: environment)
    api = BitbucketAPI(
      site: site, login: login, requests: ForgeRequests(retryPolicy: retryPolicy, secrets: login.secrets, send: send))
  }

  package func access() async throws(ForgeError) -> ForgeAccess {
    let repository = try await api.read(BitbucketRepository.self, from: try api.url([]), site.slug)
    let user = try await user()
    // What the account may do here would need further scopes to be asked for.
    return ForgeAccess(
      login: user.name, defaultBranch: repository.mainbranch?.name, canPush: nil, parent: repository.parent?.full_name)
  }

  package func accessToHeads() async throws(ForgeError) -> ForgeAccess? {
    guard let heads else { return nil }
    let url = try api.rootURL("repositories", heads.owner, heads.repository)
    let repository = try await api.read(BitbucketRepository.self, from: url, heads.slug)
    return ForgeAccess(
      defaultBranch: repository.mainbranch?.name, canPush: nil, parent: repository.parent?.full_name)
  }

  /// Whose login it is.
  func user() async throws(ForgeError) -> BitbucketUser {
    try await api.read(BitbucketUser.self, from: try api.rootURL("user"), "the account of BITBUCKET_EMAIL")
  }

  package func checks(of commit: String) async throws(ForgeError) -> CheckSummary {
    let statuses = try await api.readAll(
      BitbucketStatus.self,
      from: try api.url(["commit", commit, "statuses"], query: [("pagelen", "\(BitbucketAPI.pageLength)")]),
      "the checks of commit \(commit.prefix(12))")
    func names(_ selected: [BitbucketStatus]) -> [String] { selected.map { $0.name ?? $0.key ?? "a check" } }
    let failed = statuses.filter { ["FAILED", "STOPPED"].contains($0.state) }
    if !failed.isEmpty { return CheckSummary(state: .failed, names: names(failed)) }
    let pending = statuses.filter { $0.state != "SUCCESSFUL" }
    if !pending.isEmpty { return CheckSummary(state: .pending, names: names(pending)) }
    return CheckSummary(state: statuses.isEmpty ? .none : .passed, reported: Set(names(statuses)))
  }
}
