package import HTTP
package import SystemPackage

package enum ForgeFinding: Sendable, Equatable {
  case found(ForgeSite)
  case unsupported(String)
  case none(String)
  case invalid(String)
}
package enum ForgeDetection {
  package static func detect(
    urls: [String], provider: ForgeKind?, slug: String?, environment: [String: String]
  ) async -> ForgeFinding { .none("stub") }
}
package func GitHubForge(
  site: ForgeSite, environment: [String: String], directory: FilePath, patience: ForgePatience
) -> any Forge { fatalError() }
package func BitbucketForge(
  site: ForgeSite, environment: [String: String], patience: ForgePatience,
  send: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
) throws(ForgeError) -> any Forge { fatalError() }
