import Basics
import Forges
import OrchTestSupport
import Processes
import Testing

/// What `git.provider` and `git.repoSlug` say next to the URL.
@Suite(.timeLimit(.minutes(5))) struct DetectionSettingTests {
  @Test(
    arguments: [
      // For hosts whose names tell nothing
      ("https://code.example/acme/widget", .gitHub, "acme/widget on GitHub (code.example)"),
      ("git@code.example:acme/widget.git", .gitHub, "acme/widget on GitHub (code.example)"),
      (
        "https://code.example/acme/team/widget", .gitHub,
        "no forge: its URL names no repository on GitHub (code.example)"
      ),
      ("git@work:acme/widget.git", .gitHub, "acme/widget on GitHub (github.com)"),
      ("https://intranet/acme/widget.git", .gitHub, "acme/widget on GitHub (intranet)"),
      ("git@work:acme/widget.git", .bitbucket, "acme/widget on Bitbucket (bitbucket.org)"),
      ("git@work:widget.git", .bitbucket, "no forge: its URL names no repository on Bitbucket (bitbucket.org)"),
      ("https://code.example/scm/acme/widget", .bitbucket, "unsupported: Bitbucket Data Center (code.example)"),
      ("https://bitbucket.example/acme/widget", .bitbucket, "unsupported: Bitbucket Data Center (bitbucket.example)"),
      ("https://intranet/acme/widget", .bitbucket, "unsupported: Bitbucket Data Center (intranet)"),
      ("/srv/acme/widget.git", .gitHub, "no forge: its URL is a folder"),
      // Agreeing
      ("https://github.com/acme/widget", .gitHub, "acme/widget on GitHub (github.com)"),
      ("https://bitbucket.org/acme/widget", .bitbucket, "acme/widget on Bitbucket (bitbucket.org)"),
      // Contradicting
      (
        "https://github.com/acme/widget", .bitbucket,
        "invalid: 'orchestrator.git.provider' is 'bitbucket', but the remote is on GitHub (github.com)"
      ),
      (
        "https://gitlab.com/acme/widget", .gitHub,
        "invalid: 'orchestrator.git.provider' is 'github', but the remote is on GitLab (gitlab.com)"
      ),
      (
        "https://gitlab.example/acme/widget", .gitHub,
        "invalid: 'orchestrator.git.provider' is 'github', but the remote is on GitLab (gitlab.example)"
      ),
      (
        "https://bitbucket.example/acme/widget", .gitHub,
        "invalid: 'orchestrator.git.provider' is 'github', but the remote is on Bitbucket Data Center (bitbucket.example)"
      ),
      (
        "codecommit::eu-west-1://widget", .gitHub,
        "invalid: 'orchestrator.git.provider' is 'github', but the remote is on AWS CodeCommit"
      ),
    ] as [(String, ForgeKind, String)])
  func `the provider speaks where the host's name is silent, and never against it`(
    url: String, provider: ForgeKind, expected: String
  ) async throws {
    #expect(line(try await DetectionScratch().detect(url, provider: provider)) == expected)
  }

  @Test func `of two forges the provider picks its own`() async throws {
    let finding = try await DetectionScratch().detect(
      "https://gitlab.com/acme/mirror", "https://github.com/acme/widget", provider: .gitHub)
    #expect(line(finding) == "acme/widget on GitHub (github.com)")
  }

  @Test func `an alias that ssh does not know is on the host that gh asks`() async throws {
    let finding = try await DetectionScratch().detect(
      "git@work:acme/widget", provider: .gitHub, environment: ["GH_HOST": "git.example"])
    #expect(line(finding) == "acme/widget on GitHub (git.example)")
  }

  @Test func `a host that gh knows is not Bitbucket's`() async throws {
    let finding = try await DetectionScratch().detect(
      "https://git.example/acme/widget", provider: .bitbucket, environment: ["GH_HOST": "git.example"])
    #expect(
      line(finding)
        == "invalid: 'orchestrator.git.provider' is 'bitbucket', but the remote is on GitHub (git.example)")
  }

  @Test(arguments: [
    ("https://github.com/acme/widget", "other/thing", "other/thing on GitHub (github.com)"),
    ("https://github.com/acme/widget/pull/3", "other/thing", "other/thing on GitHub (github.com)"),
    ("https://github.com", "other/thing", "other/thing on GitHub (github.com)"),
    ("https://github.com/acme/widget", "", "acme/widget on GitHub (github.com)"),
    ("https://github.com/acme/widget", "auto", "acme/widget on GitHub (github.com)"),
    ("https://bitbucket.org/acme/widget", "other/thing", "other/thing on Bitbucket (bitbucket.org)"),
    ("https://bitbucket.org/acme/widget", "thing", "acme/thing on Bitbucket (bitbucket.org)"),
    ("/srv/widget.git", "other/thing", "no forge: its URL is a folder"),
    ("https://gitlab.com/acme/widget", "other/thing", "unsupported: GitLab (gitlab.com)"),
    (
      "https://github.com/acme/widget", "thing",
      "invalid: 'orchestrator.git.repoSlug' must be OWNER/NAME on GitHub, not 'thing' alone"
    ),
    (
      "git@bitbucket.org:widget.git", "thing",
      "invalid: 'orchestrator.git.repoSlug' is 'thing' without a workspace, and neither the remote's URL nor "
        + "BITBUCKET_WORKSPACE has one"
    ),
    (
      "https://bitbucket.org/acme/widget", "a/b/c",
      "invalid: 'orchestrator.git.repoSlug' must be WORKSPACE/NAME or NAME, not 'a/b/c'"
    ),
  ])
  func `the slug is taken instead of what the URL says`(url: String, slug: String, expected: String) async throws {
    #expect(line(try await DetectionScratch().detect(url, slug: slug)) == expected)
  }

  @Test(arguments: [
    "/", "a/", "/b", "a/b/", "a//b", "a/b/c", "https://github.com/acme/widget", "git@github.com:acme/widget", "a b/c",
    "a/..", "../b", "a/.", "-a/b", "a/-b", "a/b.git", "a/.git", "a/b?c", "a/b#c", "a/%62", "ä/b", "a/b\u{1B}[2J",
    " a/b",
    "a/" + String(repeating: "b", count: 101),
  ])
  func `a slug that no repository has is refused, in words fit for a terminal`(slug: String) async throws {
    let text = line(try await DetectionScratch().detect("https://github.com/acme/widget", slug: slug))
    #expect(text.hasPrefix("invalid: 'orchestrator.git.repoSlug' must be OWNER/NAME, not '"))
    #expect(text.count < 150 && text.unicodeScalars.allSatisfy { (0x20..<0x7f).contains($0.value) })
  }

  @Test(
    arguments: [
      ("/srv/widget.git", .gitHub, "acme/widget", [:], "acme/widget on GitHub (github.com)"),
      ("/srv/widget.git", .gitHub, "acme/widget", ["GH_HOST": "git.example"], "acme/widget on GitHub (git.example)"),
      ("ext::x", .gitHub, "acme/widget", [:], "acme/widget on GitHub (github.com)"),
      ("file:///srv/w", .bitbucket, "acme/widget", [:], "acme/widget on Bitbucket (bitbucket.org)"),
      ("/srv/w", .bitbucket, "widget", ["BITBUCKET_WORKSPACE": "acme"], "acme/widget on Bitbucket (bitbucket.org)"),
      (
        "/srv/w", .gitHub, "widget", [:],
        "invalid: 'orchestrator.git.repoSlug' must be OWNER/NAME on GitHub, not 'widget' alone"
      ),
      (
        "https://gist.github.com/alice/0123", .gitHub, "acme/widget", [:],
        "no forge: its URL is a gist, which has no pull requests"
      ),
    ] as [(String, ForgeKind, String, [String: String], String)])
  func `provider and slug together stand for a URL that tells nothing`(
    url: String, provider: ForgeKind, slug: String, variables: [String: String], expected: String
  ) async throws {
    let finding = try await DetectionScratch().detect(url, provider: provider, slug: slug, environment: variables)
    #expect(line(finding) == expected)
  }

  @Test(arguments: [
    ("git@bitbucket.org:widget.git", "acme", "acme/widget on Bitbucket (bitbucket.org)"),
    ("https://bitbucket.org/%7Ba-b%7D/widget", "acme", "acme/widget on Bitbucket (bitbucket.org)"),
    ("https://bitbucket.org/written/widget", "acme", "written/widget on Bitbucket (bitbucket.org)"),
    ("git@bitbucket.org:widget.git", "../x", "no forge: its URL names no repository on Bitbucket (bitbucket.org)"),
    ("git@bitbucket.org:widget.git", "", "no forge: its URL names no repository on Bitbucket (bitbucket.org)"),
    ("https://bitbucket.org/a/b/widget", "acme", "no forge: its URL names no repository on Bitbucket (bitbucket.org)"),
    ("git@github.com:widget.git", "acme", "no forge: its URL names no repository on GitHub (github.com)"),
  ])
  func `BITBUCKET_WORKSPACE stands in for a workspace that the URL lacks`(
    url: String, workspace: String, expected: String
  ) async throws {
    let finding = try await DetectionScratch().detect(url, environment: ["BITBUCKET_WORKSPACE": workspace])
    #expect(line(finding) == expected)
  }
}
