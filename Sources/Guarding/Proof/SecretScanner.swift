import Platform

/// Finds what looks like a private key or a token in lines of text.
///
/// The patterns are those by which the issuers' own keys are known, so that ordinary code has none of them; what is
/// obviously an example is none. They are compared byte by byte: added lines may be hundreds of megabytes.
package struct SecretScanner: Sendable {
  /// A header of a private key whose first line of data has not come yet, and how many lines it may still take.
  private var awaitingKey = 0

  package init() {}

  var awaitsKey: Bool { awaitingKey > 0 }

  /// What a line looks like it holds; nil for nothing. Lines of one file come in order.
  package mutating func find(in line: UnsafeRawBufferPointer) -> String? {
    if let found = findAsItIs(in: line) { return found }
    // UTF-16, in which every other byte of a token is zero.
    guard line.contains(0), line.count >= 20 else { return nil }
    let bytes = line.filter { $0 != 0 }
    return bytes.withUnsafeBytes { findAsItIs(in: $0) }
  }

  private mutating func findAsItIs(in line: UnsafeRawBufferPointer) -> String? {
    if let key = privateKey(in: line) { return key }
    var index = 0
    while index < line.count {
      let candidates = Self.byFirst[Int(line[index])]
      if !candidates.isEmpty, index == 0 || !Self.isWord(line[index - 1]) {
        for pattern in candidates where pattern.matches(line, at: index) { return pattern.name }
      }
      index += 1
    }
    return Self.assignment(in: line)
  }

  /// Between two files, or where lines were left out.
  mutating func reset() { awaitingKey = 0 }

  // MARK: - Private keys

  /// A header alone is in every program that reads keys: data must follow, on the same line or soon after.
  private mutating func privateKey(in line: UnsafeRawBufferPointer) -> String? {
    let name = "private key"
    if let start = line.firstRange(of: "-----BEGIN ") {
      let rest = UnsafeRawBufferPointer(rebasing: line[start...])
      if let end = rest.firstRange(of: "PRIVATE KEY", before: 40) {
        if Self.holdsKeyData(UnsafeRawBufferPointer(rebasing: rest[end...])) { return name }
        awaitingKey = 10
        return nil
      }
    }
    guard awaitingKey > 0 else { return nil }
    awaitingKey -= 1
    if line.firstRange(of: "-----END ") != nil { awaitingKey = 0 }
    guard Self.holdsKeyData(line) else { return nil }
    awaitingKey = 0
    return name
  }

  /// Whether there are forty characters of Base64 in a row that look random.
  private static func holdsKeyData(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var start = 0
    while start < bytes.count {
      guard Alphabet.base64.contains(bytes[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < bytes.count, Alphabet.base64.contains(bytes[end]) { end += 1 }
      if end - start >= 40, looksRandom(bytes[start..<end], bits: 3.5) { return true }
      start = end
    }
    return false
  }

  // MARK: - Tokens

  struct Alphabet: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ characters: String) {
      var (low, high): (UInt64, UInt64) = (0, 0)
      for byte in characters.utf8 where byte < 128 {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
      }
      (self.low, self.high) = (low, high)
    }

    func contains(_ byte: UInt8) -> Bool {
      byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    static let digits = "0123456789"
    static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    static let lower = "abcdefghijklmnopqrstuvwxyz"
    static let alphanumeric = Alphabet(digits + upper + lower)
    static let word = Alphabet(digits + upper + lower + "_")
    static let url = Alphabet(digits + upper + lower + "_-")
    static let base64 = Alphabet(digits + upper + lower + "+/=")
  }

  private struct Pattern: Sendable {
    let name: String
    let prefix: [UInt8]
    let alphabet: Alphabet
    let length: ClosedRange<Int>
    /// How random it must be, in bits a character.
    let bits: Double
    /// What it must contain somewhere, if anything.
    let holding: String?

    init(
      _ name: String, _ prefix: String, _ alphabet: Alphabet, _ length: ClosedRange<Int>, bits: Double = 3,
      holding: String? = nil
    ) {
      self.name = name
      self.prefix = Array(prefix.utf8)
      self.alphabet = alphabet
      self.length = length
      self.bits = bits
      self.holding = holding
    }

    func matches(_ line: UnsafeRawBufferPointer, at start: Int) -> Bool {
      guard start + prefix.count + length.lowerBound <= line.count else { return false }
      for (offset, byte) in prefix.enumerated() where line[start + offset] != byte { return false }
      var end = start + prefix.count
      while end < line.count, alphabet.contains(line[end]) { end += 1 }
      let body = line[(start + prefix.count)..<end]
      guard length.contains(body.count), SecretScanner.looksRandom(body, bits: bits) else { return false }
      if let holding { return UnsafeRawBufferPointer(rebasing: body).firstRange(of: holding) != nil }
      return true
    }
  }

  private static let any = 20...400

  private static let patterns: [Pattern] = {
    let upperCase = Alphabet(Alphabet.digits + Alphabet.upper)
    let dotted = Alphabet(Alphabet.digits + Alphabet.upper + Alphabet.lower + "_-.")
    var patterns = ["AKIA", "ASIA"].map { Pattern("AWS access key", $0, upperCase, 16...16) }
    patterns += ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map {
      Pattern("GitHub token", $0, .alphanumeric, 36...255, bits: 3.5)
    }
    patterns += ["glpat-", "glrt-", "gldt-", "glptt-", "glsoat-"].map { Pattern("GitLab token", $0, dotted, any) }
    patterns += ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"].map {
      Pattern("Slack token", $0, .url, 24...400)
    }
    patterns += ["sk-proj-", "sk-svcacct-", "sk-admin-"].map {
      Pattern("OpenAI key", $0, .url, 40...400, bits: 4)
    }
    patterns += ["sk_live_", "rk_live_"].map { Pattern("Stripe key", $0, .alphanumeric, 20...250, bits: 3.5) }
    patterns += [
      Pattern("GitHub token", "github_pat_", .word, 60...255, bits: 3.5),
      Pattern("Google API key", "AIza", .url, 35...35, bits: 3.5),
      Pattern("Google client secret", "GOCSPX-", .url, 28...28, bits: 3.5),
      Pattern("Anthropic key", "sk-ant-", .url, 60...400, bits: 4),
      Pattern("OpenAI key", "sk-", .alphanumeric, 48...51, bits: 4),
      Pattern("npm token", "npm_", .alphanumeric, 36...36, bits: 3.5),
      Pattern("PyPI token", "pypi-AgE", .url, 50...400, bits: 3.5),
      Pattern("Hugging Face token", "hf_", .alphanumeric, 34...40, bits: 3.5),
      Pattern("DigitalOcean token", "dop_v1_", Alphabet("0123456789abcdef"), 64...64),
      Pattern("SendGrid key", "SG.", dotted, 60...75, bits: 4, holding: "."),
      Pattern("age secret key", "AGE-SECRET-KEY-1", upperCase, 58...58, bits: 3.5),
      Pattern(
        "Slack webhook", "hooks.slack.com/services/T",
        Alphabet(
          Alphabet.digits + Alphabet.upper
            + Alphabet.lower + "/"), 35...80, bits: 3.5, holding: "/B"),
      Pattern(
        "Bitbucket or Atlassian token", "ATATT3xFfGF0",
        Alphabet(
          Alphabet.digits + Alphabet.upper
            + Alphabet.lower + "_-="), 100...400, bits: 4),
    ]
    return patterns
  }()

  private static let byFirst: [[Pattern]] = {
    var table = [[Pattern]](repeating: [], count: 256)
    for pattern in patterns { table[Int(pattern.prefix[0])].append(pattern) }
    return table
  }()

  /// Keys that have no form of their own, where their name is next to them.
  private static func assignment(in line: UnsafeRawBufferPointer) -> String? {
    for (key, name, length) in [
      ("aws_secret_access_key", "AWS secret key", 40), ("AccountKey=", "Azure storage key", 88),
    ] {
      guard let end = line.firstRange(of: key, ignoringCase: true) else { continue }
      var start = end
      while start < line.count, start < end + 8, " \t:=\"'".utf8.contains(line[start]) { start += 1 }
      var stop = start
      while stop < line.count, Alphabet.base64.contains(line[stop]) { stop += 1 }
      if stop - start == length, looksRandom(line[start..<stop], bits: 4) { return name }
    }
    return nil
  }

  // MARK: - Examples

  private static func isWord(_ byte: UInt8) -> Bool { Alphabet.word.contains(byte) }

  private static let placeholders = [
    "EXAMPLE", "PLACEHOLDER", "CHANGEME", "REDACTED", "DUMMY", "XXXXX", "YOUR", "FAKE", "SAMPLE", "1234567", "ABCDEFG",
    "00000000", "DEADBEEF",
  ]

  /// Whether it has the variety of random characters, and nothing in it says that it is an example.
  private static func looksRandom(_ bytes: Slice<UnsafeRawBufferPointer>, bits: Double) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    for byte in bytes { counts[Int(byte)] += 1 }
    let total = Double(bytes.count)
    // As log2 of a count: enough for what are a few dozen characters.
    let entropy = counts.reduce(0.0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / total
      return sum - share * log2(share)
    }
    guard entropy >= bits else { return false }
    let text = UnsafeRawBufferPointer(rebasing: bytes)
    return !placeholders.contains { text.firstRange(of: $0, ignoringCase: true) != nil }
  }
}

extension UnsafeRawBufferPointer {
  /// Where `text` ends that begins at most at `limit`; nil when it is not there.
  fileprivate func firstRange(of text: String, before limit: Int = .max, ignoringCase: Bool = false) -> Int? {
    var text = text
    return text.withUTF8 { wanted -> Int? in
      guard let first = wanted.first, count >= wanted.count else { return nil }
      func folded(_ byte: UInt8) -> UInt8 {
        ignoringCase && byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte & 0xDF : byte
      }
      for start in 0...Swift.min(count - wanted.count, limit) where folded(self[start]) == folded(first) {
        var offset = 1
        while offset < wanted.count, folded(self[start + offset]) == folded(wanted[offset]) { offset += 1 }
        if offset == wanted.count { return start + offset }
      }
      return nil
    }
  }
}
