import Basics
package import Forges
import HTTP

extension GitHubForge {
  /// From the repository's settings, its rulesets, and what everybody may see of the older protection of branches.
  package func mergeRules(of branch: String) async throws(ForgeError) -> MergeRules {
    let what = "read the rules of '\(branch)' in \(site.slug)"
    let repository = try await api.read(GitHubRepository.self, try api.url(""), what)
    var rules = MergeRules(allowsAutoMerge: repository.autoMerge ?? false)
    for (method, isAllowed) in [
      (MergeMethod.squash, repository.squash), (.merge, repository.merge), (.rebase, repository.rebase),
    ] where isAllowed == true { rules.methods[method] = method.rawValue }
    let encoded = percentEncoded(branch)
    if let branch = try await told(GitHubBranch.self, "branches/\(encoded)", what) {
      rules.isProtected = branch.protected ?? false
      rules.requiredChecks = branch.protection?.checks?.contexts ?? []
    }
    for rule in try await told([GitHubRule].self, "rules/branches/\(encoded)?per_page=100", what) ?? [] {
      apply(rule, to: &rules)
    }
    var seen: Set<String> = []
    rules.requiredChecks.removeAll { !seen.insert($0).inserted }
    return rules
  }

  private func apply(_ rule: GitHubRule, to rules: inout MergeRules) {
    switch rule.type {
    case "required_status_checks": rules.requiredChecks += rule.parameters?.checks?.map(\.context) ?? []
    case "merge_queue": rules.needsQueue = true
    case "required_linear_history": rules.methods[.merge] = nil
    case "deletion", "non_fast_forward": rules.isProtected = true
    case "pull_request":
      rules.isProtected = true
      if let count = rule.parameters?.approvals { rules.requiredApprovals = max(count, rules.requiredApprovals ?? 0) }
      if let allowed = rule.parameters?.methods, !rules.methods.isEmpty {
        rules.methods = rules.methods.filter { allowed.contains($0.key.rawValue) }
      }
    default: break
    }
  }

  /// nil where GitHub does not have it, as older servers, or does not show it.
  private func told<Value: Decodable>(
    _ type: Value.Type, _ path: String, _ what: String
  ) async throws(ForgeError) -> Value? {
    let parts = path.split(separator: "?")
    let url = try parts.count == 2 ? api.url(String(parts[0]), ["per_page": "100"]) : api.url(path)
    let response = try await api.exchange("GET", url, isRepeatable: true, what)
    if [403, 404].contains(response.status) { return nil }
    return try api.decoded(type, try api.accepted(response, what), what)
  }

  package func recentChecks(into branch: String) async throws(ForgeError) -> PastChecks? {
    let url = try api.url(
      "pulls", ["state": "closed", "base": branch, "sort": "updated", "direction": "desc", "per_page": "10"])
    let merged = try await list(url, pages: 1).filter { $0.state == .merged && $0.base == branch }
    for pullRequest in merged.prefix(2) {
      let checks = try await checks(of: pullRequest.head.commit)
      if checks.state != .none { return PastChecks(number: pullRequest.number, state: checks.state) }
    }
    return nil
  }

  /// In one request, by GraphQL: the states of the newest hundred open ones.
  package func checkStates(of pullRequests: [PullRequest]) async throws(ForgeError) -> [Int: CheckSummary.State] {
    guard !pullRequests.isEmpty else { return [:] }
    let answer = try await query(
      GitHubCheckStates.self,
      """
      query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { pullRequests(states: OPEN, \
      first: 100, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number commits(last: 1) { nodes { commit { \
      statusCheckRollup { state } } } } } } } }
      """, GitHubRepositoryName(owner: site.owner, name: site.repository), isRepeatable: true,
      "read the checks of the pull requests of \(site.slug)")
    var states: [Int: CheckSummary.State] = [:]
    for node in answer.repository?.pullRequests.nodes ?? [] {
      switch node.commits.nodes.last?.commit.statusCheckRollup?.state {
      case "SUCCESS": states[node.number] = .passed
      case "PENDING", "EXPECTED": states[node.number] = .pending
      case nil: states[node.number] = CheckSummary.State.none
      default: states[node.number] = .failed
      }
    }
    return states
  }

  // MARK: - What only GraphQL does

  package func leaveToForge(_ number: Int, _ order: MergeOrder, inQueue: Bool) async throws(ForgeError) {
    let what =
      inQueue ? "put pull request #\(number) into the merge queue" : "have GitHub merge pull request #\(number)"
    let seen = try await api.read(GitHubPullRequest.self, try api.url("pulls/\(number)"), what)
    if seen.autoMerge != nil { return }
    guard let node = seen.node else { throw api.error(.invalid, "cannot \(what): GitHub does not name it") }
    guard seen.head.sha == order.commit else {
      throw api.error(.headMoved, "cannot \(what): its head is not \(order.commit.prefix(12))")
    }
    var variables = GitHubLeaving(id: node, head: order.commit)
    var mutation = """
      mutation($id: ID!, $head: GitObjectID!) { enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) \
      { clientMutationId } }
      """
    if !inQueue {
      variables.method = order.method.rawValue.uppercased()
      variables.title = order.method == .rebase ? nil : order.title
      variables.text = order.method == .rebase ? nil : order.message
      mutation = """
        mutation($id: ID!, $head: GitObjectID!, $method: PullRequestMergeMethod, $title: String, $text: String) { \
        enablePullRequestAutoMerge(input: {pullRequestId: $id, expectedHeadOid: $head, mergeMethod: $method, \
        commitHeadline: $title, commitBody: $text}) { clientMutationId } }
        """
    }
    do throws(ForgeError) {
      // Asked twice, it says so, and that is as good.
      _ = try await query(GitHubNothing.self, mutation, variables, isRepeatable: true, what)
    } catch {
      let isThere = ["already in", "already queued", "already enabled"].contains { error.message.contains($0) }
      guard isThere else { throw error }
    }
  }

  /// The REST API shows the wait for the rules, and nothing of the queue.
  package func isLeftToForge(_ number: Int) async throws(ForgeError) -> Bool {
    if try await pullRequest(number).isQueued { return true }
    let answer = try await query(
      GitHubQueueState.self,
      """
      query($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { \
      pullRequest(number: $number) { isInMergeQueue } } }
      """, GitHubPullRequestName(owner: site.owner, name: site.repository, number: number), isRepeatable: true,
      "ask for the place of pull request #\(number) in the merge queue")
    return answer.repository?.pullRequest?.isInMergeQueue ?? false
  }

  private func query<Value: Decodable & Sendable>(
    _ type: Value.Type, _ text: String, _ variables: some Encodable & Sendable, isRepeatable: Bool, _ what: String
  ) async throws(ForgeError) -> Value {
    let response = try await api.exchange(
      "POST", try api.rootURL("graphql"), GitHubQuery(query: text, variables: variables), isRepeatable: isRepeatable,
      what)
    let answer = try api.decoded(GitHubQueryAnswer<Value>.self, try api.accepted(response, what), what)
    if let problem = answer.errors?.first { throw api.error(.notMergeable, "cannot \(what): \(problem.message)") }
    guard let value = answer.data else { throw api.error(.serverError, "cannot \(what): GitHub answers nothing") }
    return value
  }
}
