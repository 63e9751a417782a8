package import Forges
import HTTP

extension GitHubForge {
  package func set(_ fields: PullRequestFields, on pullRequest: PullRequest) async throws(ForgeError) -> [String] {
    let number = pullRequest.number
    var notes: [String] = []
    func add(_ what: String, _ method: String, _ path: String, _ content: any Encodable & Sendable)
      async throws(ForgeError)
    {
      let response = try await api.exchange(method, try api.url(path), content, isRepeatable: true, "set the \(what)")
      guard !(200..<300).contains(response.status) else { return }
      let refusal = api.refusal(response)
      // Those that belong to the repository are not worth a pull request.
      guard [403, 404, 422].contains(response.status) else { throw api.error(refusal, "set the \(what)") }
      notes.append(api.error(.invalid, "GitHub does not take the \(what): \(refusal.reason)").message)
    }
    let own = pullRequest.author.lowercased()
    let teams = fields.reviewers.compactMap { name in
      name.firstIndex(of: "/").map { String(name[name.index(after: $0)...]) }
    }
    let persons = fields.reviewers.filter { !$0.contains("/") && $0.lowercased() != own }
    if !persons.isEmpty || !teams.isEmpty {
      try await add(
        "reviewers", "POST", "pulls/\(number)/requested_reviewers", GitHubReviewers(persons: persons, teams: teams))
    }
    if !fields.labels.isEmpty {
      try await add("labels", "POST", "issues/\(number)/labels", GitHubLabels(labels: fields.labels))
    }
    if !fields.assignees.isEmpty {
      try await add("assignees", "POST", "issues/\(number)/assignees", GitHubAssignees(assignees: fields.assignees))
    }
    if let wanted = fields.milestone {
      let open = try await api.readPages(
        [GitHubMilestone].self, try api.url("milestones", ["per_page": "100"]), "find the milestone '\(wanted)'")
      if let found = open.joined().first(where: { $0.title == wanted }) {
        try await add("milestone", "PATCH", "issues/\(number)", GitHubNewMilestone(milestone: found.number))
      } else {
        notes.append("there is no open milestone '\(wanted)'")
      }
    }
    return notes
  }
}
