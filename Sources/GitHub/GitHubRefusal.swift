import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An answer that is none of success, and why, in GitHub's words.
struct GitHubRefusal: Sendable {
  let status: Int
  /// Not made fit to be shown; empty when GitHub gives no reason.
  let reason: String
  /// Names of what was sent and is not right: `head`, `base`.
  let invalidFields: [String]
  private let signOn: String?

  init(_ response: HTTPResponse) {
    status = response.status
    signOn = response.headers["x-github-sso"]
    let body = try? JSONDecoder().decode(Body.self, from: response.body)
    let details = (body?.errors ?? []).compactMap(\.words)
    // "Validation Failed" says nothing where there are details.
    let parts = details.isEmpty ? [body?.message ?? ""] : details
    reason = parts.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }.filter { !$0.isEmpty }
      .joined(separator: "; ")
    invalidFields = (body?.errors ?? []).filter { $0.code == "invalid" }.compactMap(\.field)
  }

  func mentions(_ words: String) -> Bool { reason.lowercased().contains(words.lowercased()) }

  var isAboutSingleSignOn: Bool { signOn != nil || mentions("SAML") || mentions("SSO") }

  /// The page that GitHub names for it, if it is GitHub's own.
  func signOnURL(host: String) -> String? {
    guard let signOn, let start = signOn.firstRange(of: "url=") else { return nil }
    let url = String(signOn[start.upperBound...].prefix { $0 != ";" && !$0.isWhitespace })
    return URL(string: url)?.host() == host ? url : nil
  }

  private struct Body: Decodable {
    let message: String?
    let errors: [Detail]

    enum Key: CodingKey { case message, errors }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      message = try? container.decode(String.self, forKey: .message)
      if let one = try? container.decode(Detail.self, forKey: .errors) {
        errors = [one]
      } else {
        errors = (try? container.decode([Detail].self, forKey: .errors)) ?? []
      }
    }
  }

  /// A string, or an object.
  private struct Detail: Decodable {
    var message: String?
    var field: String?
    var code: String?

    enum Key: CodingKey { case message, field, code }

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        message = text
        return
      }
      let container = try decoder.container(keyedBy: Key.self)
      message = try? container.decode(String.self, forKey: .message)
      field = try? container.decode(String.self, forKey: .field)
      code = try? container.decode(String.self, forKey: .code)
    }

    var words: String? {
      if let message, !message.isEmpty { return message }
      guard let field else { return nil }
      return "\(field) is \(code == "missing_field" ? "missing" : code ?? "invalid")"
    }
  }
}
