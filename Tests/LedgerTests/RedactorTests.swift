import Ledger
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct RedactorTests {
  private let redactor = Redactor(
    environment: SecretCorpus.environment, hiding: SecretCorpus.hidden,
    places: ["/app", "/code/the app", "/code/the app/.git"])

  @Test func `secrets of the environment are masked wherever they are`() {
    for secret in SecretCorpus.known {
      for text in SecretCorpus.ways(secret) {
        #expect(!redactor.masked(text).contains(secret), "\(text)")
      }
    }
  }

  @Test func `known secrets are masked in the spellings that programs give them`() {
    // base64 of "horsebatterystaple" and a colon before it, and percent encoding.
    #expect(!redactor.masked("sent aG9yc2ViYXR0ZXJ5c3RhcGxl").contains("YmF0dGVyeXN0YXBs"))
    #expect(!redactor.masked("sent aG9yc2ViYXR0ZXJ5c3RhcGxl").contains("aG9yc2ViYXR0ZXJ5c3RhcGxl"))
    #expect(!redactor.masked("?q=pa%22ss%5Cword-seven").contains("word-seven"))
  }

  @Test(arguments: ["it was horsebatteryst…", "it was horsebatt", "…atterystaple it was", "horsebattery and more"])
  func `a part of a secret is masked where a text was cut`(_ text: String) {
    let masked = redactor.masked(text)
    #expect(!masked.contains("horsebatt") && !masked.contains("terystaple"), "\(masked)")
  }

  @Test func `what looks like a secret is masked`() {
    for (name, secret) in SecretCorpus.made {
      for text in SecretCorpus.ways(secret) {
        let masked = redactor.masked(text)
        #expect(!masked.contains(secret.suffix(16)), "\(name): \(text) -> \(masked)")
      }
    }
  }

  @Test func `what is next to a word for secrets is masked`() {
    for (text, secret) in SecretCorpus.placed {
      let masked = redactor.masked(text)
      #expect(!masked.contains(secret), "\(text) -> \(masked)")
    }
  }

  @Test(arguments: [
    "feat: add a login page for OAuth2 users", "fix(auth): refuse expired sessions", "auth: refuse expired sessions",
    "Fix /api/users and /health", "feature/add-oauth2-login-flow-for-new-users", "exit status 1", "claude 2.1.330",
    "see https://github.com/owner/name/pull/12", "https://github.com/app/x", "src/app/x", "https://h/home/x",
    "/apps/x", "aaaaaaaaaaaaaaaaaaaabbbbbbbbbb0123456789", "no activity for 900 s",
    "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c", "8b05f910-1111-4222-8333-944445555666",
    "Sources/Engine/TodoUpdate.swift:12",
    "20261122-203705-00ff", "claude-opus-4-5-20251101", "JournalledRunTests: a run ends", "and/or", "a ~ b", "50 %",
    "git orch restore one --attempt 1", "key: value", "the token was refused",
  ])
  func `ordinary words stay as they are`(_ text: String) {
    #expect(redactor.masked(text) == text)
  }

  @Test(arguments: [
    ("cannot read '/home/somebody/.ssh/id_rsa': no", "cannot read '<path>': no"),
    ("at /code/the app/Sources/x.swift:12", "at <path>:12"), ("in /tmp/x", "in <path>"), ("(~/.config/x)", "(<path>)"),
    ("/usr/bin/make: *** [all] Error 2", "<path>: *** [all] Error 2"), ("open file:///etc/passwd", "open <path>"),
    ("TMP=/var/folders/x", "TMP=<path>"), ("path:/etc/hosts", "path:<path>"), ("/app/x", "<path>"),
    ("in /app: no", "in <path>: no"), ("/scratch area/tmp/y z", "<path> z"),
  ])
  func `local paths are hidden`(_ text: String, _ masked: String) {
    #expect(redactor.masked(text) == masked)
    let kept = Redactor(environment: [:], includes: [.paths])
    #expect(kept.masked(text) == text)
  }

  @Test func `what is masked is masked the same again`() {
    for (text, _) in SecretCorpus.placed {
      let once = redactor.masked(text)
      #expect(redactor.masked(once) == once, "\(text)")
    }
  }
}
