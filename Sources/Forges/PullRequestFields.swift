/// What a pull request is given beyond its texts and branches.
package struct PullRequestFields: Sendable, Equatable {
  package var isDraft: Bool
  /// Who is asked for a review: logins, `organization/team`; on Bitbucket nicknames, account ids or UUIDs.
  package var reviewers: [String]
  package var labels: [String]
  package var assignees: [String]
  /// By its title.
  package var milestone: String?

  package init(
    isDraft: Bool = false, reviewers: [String] = [], labels: [String] = [], assignees: [String] = [],
    milestone: String? = nil
  ) {
    self.isDraft = isDraft
    self.reviewers = reviewers
    self.labels = labels
    self.assignees = assignees
    self.milestone = milestone
  }
}
