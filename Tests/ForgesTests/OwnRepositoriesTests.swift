import Basics
import Forges
import Testing

/// Whose code is a stranger's, by the login.
@Suite struct OwnRepositoriesTests {
  private static func pullRequest(from repository: String?, by author: String, isFork: Bool = true) -> PullRequest {
    PullRequest(
      number: 1, url: "", title: "", body: "", author: author, state: .open, isDraft: false,
      head: .init(branch: "topic", commit: "", repository: repository, reference: nil), base: "main",
      isFromFork: isFork, mergeability: .unknown, mergeCommit: nil)
  }

  struct Case: Sendable {
    let repository: String?
    let author: String
    let login: String?
    let isForeign: Bool

    init(_ repository: String?, by author: String, login: String?, isForeign: Bool) {
      self.repository = repository
      self.author = author
      self.login = login
      self.isForeign = isForeign
    }
  }

  static let cases: [Case] = [
    // A fork of one's own, with a pull request of one's own.
    Case("me/widget", by: "me", login: "me", isForeign: false),
    Case("Me/Widget", by: "ME", login: "me", isForeign: false),
    // Somebody else's branch in it, or one's own pull request from somebody else's.
    Case("me/widget", by: "mallory", login: "me", isForeign: true),
    Case("mallory/widget", by: "me", login: "me", isForeign: true),
    // Names that only begin so, and none at all.
    Case("me-too/widget", by: "me", login: "me", isForeign: true),
    Case("/widget", by: "", login: "", isForeign: true),
    Case("me/widget", by: "me", login: nil, isForeign: true),
    Case(nil, by: "me", login: "me", isForeign: true),
  ]

  @Test(arguments: cases) func `a fork is one's own by the login that GitHub gives`(example: Case) {
    let (repository, author, login, isForeign) = (example.repository, example.author, example.login, example.isForeign)
    let pullRequest = Self.pullRequest(from: repository, by: author)
    let site = ForgeRepository(kind: .gitHub, host: "github.com", owner: "acme", repository: "widget")
    let own = OwnRepositories(NamedForge(site: site), ForgeAccess(login: login))
    #expect(own.isForeign(pullRequest) == isForeign)
    // Bitbucket's names are not of one account alone.
    let bitbucket = ForgeRepository(kind: .bitbucket, host: "bitbucket.org", owner: "acme", repository: "widget")
    #expect(OwnRepositories(NamedForge(site: bitbucket), ForgeAccess(login: login)).isForeign(pullRequest))
    #expect(!own.isForeign(Self.pullRequest(from: repository, by: author, isFork: false)))
  }
}

/// Only its place counts.
private struct NamedForge: Forge {
  let site: ForgeRepository
  private static let error = ForgeError(.invalid, "not asked")

  func access() async throws(ForgeError) -> ForgeAccess { throw Self.error }
  func openPullRequests() async throws(ForgeError) -> [PullRequest] { throw Self.error }
  func openPullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] { throw Self.error }
  func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest { throw Self.error }
  func create(_ new: NewPullRequest) async throws(ForgeError) -> PullRequest { throw Self.error }
  func retarget(_ number: Int, to base: String) async throws(ForgeError) -> PullRequest { throw Self.error }
  func close(_ number: Int) async throws(ForgeError) -> PullRequest { throw Self.error }
  var canReopen: Bool { false }
  func reopen(_ number: Int) async throws(ForgeError) -> PullRequest { throw Self.error }
  func remarks(on number: Int) async throws(ForgeError) -> [ForgeRemark] { throw Self.error }
  func comment(_ text: String, on number: Int) async throws(ForgeError) { throw Self.error }
  func checks(of commit: String) async throws(ForgeError) -> CheckSummary { throw Self.error }
  func post(_ review: ReviewPost, on pullRequest: PullRequest) async throws(ForgeError) -> PostedReview {
    throw Self.error
  }
  func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) { throw Self.error }
}
