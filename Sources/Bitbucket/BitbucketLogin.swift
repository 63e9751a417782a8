import Basics
import Forges

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where Bitbucket's API is and who asks it, as the environment says.
struct BitbucketLogin: Sendable {
  /// The value of the `Authorization` header.
  let authorization: String
  /// Without a slash at its end.
  let base: URL
  let origin: Origin
  /// Keeps the token out of what is reported, in each of its forms.
  let secrets: Secrets

  static let scopes = [
    "read:user:bitbucket", "read:repository:bitbucket", "read:pullrequest:bitbucket", "write:pullrequest:bitbucket",
  ]

  static let tokenHints = [
    "create API tokens in the Atlassian account settings: Security, API tokens, 'Create API token with scopes',"
      + " then Bitbucket (https://id.atlassian.com/manage-profile/security/api-tokens)",
    "the token needs the scopes \(scopes.joined(separator: ", "))",
  ]

  init(environment: [String: String]) throws(ForgeError) {
    func value(_ name: String) -> String? {
      guard let value = environment[name]?.trimmed, !value.isEmpty else { return nil }
      return value
    }
    let email = value("BITBUCKET_EMAIL")
    let token = value("BITBUCKET_API_TOKEN")
    guard let email, let token else {
      let missing = [email == nil ? "BITBUCKET_EMAIL" : nil, token == nil ? "BITBUCKET_API_TOKEN" : nil].compactMap(
        \.self)
      var hints: [String] = []
      if email == nil { hints.append("set BITBUCKET_EMAIL to the e-mail address of your Atlassian account") }
      if token == nil { hints += ["set BITBUCKET_API_TOKEN to an API token of that account"] + Self.tokenHints }
      let names = missing.joined(separator: " and ")
      throw ForgeError(
        .notLoggedIn, "no login for Bitbucket: \(names) \(missing.count == 1 ? "is" : "are") not set", hints: hints)
    }
    let credentials = Data("\(email):\(token)".utf8).base64EncodedString()
    authorization = "Basic \(credentials)"
    secrets = Secrets(
      environment: environment.merging(
        ["BITBUCKET_API_TOKEN": token, "BITBUCKET_CREDENTIALS": credentials], uniquingKeysWith: { $1 }))
    (base, origin) = try Self.address(value("BITBUCKET_API_URL") ?? "https://api.bitbucket.org/2.0", secrets)
  }

  private static func address(_ text: String, _ secrets: Secrets) throws(ForgeError) -> (URL, Origin) {
    func invalid(_ reason: String) -> ForgeError {
      let shown = secrets.masking(oneLine(text))
      return ForgeError(
        .invalid, "BITBUCKET_API_URL is '\(shown)', which \(reason)",
        hints: ["it must be the URL of a Bitbucket Cloud API, such as https://api.bitbucket.org/2.0"])
    }
    guard let url = URL(string: text), let origin = Origin(url) else { throw invalid("is not an http or https URL") }
    guard url.user() == nil, url.password() == nil, url.query() == nil, url.fragment() == nil else {
      throw invalid("contains a user, password, query or fragment")
    }
    guard origin.scheme == "https" || origin.isLoopback else { throw invalid("would send the token unencrypted") }
    var address = text
    while address.hasSuffix("/") { address.removeLast() }
    guard let base = URL(string: address) else { throw invalid("is not an http or https URL") }
    return (base, origin)
  }
}

/// What must be the same for a login to be sent along.
struct Origin: Sendable, Equatable {
  let scheme: String
  let host: String
  let port: Int

  /// nil for what is no http or https URL with a host.
  init?(_ url: URL) {
    guard let scheme = url.scheme?.lowercased(), scheme == "https" || scheme == "http",
      let host = url.host(), !host.isEmpty
    else { return nil }
    self.scheme = scheme
    self.host = host.lowercased()
    port = url.port ?? (scheme == "https" ? 443 : 80)
  }

  var isLoopback: Bool {
    if ["localhost", "::1", "[::1]"].contains(host) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
