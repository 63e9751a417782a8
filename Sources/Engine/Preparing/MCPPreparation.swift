import Basics
package import Forges
import MCPServers
import Settings

extension MCPSelection {
  /// The MCP servers of a run, looked at before it begins.
  ///
  /// - Parameter site: where the repository is, as far as that has been found out; asked for here where it matters.
  /// - Throws: `MCPError` for a name that is no server's.
  package init(
    _ place: RepositoryContext, site: ForgeRepository?, slug: String? = nil
  ) async throws {
    var kind = site?.kind
    if kind == nil, Self.hasBitbucketVariables(place.environment),
      case .found(let site) = try await ForgeLookup.finding(in: place, slug: slug)
    {
      kind = site.kind
    }
    try self.init(
      settings: place.settings, user: UserMCPServers.read(environment: place.environment, project: place.root),
      environment: place.environment, isOnBitbucket: kind == .bitbucket)
  }
}
