package import Forges
package import HTTP
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// GitHub and GitHub Enterprise, through the REST API by way of `gh`, whose login is used.
package struct GitHubForge: Forge {
  package let site: ForgeRepository
  package let heads: ForgeRepository?
  let retryPolicy: ForgeRetryPolicy
  let api: GitHubAPI

  /// Longer texts are refused: 65,536 characters, and it is not said how they are counted.
  static let longestText = 60_000

  /// - Parameters:
  ///   - heads: The fork that the branches are in.
  ///   - environment: What `gh` is given, with `PATH`, on which it is looked for; its tokens are kept out of errors.
  ///   - directory: Where it runs. It needs no repository.
  /// - Parameter send: instead of `gh`, which keeps the login.
  package init(
    site: ForgeRepository, heads: ForgeRepository? = nil, environment: [String: String], directory: FilePath,
    retryPolicy: ForgeRetryPolicy, send: HTTPSend? = nil
  ) {
    self.site = site
    self.heads = heads
    self.retryPolicy = retryPolicy
    api = GitHubAPI(site: site, environment: environment, directory: directory, retryPolicy: retryPolicy, send: send)
  }

  package func access() async throws(ForgeError) -> ForgeAccess {
    let repository = try await api.read(GitHubRepository.self, try api.url(""), "read \(site.slug)")
    // Reading is redirected to a repository that was renamed; opening a pull request is not.
    guard repository.fullName.lowercased() == site.slug.lowercased() else {
      throw api.error(
        .notFound, "'\(site.slug)' has moved to '\(repository.fullName)' on '\(site.host)'", hints: [GitHubAPI.moveHint]
      )
    }
    return ForgeAccess(
      login: try await user()?.login, defaultBranch: repository.defaultBranch, canPush: repository.permissions?.push,
      parent: repository.parent?.fullName)
  }

  package func accessToHeads() async throws(ForgeError) -> ForgeAccess? {
    guard let heads else { return nil }
    let url = try api.rootURL("repos/\(heads.slug)")
    let repository = try await api.read(GitHubRepository.self, url, "read \(heads.slug)")
    guard repository.fullName.lowercased() == heads.slug.lowercased() else {
      throw api.error(
        .notFound, "'\(heads.slug)' has moved to '\(repository.fullName)' on '\(heads.host)'",
        hints: ["change the URL that is pushed to: git remote set-url --push REMOTE URL"])
    }
    return ForgeAccess(
      defaultBranch: repository.defaultBranch, canPush: repository.permissions?.push,
      parent: repository.parent?.fullName)
  }

  /// Whose login it is; nil for an application's, which may not ask.
  func user() async throws(ForgeError) -> GitHubUser? {
    let what = "find out whose login it is"
    let response = try await api.exchange("GET", try api.rootURL("user"), isRepeatable: true, what)
    if response.status == 403, !api.refusal(response).isAboutSingleSignOn { return nil }
    return try api.decoded(GitHubUser.self, try api.accepted(response, what), what)
  }

  package func openPullRequests() async throws(ForgeError) -> [PullRequest] {
    try await list(try api.url("pulls", ["state": "open", "per_page": "100"]))
  }

  package func openPullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    let owner = heads?.owner ?? site.owner
    let url = try api.url("pulls", ["state": "open", "head": "\(owner):\(branch)", "per_page": "100"])
    // A filter that GitHub does not understand has no effect.
    return try await list(url).filter { found in
      let isOurs = heads.map { $0.slug.lowercased() == found.head.repository?.lowercased() } ?? !found.isFromFork
      return found.head.branch == branch && isOurs && found.state == .open
    }
  }

  package func pullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    let url = try api.url("pulls", ["state": "all", "head": "\(site.owner):\(branch)", "per_page": "30"])
    return try await list(url, pages: 1).filter { $0.head.branch == branch && !$0.isFromFork }
  }

  func list(_ url: URL, pages: Int = .max) async throws(ForgeError) -> [PullRequest] {
    let pages = try await api.readPages(
      [GitHubPullRequest].self, url, "list the pull requests of \(site.slug)", limit: pages)
    // One that is opened meanwhile moves others from one page to the next.
    var seen: Set<Int> = []
    return pages.joined().filter { seen.insert($0.number).inserted }.map { PullRequest($0) }
      .sorted { $0.number > $1.number }
  }

  package func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest {
    PullRequest(
      try await api.read(
        GitHubPullRequest.self, try api.url("pulls/\(number)"), "read pull request #\(number) of \(site.slug)"))
  }

  package func create(_ new: NewPullRequest) async throws(ForgeError) -> PullRequest {
    let what = "open a pull request for '\(new.head)'"
    let content = GitHubNewPullRequest(
      title: new.title, body: Self.cut(new.body), head: heads.map { "\($0.owner):\(new.head)" } ?? new.head,
      headRepository: heads?.owner.lowercased() == site.owner.lowercased() ? heads?.repository : nil, base: new.base,
      draft: new.fields.isDraft ? true : nil)
    let response = try await api.exchange("POST", try api.url("pulls"), content, isRepeatable: false, what)
    if response.status == 422 {
      let refusal = api.refusal(response)
      if refusal.mentions("pull request already exists") {
        throw api.error(.alreadyExists, "cannot \(what): one already exists")
      }
      if refusal.mentions("no commits between") {
        throw api.error(.noChanges, "cannot \(what): it has no commits that '\(new.base)' lacks")
      }
      for (field, branch) in [("head", new.head), ("base", new.base)] where refusal.invalidFields.contains(field) {
        let repository = field == "head" ? heads ?? site : site
        throw api.error(.branchUnknown, "cannot \(what): GitHub finds no branch '\(branch)' in \(repository.slug)")
      }
    }
    return PullRequest(try api.decoded(GitHubPullRequest.self, try api.accepted(response, what), what))
  }

  package func retarget(_ number: Int, to base: String) async throws(ForgeError) -> PullRequest {
    let what = "make '\(base)' the base of pull request #\(number)"
    let response = try await api.exchange(
      "PATCH", try api.url("pulls/\(number)"), GitHubNewBase(base: base), isRepeatable: true, what)
    if response.status == 422, api.refusal(response).mentions("no new commits between") {
      throw api.error(.noChanges, "cannot \(what): it has no commits that '\(base)' lacks")
    }
    // GitHub itself gives the members of its stacks their bases.
    if response.status == 422, try await isInStack(number, what) { return try await pullRequest(number) }
    return PullRequest(try api.decoded(GitHubPullRequest.self, try api.accepted(response, what), what))
  }

  private func isInStack(_ number: Int, _ what: String) async throws(ForgeError) -> Bool {
    let response = try await api.exchange(
      "GET", try api.url("stacks", ["pull_request": "\(number)"]), isRepeatable: true, what)
    guard (200..<300).contains(response.status) else { return false }
    return try !api.decoded([GitHubStack].self, response, what).isEmpty
  }

  /// The text and its end, within the length that GitHub takes.
  static func cut(_ text: String, keeping end: String = "") -> String {
    guard text.utf16.count + end.utf16.count > longestText else { return text + end }
    let length = max(0, longestText - end.utf16.count)
    let cut = text.utf16.index(text.startIndex, offsetBy: length, limitedBy: text.endIndex) ?? text.endIndex
    return text[..<cut] + "\n\n… (the rest is cut off: GitHub takes no longer texts)" + end
  }
}
