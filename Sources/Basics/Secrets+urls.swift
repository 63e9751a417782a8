/// URLs can hold secrets, and are in settings, in git's messages and in answers of forges.
extension Secrets {
  /// The text with `***` in place of the secrets in its URLs: `https://user:secret@host/` becomes `https://***@host/`,
  /// `https://host/?token=secret` becomes `https://host/?token=***`, in a fragment, too.
  ///
  /// The name of a user alone is no secret where keys log in, as in `ssh://git@host/`; over HTTP it may be a token.
  package static func withoutPasswords(_ text: String) -> String {
    guard text.contains("://") else { return text }
    var result = ""
    var rest = text[...]
    while let range = rest.firstRange(of: "://") {
      let before = rest.startIndex == range.lowerBound ? result[...] : rest[..<range.lowerBound]
      let scheme = before.reversed().prefix { $0.isLetter }
      result += rest[..<range.upperBound]
      rest = rest[range.upperBound...]
      let authority = rest[..<end(ofAuthority: rest)]
      if let at = authority.lastIndex(of: "@"),
        authority[..<at].contains(":") || ["ptth", "sptth", "ptf", "sptf"].contains(String(scheme).lowercased())
      {
        result += "***"
        rest = rest[at...]
      }
      let tail = rest[..<end(ofURL: rest)]
      result += withoutValues(tail)
      rest = rest[tail.endIndex...]
    }
    return result + rest
  }

  /// A quote ends it unless it is in the middle of a word: a password may have one.
  private static func end(ofAuthority text: Substring) -> Substring.Index {
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      switch text[index] {
      case "/", "?", "#", "<", ">": return index
      case let character where character.isWhitespace: return index
      case "\"", "'", "`":
        guard next < text.endIndex, text[next].isLetter || text[next].isNumber else { return index }
      default: break
      }
      index = next
    }
    return index
  }

  private static func end(ofURL text: Substring) -> Substring.Index {
    text.indices.first { index in
      let character = text[index]
      // Another one begins: "https://a/,https://b/".
      return character.isWhitespace || "\"'<>`".contains(character)
        || character == ":" && text[index...].hasPrefix("://")
    } ?? text.endIndex
  }

  /// What follows the host, without the values of parameters that are named like secrets.
  private static func withoutValues(_ text: Substring) -> String {
    guard let start = text.firstIndex(where: { "?#;".contains($0) }) else { return String(text) }
    var result = String(text[..<start])
    var rest = text[start...]
    while let separator = rest.first {
      result.append(separator)
      rest = rest.dropFirst()
      let part = rest.prefix { !"?&;#".contains($0) }
      rest = rest[part.endIndex...]
      if let equals = part.firstIndex(of: "="), isSecret(name: part[..<equals]) {
        let value = part[part.index(after: equals)...]
        // What closes a sentence or a bracket around the URL.
        let closing = value.reversed().prefix { ").,]}/\\".contains($0) }
        result += part[...equals] + (value.isEmpty ? "" : "***") + String(closing.reversed())
      } else {
        result += part
      }
    }
    return result
  }

  private static func isSecret(name: Substring) -> Bool {
    let plain = percentDecoded(name).lowercased()
    let words = plain.split { !$0.isLetter }
    return words.contains { secretWords.contains($0) }
      || ["token", "secret", "passw", "signature", "credential", "apikey"].contains { plain.contains($0) }
  }

  private static let secretWords: Set<Substring> = [
    "auth", "authorization", "bearer", "code", "jwt", "key", "pass", "pat", "pw", "pwd", "session", "sessionid", "sid",
    "sig",
  ]
}
