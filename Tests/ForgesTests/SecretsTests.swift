import Basics
import Forges
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct SecretsTests {
  @Test func `values of variables named like secrets are masked, others are not`() {
    let secrets = Secrets(environment: [
      "GH_TOKEN": "ghp_0123456789", "BITBUCKET_API_TOKEN": "ghp_0123456789-longer", "HOME": "/home/alice",
      "MONKEY": "bananas!", "API_KEY": "short",
    ])
    #expect(secrets.masking("a ghp_0123456789-longer b ghp_0123456789 c") == "a *** b *** c")
    #expect(secrets.masking("/home/alice eats bananas! in short") == "/home/alice eats bananas! in short")
  }

  @Test(arguments: [
    ("cannot reach https://bob:s3cret@example.com/x.git", "cannot reach https://***@example.com/x.git"),
    ("https://x-access-token:abc@h/p and ssh://git@h/p", "https://***@h/p and ssh://git@h/p"),
    ("https://a:b@c@d/e", "https://***@d/e"), ("https://h/p@q:r", "https://h/p@q:r"), ("no url", "no url"),
    ("ends with https://", "ends with https://"), ("https://u:p@", "https://***@"),
  ])
  func `passwords in URLs are masked`(text: String, masked: String) {
    #expect(Secrets.withoutPasswords(text) == masked)
  }
}
