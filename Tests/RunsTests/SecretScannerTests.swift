import Testing

@testable import Guarding

/// Values are put together from pieces, so that nothing that looks for secrets finds any in this file.
@Suite struct SecretScannerTests {
  private static let random = "q7Zt2Kx9Vb4Nw8Rj5Lp3Hd6Ys1Gf0CmTeUaQoXiBvJkWzPnDrSlMhAyEgFuI4c7d2k9"

  private static func find(_ lines: String...) -> [String?] {
    var scanner = SecretScanner()
    return lines.map { line in
      var line = line
      return line.withUTF8 { scanner.find(in: UnsafeRawBufferPointer($0)) }
    }
  }

  private static func random(_ count: Int, upper: Bool = false) -> String {
    let text = String(random.prefix(count))
    return upper ? text.uppercased() : text
  }

  private static let secrets: [(String, String)] = [
    ("AWS access key", "AK" + "IA" + random(16, upper: true)),
    ("GitHub token", "gh" + "p_" + random(36)),
    ("GitHub token", "gh" + "o_" + random(36)),
    ("GitHub token", "github" + "_pat_" + random(22) + "_" + random(59)),
    ("GitLab token", "gl" + "pat-" + random(20)),
    ("Slack token", "xo" + "xb-" + "1234-" + random(24)),
    ("Google API key", "AI" + "za" + random(35)),
    ("Anthropic key", "sk-" + "ant-api03-" + random(60) + "-" + random(30)),
    ("OpenAI key", "sk-" + "proj-" + random(60)),
    ("OpenAI key", "s" + "k-" + random(48)),
    ("npm token", "np" + "m_" + random(36)),
    ("Stripe key", "sk" + "_live_" + random(24)),
    ("AWS secret key", "aws_secret" + "_access_key = " + random(40)),
  ]

  @Test(arguments: secrets.indices) func `a token, wherever in a line`(index: Int) {
    let (name, value) = Self.secrets[index]
    for line in [
      value, "key = \"\(value)\"", "  - KEY=\(value) # mine", "https://x:\(value)@host/", "\u{0}\(value)\u{0}",
      String(value.flatMap { [$0, "\0"] }),
    ] {
      #expect(Self.find(line) == [name], "\(name)")
    }
  }

  @Test(arguments: [
    "AK" + "IAIOSFODNN7EXAMPLE",
    "gh" + "p_" + String(repeating: "x", count: 36),
    "gh" + "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-" + "ant-api03-your-key-goes-here-your-key-goes-here-your-key-goes-here-your-key",
    "sk-" + "ant-...",
    "s" + "k-" + String(repeating: "0", count: 48),
    "sk-looks-like-a-css-class-name-that-somebody-made-up-for-skeletons-of-pages",
    "task-" + "q7Zt2Kx9Vb4Nw8Rj5Lp3Hd6Ys1Gf0CmTeUaQoXiBvJkWzPnD",
    "xo" + "xb-your-token",
    "AI" + "zaSy-too-short",
    "np" + "m_config_registry_is_a_variable_of_npm",
    "hf_hub_download(repo_id, filename)",
    "aws_secret" + "_access_key = os.environ[\"AWS_SECRET_ACCESS_KEY\"]",
    "aws_secret" + "_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "integrity sha512-q7Zt2Kx9Vb4Nw8Rj5Lp3Hd6Ys1Gf0CmTeUaQoXiBvJkWzPnDrSlMhAyEgFuI4c7d2k9==",
    "-----BEGIN PUBLIC KEY-----",
    "if line.hasPrefix(\"-----BEGIN " + "PRIVATE KEY-----\") {",
    "",
  ]) func `an example, or something else`(line: String) {
    #expect(Self.find(line) == [nil], "\(line)")
  }

  private static let header = "-----BEGIN " + "RSA PRIVATE KEY-----"

  @Test func `a private key is a header with data after it`() {
    let data = Self.random(64)
    #expect(Self.find(Self.header, data) == [nil, "private key"])
    #expect(Self.find("  \"\(Self.header)\\n\" +", "  \"\(data)\\n\"") == [nil, "private key"])
    #expect(Self.find("key: \"\(Self.header)\\n\(data)\\n") == ["private key"])
    #expect(
      Self.find("-----BEGIN " + "OPENSSH PRIVATE KEY-----", data, data) == [nil, "private key", nil])
    #expect(
      Self.find(Self.header, "Proc-Type: 4,ENCRYPTED", "", data) == [nil, nil, nil, "private key"])
    // A format's description has none.
    #expect(Self.find(Self.header, "...", "-----END " + "RSA PRIVATE KEY-----", data) == [nil, nil, nil, nil])
    #expect(Self.find(Self.header, String(repeating: "A", count: 64)) == [nil, nil])
  }
}
