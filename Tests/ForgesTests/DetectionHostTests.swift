import Basics
import Forges
import OrchTestSupport
import Processes
import SystemPackage
import Testing

/// Hosts that only gh, or only ssh, knows.
@Suite(.timeLimit(.minutes(5))) struct DetectionHostTests {
  private static let hosts = """
    git.example:
        oauth_token: not-a-real-token
        user: alice
        git_protocol: https
    GHE.Corp.example:
        user: alice
    github.com:
        user: alice
    """

  @Test(
    arguments: [
      ("gh", ["GH_CONFIG_DIR": "gh"]), ("xdg/gh", ["XDG_CONFIG_HOME": "xdg"]), (".config/gh", [:]),
      (".config/gh", ["GH_CONFIG_DIR": "", "XDG_CONFIG_HOME": ""]),
    ] as [(String, [String: String])])
  func `hosts that gh is logged in to are GitHub's, wherever its settings are`(
    folder: String, variables: [String: String]
  ) async throws {
    let scratch = try DetectionScratch()
    try scratch.write(Self.hosts, to: "\(folder)/hosts.yml")
    let variables = variables.mapValues { $0.isEmpty ? "" : scratch.directory.path.appending($0).string }
    for (url, expected) in [
      ("https://git.example/acme/widget", "acme/widget on GitHub (git.example)"),
      ("git@ghe.corp.example:acme/widget.git", "acme/widget on GitHub (ghe.corp.example)"),
      ("https://github.com/acme/widget", "acme/widget on GitHub (github.com)"),
      ("https://sub.git.example/acme/widget", "no forge: 'sub.git.example' is not a known forge"),
      ("https://user/acme/widget", "no forge: 'user' is not a known forge"),
    ] {
      #expect(line(await scratch.detect(url, environment: variables)) == expected)
    }
  }

  @Test func `the folder that is named first is the only one that counts`() async throws {
    let scratch = try DetectionScratch()
    try scratch.write(Self.hosts, to: ".config/gh/hosts.yml")
    let empty = try scratch.directory.makeDirectory("gh").string
    let finding = await scratch.detect("https://git.example/acme/widget", environment: ["GH_CONFIG_DIR": empty])
    #expect(finding == .noForge(.unknownHost("git.example")))
  }

  @Test func `GH_HOST makes a host known, a token does not`() async throws {
    let scratch = try DetectionScratch()
    let url = "https://git.example/acme/widget"
    for variable in ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_TOKEN"] {
      #expect(
        await scratch.detect(url, environment: [variable: "not-a-real-token"]) == .noForge(.unknownHost("git.example")))
    }
    for host in ["git.example", "Git.Example", "git.example."] {
      #expect(line(await scratch.detect(url, environment: ["GH_HOST": host])) == "acme/widget on GitHub (git.example)")
    }
    #expect(
      line(await scratch.detect("https://github.com/acme/widget", environment: ["GH_HOST": "git.example"]))
        == "acme/widget on GitHub (github.com)")
  }

  @Test(arguments: ["", "- a list", "{", "\u{0}", "git.example", "git.example: [", "? [git.example]\n: x"])
  func `a file of hosts that cannot be used knows no host`(text: String) async throws {
    let scratch = try DetectionScratch()
    try scratch.write(text, to: ".config/gh/hosts.yml")
    #expect(await scratch.detect("https://git.example/a/b") == .noForge(.unknownHost("git.example")))
  }

  @Test(arguments: [
    ("git@office:acme/widget.git", "acme/widget on GitHub (github.com)"),
    ("ssh://git@office/acme/widget", "acme/widget on GitHub (github.com)"),
    ("ssh+git://OFFICE:2222/acme/widget", "acme/widget on GitHub (github.com)"),
    ("github.com-private:acme/widget", "acme/widget on GitHub (github.com)"),
    ("bitbucket.office:acme/widget", "acme/widget on Bitbucket (bitbucket.org)"),
    ("lab:acme/widget", "unsupported: GitLab (gitlab.com)"),
    ("corp:acme/widget", "no forge: 'git.corp.example' is not a known forge"),
    ("strange:acme/widget", "no forge: 'strange' is not a known forge"),
    ("https://office/acme/widget", "no forge: 'office' is not a known forge"),
    ("git://office/acme/widget", "no forge: 'office' is not a known forge"),
  ])
  func `an alias is the host that ssh connects to`(url: String, expected: String) async throws {
    let scratch = try DetectionScratch()
    try scratch.addSSH([
      "office": "ssh.github.com", "github.com-private": "GitHub.com", "bitbucket.office": "altssh.bitbucket.org",
      "lab": "gitlab.com", "corp": "git.corp.example", "strange": "-oProxyCommand=x",
    ])
    #expect(line(await scratch.detect(url)) == expected)
  }

  @Test func `ssh is asked once for a host that nobody knows, and never for others`() async throws {
    let scratch = try DetectionScratch()
    try scratch.addSSH([:])
    for url in [
      "git@github.com:acme/widget.git", "git@gitlab.com:acme/widget.git", "https://code.example/acme/widget",
      "-oProxyCommand=x:acme/widget", "ssh://-oProxyCommand=x/acme/widget", "git@-x:acme/widget", "/srv/x",
    ] {
      _ = await scratch.detect(url)
    }
    #expect(scratch.lines(of: "asked") == [])
    _ = await scratch.detect("git@work:acme/widget", "git@work:acme/widget", "git@work:acme/widget")
    #expect(scratch.lines(of: "asked") == ["-G work"])
  }

  @Test(arguments: [
    "exit 255", "echo hostname", "echo 'hostname github.com'; exit 1", "echo hostname github.com.evil.org",
  ])
  func `an ssh that fails or says nothing of use changes nothing`(script: String) async throws {
    let scratch = try DetectionScratch()
    try scratch.addSSH([:], otherwise: script)
    guard case .noForge(.unknownHost) = await scratch.detect("git@work:acme/widget") else {
      Issue.record("a forge was found")
      return
    }
  }
}
