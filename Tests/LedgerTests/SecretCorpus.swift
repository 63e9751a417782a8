import OrchTestSupport

/// Things that must never leave a machine, and the ways in which texts have them.
enum SecretCorpus {
  /// What the process has in its environment.
  static let environment = [
    "GH_TOKEN": "horsebatterystaple", "DB_PASSWORD": #"pa"ss\word-seven"#, "SERVICE_API_KEY": "plainwordsonly",
    "DEPLOY_CREDENTIALS": "ümläut-ist-geheim", "PATH": "/usr/bin:/bin", "HOME": "/home/somebody",
    "TMPDIR": "/scratch area/tmp",
  ]
  /// What other rooms know to be secret.
  static let hidden = ["postgres://app:tr0ub4dor@db.internal/app", "swordfish"]

  static var known: [String] {
    environment.filter { ["GH_TOKEN", "DB_PASSWORD", "SERVICE_API_KEY", "DEPLOY_CREDENTIALS"].contains($0.key) }
      .map(\.value).sorted() + hidden
  }

  /// What is secret by its looks. Made by chance, so that no scanner takes this file for a leak.
  static let made: [(name: String, secret: String)] = {
    var random = SeededRandom("secrets")
    let upper = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    let all = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    let hex = Array("0123456789abcdef")
    func text(_ alphabet: [Character], _ count: Int) -> String {
      String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "x" })
    }
    return [
      ("AWS key", "AKIA" + text(upper, 16)), ("AWS secret", text(all, 40)), ("GitHub", "ghp_" + text(all, 36)),
      ("GitHub fine-grained", "github_pat_" + text(all, 22) + "_" + text(all, 59)),
      ("GitLab", "glpat-" + text(all, 20)), ("Slack", "xoxb-" + text(all, 30)),
      ("Anthropic", "sk-ant-api03-" + text(all, 80)), ("OpenAI", "sk-proj-" + text(all, 60)),
      ("Stripe", "sk_live_" + text(all, 24)), ("npm", "npm_" + text(all, 36)), ("hex key", text(hex, 64)),
      ("JWT", "eyJhbGciOiJIUzI1NiJ9." + text(all, 60) + "." + text(all, 43)),
      ("nameless", text(all, 32)),
    ]
  }()

  /// What is secret by what is next to it: the text, and the part that must not be there.
  static let placed: [(text: String, secret: String)] = [
    ("https://user:hunter2@example.com/x.git", "hunter2"), ("https://example.com/?token=abcdefgh&x=1", "abcdefgh"),
    ("DB_PASSWORD=correcthorse make test", "correcthorse"), ("password: correcthorse", "correcthorse"),
    (#"{"api_key": "k3y-of-mine"}"#, "k3y-of-mine"),
    ("Authorization: Bearer abcdefghij0123456789", "abcdefghij0123456789"),
    ("curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZDE='", "dXNlcjpwYXNzd29yZDE"),
    ("export TOKEN='shortone'", "shortone"), ("mysql --password=rootroot", "rootroot"),
    (
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabcdefgh\n-----END RSA PRIVATE KEY-----\nafter",
      "MIIEowIBAAKCAQEA"
    ),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE", "b3BlbnNzaC1rZXktdjE"),
  ]

  static func ways(_ secret: String) -> [String] {
    [
      secret, "it said \(secret)", "'\(secret)'", "\"\(secret)\"", "key=\(secret)", "(\(secret))",
      "\(secret), then more",
      "first line\n\(secret)\nlast line", "x:\(secret)",
    ]
  }
}
