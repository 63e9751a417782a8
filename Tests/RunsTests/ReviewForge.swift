import Basics
import Forges
import OrchTestSupport
import Processes
import Synchronization

/// A forge in memory over a bare repository: heads are where its branches are, and what is asked of it is kept.
final class ReviewForge: Forge {
  struct Record: Sendable {
    var pullRequests: [Int: PullRequest] = [:]
    var posts: [(number: Int, review: ReviewPost)] = []
    var merges: [(number: Int, commit: String, title: String, message: String)] = []
    var retargets: [(number: Int, base: String)] = []
    var checks: [CheckSummary] = [CheckSummary(state: .none)]
    /// The login's own pull requests.
    var own: Set<Int> = []
    /// What a merge answers instead of merging.
    var mergeError: ForgeError?
    /// Whether a merge that was taken is shown.
    var showsMerges = true
    var looks: [Int: Int] = [:]
    var rules: [String: MergeRules] = [:]
    var past: PastChecks?
    /// What was left to the forge, and whether to its queue.
    var left: [(number: Int, inQueue: Bool)] = []
    var methods: [MergeMethod] = []
  }

  /// What happens before the `look`th look (from 1) at a pull request is answered.
  typealias Hook = @Sendable (_ forge: ReviewForge, _ number: Int, _ look: Int) async -> Void

  let site = ForgeRepository(kind: .gitHub, host: "git.test", owner: "acme", repository: "app")
  let record = Mutex(Record())
  private let origin: TemporaryRepository
  private let hook: Mutex<Hook?> = Mutex(nil)
  private let postHook: Mutex<(@Sendable () async -> Void)?> = Mutex(nil)
  private let mergeHook: Mutex<(@Sendable (Int) async -> Void)?> = Mutex(nil)

  init(origin: TemporaryRepository) { self.origin = origin }

  func onLook(_ body: @escaping Hook) { hook.withLock { $0 = body } }
  /// After a review was posted, before the answer.
  func onPost(_ body: @escaping @Sendable () async -> Void) { postHook.withLock { $0 = body } }
  /// Before a merge is made.
  func onMerge(_ body: @escaping @Sendable (Int) async -> Void) { mergeHook.withLock { $0 = body } }
  /// What hooks hold on to is let go: the world that they are in, and its folder.
  func removeHooks() {
    hook.withLock { $0 = nil }
    postHook.withLock { $0 = nil }
    mergeHook.withLock { $0 = nil }
  }

  func change(_ number: Int, _ body: (inout PullRequest) -> Void) {
    record.withLock { record in
      guard var changed = record.pullRequests[number] else { return }
      body(&changed)
      record.pullRequests[number] = changed
    }
  }
  var posts: [ReviewPost] { record.withLock { $0.posts.map(\.review) } }

  private func tip(_ branch: String) async -> String? {
    try? await origin.git("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)", in: origin.path)
  }

  private func shown(_ number: Int) async -> PullRequest? {
    guard var pullRequest = record.withLock({ $0.pullRequests[number] }) else { return nil }
    if !pullRequest.isFromFork, pullRequest.state == .open, let tip = await tip(pullRequest.head.branch) {
      pullRequest.head.commit = tip
    }
    return pullRequest
  }

  func access() async throws(ForgeError) -> ForgeAccess {
    ForgeAccess(login: "me", defaultBranch: "main", canPush: true)
  }

  func openPullRequests() async throws(ForgeError) -> [PullRequest] {
    record.withLock { $0.pullRequests.values.filter { $0.state == .open } }.sorted { $0.number > $1.number }
  }

  func openPullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    try await openPullRequests().filter { $0.head.branch == branch }
  }

  func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest {
    let look = record.withLock { record in
      record.looks[number, default: 0] += 1
      return record.looks[number, default: 0]
    }
    await hook.withLock { $0 }?(self, number, look)
    guard let shown = await shown(number) else { throw ForgeError(.notFound, "no pull request #\(number)") }
    return shown
  }

  func create(_ new: NewPullRequest) async throws(ForgeError) -> PullRequest {
    let number = record.withLock { ($0.pullRequests.keys.max() ?? 0) + 1 }
    guard let tip = await tip(new.head) else { throw ForgeError(.invalid, "no branch '\(new.head)'") }
    let created = PullRequest(
      number: number, url: "https://git.test/acme/app/pull/\(number)", title: new.title, body: new.body, author: "me",
      state: .open, isDraft: false,
      head: .init(branch: new.head, commit: tip, repository: "acme/app", reference: "refs/heads/\(new.head)"),
      base: new.base, isFromFork: false, mergeability: .mergeable, mergeCommit: nil)
    record.withLock { $0.pullRequests[number] = created }
    return created
  }

  func retarget(_ number: Int, to base: String) async throws(ForgeError) -> PullRequest {
    record.withLock { record in
      record.retargets.append((number, base))
      record.pullRequests[number]?.base = base
    }
    return try await pullRequest(number)
  }

  var canReopen: Bool { true }

  func close(_ number: Int) async throws(ForgeError) -> PullRequest {
    change(number) { $0.state = .closed }
    return try await pullRequest(number)
  }

  func reopen(_ number: Int) async throws(ForgeError) -> PullRequest {
    change(number) { $0.state = .open }
    return try await pullRequest(number)
  }

  func remarks(on number: Int) async throws(ForgeError) -> [ForgeRemark] { [] }

  func comment(_ text: String, on number: Int) async throws(ForgeError) {}

  func checks(of commit: String) async throws(ForgeError) -> CheckSummary {
    record.withLock { record in
      record.checks.count > 1 ? record.checks.removeFirst() : record.checks[0]
    }
  }

  func post(_ review: ReviewPost, on pullRequest: PullRequest) async throws(ForgeError) -> PostedReview {
    let isOwn = record.withLock { $0.own.contains(pullRequest.number) }
    let decision = isOwn ? ReviewPost.Decision.comment : review.decision
    let note = isOwn ? "it is your own pull request" : nil
    let url = "https://git.test/acme/app/pull/\(pullRequest.number)#review"
    let wasThere = record.withLock { record in
      if record.posts.contains(where: { $0.review.signature == review.signature }) { return true }
      record.posts.append((pullRequest.number, review))
      return false
    }
    await postHook.withLock { $0 }?()
    if Task.isCancelled { throw ForgeError(.cancelled, "cancelled") }
    return PostedReview(decision: decision, note: note, url: url, wasThere: wasThere)
  }

  func pullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    record.withLock { $0.pullRequests.values.filter { $0.head.branch == branch } }.sorted { $0.number > $1.number }
  }

  func mergeRules(of branch: String) async throws(ForgeError) -> MergeRules {
    record.withLock { $0.rules[branch] ?? MergeRules() }
  }

  func recentChecks(into branch: String) async throws(ForgeError) -> PastChecks? { record.withLock { $0.past } }

  func leaveToForge(_ number: Int, _ order: MergeOrder, inQueue: Bool) async throws(ForgeError) {
    record.withLock { $0.left.append((number, inQueue)) }
  }

  func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) {
    let (commit, title, message) = (order.commit, order.title, order.message)
    await mergeHook.withLock { $0 }?(number)
    guard let shown = await shown(number) else { throw ForgeError(.notFound, "no pull request #\(number)") }
    if let error = record.withLock({ $0.mergeError }) { throw error }
    guard shown.isAt(commit) else { throw ForgeError(.headMoved, "the head moved") }
    record.withLock { record in
      record.merges.append((number, commit, title, message))
      record.methods.append(order.method)
      guard record.showsMerges else { return }
      record.pullRequests[number]?.state = .merged
      record.pullRequests[number]?.mergeCommit = String(repeating: "b", count: 40)
    }
  }
}
