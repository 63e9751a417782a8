package import Forges
import HTTP

extension BitbucketForge {
  package func openPullRequests() async throws(ForgeError) -> [PullRequest] {
    try await pullRequests(query: [("state", "OPEN")])
  }

  package func openPullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    let found = try await pullRequests(
      query: [("q", "source.branch.name=\(Self.quoted(branch)) AND state=\"OPEN\"")])
    return found.filter { found in
      let isOurs = heads.map { $0.slug.lowercased() == found.head.repository?.lowercased() } ?? !found.isFromFork
      return isOurs && found.head.branch == branch && found.state == .open
    }
  }

  package func pullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    let states = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"].map { ("state", $0) }
    return try await pullRequests(query: states + [("q", "source.branch.name=\(Self.quoted(branch))")], pages: 1)
      .filter { $0.head.branch == branch && !$0.isFromFork }
  }

  static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  func pullRequests(query: [(String, String)], pages: Int = .max) async throws(ForgeError) -> [PullRequest] {
    let told = try await api.readAll(
      BitbucketPullRequest.self,
      from: try api.url(["pullrequests"], query: query + [("pagelen", "\(BitbucketAPI.pageLength)")]),
      "the pull requests of \(site.slug)", pages: pages)
    // One that is opened while the pages are read moves the others on: they may be on two pages.
    var seen: Set<Int> = []
    return told.filter { seen.insert($0.id).inserted }.map { PullRequest($0, at: site) }
      .sorted { $0.number > $1.number }
  }

  package func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest {
    PullRequest(try await told(number), at: site)
  }

  /// A pull request in Bitbucket's words, which say more.
  func told(_ number: Int) async throws(ForgeError) -> BitbucketPullRequest {
    try await api.read(
      BitbucketPullRequest.self, from: try api.url(["pullrequests", "\(number)"]), name(of: number))
  }

  func name(of number: Int) -> String { "pull request #\(number) of \(site.slug)" }

  package func create(_ new: NewPullRequest) async throws(ForgeError) -> PullRequest {
    let what = "a pull request from '\(new.head)' to '\(new.base)' in \(site.slug)"
    let response = try await api.exchange(
      "POST", try api.url(["pullrequests"]),
      BitbucketNewPullRequest(
        title: new.title, description: new.body, source: BitbucketNamed(branch: new.head, of: heads),
        destination: BitbucketNamed(branch: new.base), reviewers: try await reviewers(new.fields.reviewers),
        draft: new.fields.isDraft ? true : nil),
      isRepeatable: false)
    if [400, 409].contains(response.status) {
      let refusal = api.refusal(response)
      if refusal.mentions("no changes to be pulled") {
        throw ForgeError(.noChanges, "'\(new.head)' has nothing that '\(new.base)' lacks: \(refusal.reason)")
      }
      if refusal.mentions("already exist", "already open", "already has", "already a pull request") {
        throw ForgeError(.alreadyExists, "\(what) already exists: \(refusal.reason)")
      }
      if refusal.mentions("branch not found") {
        throw ForgeError(.branchUnknown, "Bitbucket refuses \(what): \(refusal.reason)")
      }
    }
    return PullRequest(
      try api.decoded(BitbucketPullRequest.self, from: try api.accepted(response, what), what), at: site)
  }

  package func retarget(_ number: Int, to base: String) async throws(ForgeError) -> PullRequest {
    let present = try await told(number)
    if present.destination.branch.name == base { return PullRequest(present, at: site) }
    // The title is required; a description or reviewers that are not sent again are removed.
    let response = try await api.exchange(
      "PUT", try api.url(["pullrequests", "\(number)"]),
      BitbucketChangedPullRequest(
        title: present.title ?? "", description: present.description, destination: BitbucketNamed(branch: base),
        reviewers: (present.reviewers ?? []).compactMap { $0.uuid.map { BitbucketReviewer(uuid: $0) } }),
      isRepeatable: true)
    let what = "\(name(of: number)) with the new base '\(base)'"
    return PullRequest(
      try api.decoded(BitbucketPullRequest.self, from: try api.accepted(response, what), what), at: site)
  }
}
