/// The secrets that a process was given through its environment, to be kept out of everything that it says.
package struct Secrets: Sendable {
  /// Longest first, so that none hides a part of another.
  private let values: [String]

  /// Takes the values of all variables that are named like secrets: `GH_TOKEN`, `BITBUCKET_API_TOKEN`,
  /// `ANTHROPIC_API_KEY`, `DB_PASSWORD`. Values of fewer than eight characters would blot out ordinary words.
  package init(environment: [String: String]) {
    values =
      environment
      .filter { name, value in value.count >= 8 && Self.isNamedLikeSecret(name) }
      .map(\.value).sorted { $0.count > $1.count }
  }

  /// Whether a variable of this name holds a secret, by its name.
  package static func isNamedLikeSecret(_ name: String) -> Bool {
    name.uppercased().split(separator: "_").contains { names.contains($0[...]) }
  }

  private static let names: Set<Substring> = [
    "TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "PAT", "CREDENTIAL", "CREDENTIALS",
  ]

  /// `text` with `***` in place of each secret, and of what looks like one in a URL.
  package func masking(_ text: String) -> String {
    var text = text
    for value in values where text.contains(value) { text = text.replacing(value, with: "***") }
    return Self.withoutPasswords(text)
  }
}
