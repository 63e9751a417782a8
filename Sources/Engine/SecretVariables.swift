/// Variables that look as if their values were secrets.
package enum SecretVariables {
  /// Words of a name, as parts between `_`.
  private static let words: Set<String> = [
    "APIKEY", "AUTH", "CREDENTIAL", "CREDENTIALS", "DSN", "KEY", "PASS", "PASSPHRASE", "PASSWD", "PASSWORD", "PAT",
    "PIN",
    "PRIVATE", "PWD", "SECRET", "SECRETS", "TOKEN", "TOKENS",
  ]

  /// Named so, and none, or needed by the agent's client itself.
  private static let others: Set<String> = [
    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CODEX_ACCESS_TOKEN", "CODEX_API_KEY",
    "GPG_TTY", "OLDPWD", "PWD", "SSH_AUTH_SOCK",
  ]

  package static func contains(_ variable: String, value: String) -> Bool {
    guard !value.isEmpty, !others.contains(variable) else { return false }
    let parts = variable.uppercased().split(separator: "_")
    if parts.contains(where: { words.contains(String($0)) }) { return true }
    return hasPassword(value)
  }

  /// `scheme://user:password@host`.
  private static func hasPassword(_ value: String) -> Bool {
    guard let scheme = value.firstRange(of: "://") else { return false }
    let authority = value[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    return authority[..<at].contains(":")
  }
}
