/// What is known of an agent's login without a request that costs something.
package enum AgentLogin: Sendable, Equatable {
  /// A variable of the environment holds a key or token, or names another service that has its own login.
  case variable(String)
  /// The client keeps a login; how it calls the way, when it said so.
  case kept(method: String?)
  case missing
  /// It is not known; why, as a clause.
  case unknown(String)
  /// Its program has a login of its own, if it has one, of which nothing is known here.
  case itsOwn
}
