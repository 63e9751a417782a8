/// An agent whose client can be asked for the tools that it offers, by itself and without a request.
package protocol ToolListing: Agent {
  /// Whether its client is newer than our list of tools, so that it may have others.
  var isNewerThanTools: Bool { get }
  /// Of which version our list is.
  var toolsVersion: String { get }
  /// Those that our list does not know, which agents do not get; nil when it does not say.
  func unknownTools(environment: [String: String], timeLimit: Duration) async -> [String]?
}
