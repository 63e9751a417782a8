package import HTTP
package import SystemPackage

package func GitHubForge(
  site: ForgeSite, environment: [String: String], directory: FilePath, patience: ForgePatience
) -> any Forge { fatalError() }
