package import Basics
package import Engine
package import Forges
package import Journal
package import Processes

/// What every merge on a forge needs, whether a review or a landing asks for it.
package struct MergeContext: Sendable {
  package let place: RepositoryContext
  package let journal: RunJournal
  package let stop: StopRequest
  package let forge: any Forge
  package let retryPolicy: ForgeRetryPolicy
  package let rules: MergeRulesBook
  /// The remote whose branches the pull requests are of.
  package let remote: String
  /// The branch that work is meant for in the end.
  package let destination: String
  /// What is not to be told to anybody.
  package let secrets: Secrets

  package init(
    place: RepositoryContext, journal: RunJournal, stop: StopRequest, forge: any Forge, retryPolicy: ForgeRetryPolicy,
    rules: MergeRulesBook, remote: String, destination: String, secrets: Secrets
  ) {
    self.place = place
    self.journal = journal
    self.stop = stop
    self.forge = forge
    self.retryPolicy = retryPolicy
    self.rules = rules
    self.remote = remote
    self.destination = destination
    self.secrets = secrets
  }

  package var stack: StackLookup {
    StackLookup(place: place, forge: forge, rules: rules, remote: remote, destination: destination)
  }
}
