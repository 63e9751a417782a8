package import HTTP
package import SystemPackage

package func GitHubForge(
  site: ForgeSite, environment: [String: String], directory: FilePath, patience: ForgePatience
) -> any Forge { fatalError() }
package func BitbucketForge(
  site: ForgeSite, environment: [String: String], patience: ForgePatience,
  send: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
) throws(ForgeError) -> any Forge { fatalError() }
