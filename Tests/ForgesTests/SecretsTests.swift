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
    // A name alone: a token over HTTP, and a login where keys count.
    ("https://ghp_0123456789@github.com/o/r", "https://***@github.com/o/r"), ("HTTP://TOKEN@h", "HTTP://***@h"),
    ("ssh://alice@h:22/p", "ssh://alice@h:22/p"), ("ssh://alice:pw@h/p", "ssh://***@h/p"),
    ("git+ssh://git@h/p", "git+ssh://git@h/p"),
    ("https://u:pa'ss\"word@h/p", "https://***@h/p"), ("https://:pw@h", "https://***@h"),
    // Parameters.
    ("https://h/x.git?token=SECRET", "https://h/x.git?token=***"),
    ("https://h/x?a=b&access_token=SECRET&c=d#e", "https://h/x?a=b&access_token=***&c=d#e"),
    ("https://h/x?private_token=S;job_token=S", "https://h/x?private_token=***;job_token=***"),
    (
      "https://s3/x?X-Amz-Credential=A%2Fb&X-Amz-Date=1&X-Amz-Signature=c0ffee",
      "https://s3/x?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***"
    ),
    ("https://h/x?sv=1&sig=a%3D", "https://h/x?sv=1&sig=***"),
    (
      "https://h/x?api_key=1&apikey=2&key=3",
      "https://h/x?api_key=***&apikey=***&key=***"
    ),
    ("https://h/x#access_token=SECRET&state=1", "https://h/x#access_token=***&state=1"),
    ("https://h/x?%74oken=SECRET", "https://h/x?%74oken=***"), ("https://h/x?TOKEN=SECRET", "https://h/x?TOKEN=***"),
    (
      "https://h/x?client_secret=S&password=S&passwd=S&pwd=S&auth=S&code=S&jwt=S&pat=S",
      "https://h/x?client_secret=***&password=***&passwd=***&pwd=***&auth=***&code=***&jwt=***&pat=***"
    ),
    ("https://h?token=SECRET", "https://h?token=***"), ("https://h/x?token=", "https://h/x?token="),
    ("https://h/x?tok=1&page=2&keyword=3&monkey=4", "https://h/x?tok=1&page=2&keyword=3&monkey=4"),
    // What is around them.
    ("'https://h/x?token=SECRET/': 403", "'https://h/x?token=***/': 403"),
    ("(https://h/x?token=SECRET).", "(https://h/x?token=***)."),
    ("https://a:b@h/,https://TOKEN@h/?token=S x", "https://***@h/,https://***@h/?token=*** x"),
    ("{\"url\":\"https://h\",\"mail\":\"a:b@c\"}", "{\"url\":\"https://h\",\"mail\":\"a:b@c\"}"),
    ("https://u:p@h/x?u=https://v:q@i/y", "https://***@h/x?u=https://***@i/y"),
  ])
  func `passwords and tokens in URLs are masked`(text: String, masked: String) {
    #expect(Secrets.withoutPasswords(text) == masked)
    #expect(Secrets.withoutPasswords(masked) == masked)
  }
}
