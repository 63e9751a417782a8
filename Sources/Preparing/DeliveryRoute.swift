package import Engine
package import Forges

/// Where proven work belongs.
package struct DeliveryRoute: Sendable {
  /// The remote that gets the branches; nil when they stay local.
  package let remote: String?
  /// The remote's place for pushes, if it is fetched from another.
  package let pushURL: String?
  /// Whether the remote's URL is a path such as `../app.git`.
  package let remoteIsRelative: Bool
  /// nil when no pull requests are opened.
  package let pullRequests: PullRequestDelivery?

  package init(remote: String?, pushURL: String?, remoteIsRelative: Bool, pullRequests: PullRequestDelivery?) {
    self.remote = remote
    self.pushURL = pushURL
    self.remoteIsRelative = remoteIsRelative
    self.pullRequests = pullRequests
  }
}

/// How pull requests are opened.
package struct PullRequestDelivery: Sendable {
  package let forge: any Forge
  /// The branch that the work is meant for.
  package let destination: String
  package let retryPolicy: ForgeRetryPolicy
  /// What they get next to their texts.
  package let fields: PullRequestFields
  /// The project's template of their texts.
  package let template: String?

  package init(
    forge: any Forge, destination: String, retryPolicy: ForgeRetryPolicy,
    fields: PullRequestFields = PullRequestFields(),
    template: String? = nil
  ) {
    self.forge = forge
    self.destination = destination
    self.retryPolicy = retryPolicy
    self.fields = fields
    self.template = template
  }
}
