import Basics
import Forges
import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension BitbucketAPI {
  /// An answer that is none of success, and why, in Bitbucket's words.
  struct Refusal: Sendable {
    let status: Int
    /// In one line, without secrets; empty when Bitbucket gives no reason.
    let reason: String
    let requiredScopes: [String]
    /// Where a redirect leads.
    let location: String?
    private let site: ForgeRepository

    init(_ response: HTTPResponse, site: ForgeRepository, login: BitbucketLogin) {
      self.site = site
      status = response.status
      location = response.headers["location"].map { login.secrets.masking(oneLine($0)) }
      let problem = try? JSONDecoder().decode(BitbucketRefusal.self, from: response.body).error
      requiredScopes = (problem?.requiredScopes ?? []).map { login.secrets.masking(oneLine($0)) }
      let fields = (problem?.fields ?? [:]).sorted { $0.key < $1.key }
        .map { "\($0.key): \($0.value.joined(separator: ", "))" }.joined(separator: "; ")
      var parts = [problem?.message, fields, problem?.detail].compactMap(\.self).map { oneLine($0) }
      parts = parts.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }.filter { !$0.isEmpty }
      // The detail often repeats the message.
      if parts.count == 2, parts[0] == parts[1] { parts.removeLast() }
      reason = login.secrets.masking(parts.joined(separator: ": "))
    }

    /// Whether the reason has one of these words.
    func mentions(_ words: String...) -> Bool {
      let reason = reason.lowercased()
      return words.contains { reason.contains($0) }
    }

    /// What it means where nothing more is known. `what` is what was asked for: `the pull requests of acme/widget`.
    func error(_ what: String) -> ForgeError {
      let because = reason.isEmpty ? "" : ": \(reason)"
      switch status {
      case 300..<400:
        return ForgeError(
          .notFound, "Bitbucket redirects \(what)\(location.map { " to \($0)" } ?? "")",
          hints: ["if the repository was renamed or moved, set the remote's URL: git remote set-url"])
      case 401:
        return ForgeError(
          .notLoggedIn, "Bitbucket does not accept the login for \(what)\(because)",
          hints: [
            "BITBUCKET_EMAIL must be the e-mail address of the Atlassian account that the token belongs to",
            "the token in BITBUCKET_API_TOKEN may have expired, or may have no scopes for Bitbucket;"
              + " app passwords have not worked since 2026-07-28",
          ] + BitbucketLogin.tokenHints)
      case 403:
        guard requiredScopes.isEmpty else {
          let names = requiredScopes.joined(separator: ", ")
          return ForgeError(
            .forbidden, "the API token does not permit this for \(what): it lacks the scope \(names)",
            hints: ["scopes cannot be added to a token: create a new one"] + BitbucketLogin.tokenHints)
        }
        return ForgeError(.forbidden, "Bitbucket forbids this for \(what)\(because)")
      case 404:
        return ForgeError(
          .notFound, "Bitbucket cannot find \(what)\(because)",
          hints: ["this is also the answer when the account has no access: it must be able to read \(site.slug)"])
      case 429:
        return ForgeError(.rateLimited, "Bitbucket rate-limited the request\(because)")
      case 500...:
        return ForgeError(.serverError, "Bitbucket answers with HTTP \(status) for \(what)\(because)")
      default:
        return ForgeError(
          .invalid, "Bitbucket refuses this for \(what)\(because.isEmpty ? " (HTTP \(status))" : because)")
      }
    }
  }
}
