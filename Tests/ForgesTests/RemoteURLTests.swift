import Basics
import Forges
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct RemoteURLTests {
  @Test(arguments: [
    // URLs
    ("https://github.com/acme/widget.git", "https://github.com/acme/widget"),
    ("https://github.com/acme/widget", "https://github.com/acme/widget"),
    ("https://github.com/acme/widget/", "https://github.com/acme/widget"),
    ("https://github.com/acme/widget.git///", "https://github.com/acme/widget"),
    ("https://github.com//acme//widget", "https://github.com/acme/widget"),
    ("https://github.com/acme/widget.git.git", "https://github.com/acme/widget.git"),
    ("https://github.com/acme/.git", "https://github.com/acme/.git"),
    ("https://github.com/acme/.github", "https://github.com/acme/.github"),
    ("https://github.com/acme/my.repo.js.git", "https://github.com/acme/my.repo.js"),
    ("https://GitHub.COM./Acme/Widget.git", "https://github.com/Acme/Widget"),
    ("HTTPS://github.com/acme/widget", "https://github.com/acme/widget"),
    ("https://github.com:443/acme/widget", "https://github.com:443/acme/widget"),
    ("https://github.com:/acme/widget", "https://github.com/acme/widget"),
    ("https://alice@github.com/acme/widget", "https://github.com/acme/widget"),
    ("https://alice:s3cret@github.com:8443/acme/widget", "https://github.com:8443/acme/widget"),
    ("https://a:p@ss@github.com/acme/widget", "https://github.com/acme/widget"),
    ("https://github.com", "https://github.com/"), ("https://github.com/", "https://github.com/"),
    ("http://git.example/a/b/c/d.git", "http://git.example/a/b/c/d"),
    ("https://git.example/a%20b/c%2Fd%2egit", "https://git.example/a%20b/c%2Fd"),
    ("https://git.example/100%/%zz", "https://git.example/100%25/%25zz"),
    ("https://git.example/a/b?x=1#y", "https://git.example/a/b%3Fx%3D1%23y"),
    ("https://[2001:DB8::1]:3000/a/b.git", "https://[2001:db8::1]:3000/a/b"),
    ("https://[::1]/a/b", "https://[::1]/a/b"),
    ("git+https://git.example/a/b", "https://git.example/a/b"),
    ("git://git.example:9418/a/b.git", "git://git.example:9418/a/b"),
    ("ssh://git@git.example/a/b.git", "ssh://git.example/a/b"),
    ("ssh://git@git.example:2222/~alice/b", "ssh://git.example:2222/~alice/b"),
    ("SSH://GIT@GIT.EXAMPLE/A/B", "ssh://git.example/A/B"),
    ("git+ssh://git@git.example/a/b", "ssh://git.example/a/b"),
    ("ssh+git://git@git.example/a/b", "ssh://git.example/a/b"),
    // The form of scp
    ("git@git.example:a/b.git", "ssh://git.example/a/b"), ("git.example:a/b", "ssh://git.example/a/b"),
    ("git@git.example:/a/b.git/", "ssh://git.example/a/b"), ("office:a/b", "ssh://office/a/b"),
    ("my_alias:a/b", "ssh://my_alias/a/b"), ("git@git.example:", "ssh://git.example/"),
    ("git.example:22/a/b", "ssh://git.example/22/a/b"),
    ("git.example:x@other.example", "ssh://git.example/x%40other.example"),
    ("git.example@other.example:a/b", "ssh://other.example/a/b"),
    ("alice@corp.example@git.example:a/b", "ssh://git.example/a/b"),
    ("git@git.example:a%20b/c", "ssh://git.example/a%2520b/c"),
    ("git@git.example:group/sub/b", "ssh://git.example/group/sub/b"),
    ("[git.example:2222]:a/b", "ssh://git.example:2222/a/b"),
    ("[git@git.example:2222]:a/b", "ssh://git.example:2222/a/b"),
    ("git@[git.example:22]:a/b", "ssh://git.example:22/a/b"), ("[git.example]:a/b", "ssh://git.example/a/b"),
    ("[::1]:a/b", "ssh://[::1]/a/b"), ("git@[FE80::1]:a/b", "ssh://[fe80::1]/a/b"),
    ("[git@::1]:a/b", "ssh://[::1]/a/b"),
    ("git.example:[a]:b/c", "ssh://git.example/%5Ba%5D%3Ab/c"),
    // Paths
    ("/srv/git/a.git", "a folder"), ("../a", "a folder"), ("./a:b", "a folder"), ("a", "a folder"),
    ("a/b:c", "a folder"),
    ("~/a", "a folder"), ("/srv/my repo", "a folder"), ("file:///srv/a.git", "a folder"), ("FILE://host/a", "a folder"),
    ("dir/https://github.com/acme/widget", "a folder"),
    // Programs
    ("ext::sh -c 'exec x'", "ext::"), ("gcrypt::https://github.com/acme/widget", "gcrypt::"),
    ("codecommit::eu-west-1://a", "codecommit::"), ("s3://bucket/a", "s3::"), ("fe80::1:a", "fe80::"),
  ])
  func `a URL is read as git reads it`(text: String, description: String) throws {
    #expect(try #require(RemoteURL(text)).description == description)
  }

  @Test(arguments: [
    "", ":", "::", ":a/b", "@:a/b", "://", "https://", "https:///a/b", "https://@/a/b", "https://:443/a/b",
    "https://git.example:port/a", "https://git.example:0/a", "https://git.example:65536/a",
    "https://git.example:99999999999999999999/a", "https://git.example:-1/a", "ssh://git@github.com:acme/widget",
    "https://github.com%2eevil.org/a/b", "https://evil.org\\@github.com/a/b", "https://evil.org?@github.com/a/b",
    "https://evil.org#@github.com/a/b", "https://git..example/a", "https://.example/a", "https://git.example../a",
    "https://gіthub.com/acme/widget", "git@gіthub.com:acme/widget", "https://bitbuc\u{212A}et.org/acme/widget",
    "https://github。com/acme/widget", "https://git example/a", "https://git.example\n/a", "git@git.example:a\u{7f}",
    "https://git.example/\u{0}", "-oProxyCommand=x:a/b", "ssh://-oProxyCommand=x/a", "git@-host:a", "[-host:22]:a",
    "https://[::1/a", "https://[::1]x/a", "https://[git.example]/a", "https://[::1%25eth0]/a", "[git.example:22]a",
    "[]:a", "x[git.example]:a", "https://\(String(repeating: "a.", count: 127))example/a", "a b://git.example/a",
  ])
  func `what names no host for certain is not a URL`(text: String) {
    #expect(RemoteURL(text) == nil)
  }

  @Test func `neither user nor password is kept`() throws {
    for text in ["https://alice:s3cret@git.example/a/b", "ssh://s3cret@git.example/a", "s3cret@git.example:a/b"] {
      var dumped = ""
      dump(try #require(RemoteURL(text)), to: &dumped)
      #expect(!dumped.contains("s3cret") && !dumped.contains("alice"))
    }
  }
}
