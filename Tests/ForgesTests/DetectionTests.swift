import Basics
import Forges
import OrchTestSupport
import Processes
import Testing

private let gitHub = "acme/widget on GitHub (github.com)"
private let bitbucket = "acme/widget on Bitbucket (bitbucket.org)"

@Suite(.timeLimit(.minutes(5))) struct DetectionTests {
  @Test(arguments: [
    // GitHub
    ("https://github.com/acme/widget.git", gitHub), ("https://github.com/acme/widget", gitHub),
    ("https://github.com/acme/widget/", gitHub), ("HTTPS://GITHUB.COM/acme/widget.git", gitHub),
    ("https://www.github.com/acme/widget", gitHub), ("https://github.com./acme/widget", gitHub),
    ("http://github.com/acme/widget", gitHub), ("git://github.com/acme/widget.git", gitHub),
    ("https://x-access-token:ghs_0123456789@github.com/acme/widget.git", gitHub),
    ("https://github.com:443/acme/widget.git", gitHub), ("https://evil.org@github.com/acme/widget", gitHub),
    ("git@github.com:acme/widget.git", gitHub), ("github.com:acme/widget", gitHub),
    ("git@github.com:/acme/widget.git", gitHub), ("org-1234@github.com:acme/widget.git", gitHub),
    ("ssh://git@github.com/acme/widget.git", gitHub), ("ssh://git@github.com:22/acme/widget.git", gitHub),
    ("ssh://git@ssh.github.com:443/acme/widget.git", gitHub), ("[git@ssh.github.com:443]:acme/widget.git", gitHub),
    ("git+ssh://git@github.com/acme/widget", gitHub), ("ssh+git://git@github.com/acme/widget", gitHub),
    ("https://github.com/acme/my.repo.js.git", "acme/my.repo.js on GitHub (github.com)"),
    ("https://github.com/acme/.github", "acme/.github on GitHub (github.com)"),
    ("https://github.com/acme_corp/a..b", "acme_corp/a..b on GitHub (github.com)"),
    ("https://github.com/acme/widget.git.git", "acme/widget.git on GitHub (github.com)"),
    ("https://github.com/%61cme/widget", gitHub),
    ("https://acme.ghe.com/team/widget", "team/widget on GitHub (acme.ghe.com)"),
    ("acme@ssh.acme.ghe.com:team/widget.git", "team/widget on GitHub (acme.ghe.com)"),
    // GitHub, but no repository
    ("https://github.com", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/widget/pull/3", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/../widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/..", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/./widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/.git", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/-acme/widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/wid get", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/widget?x=1", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme%2Fother/widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acme/w%0aid", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://github.com/acmé/widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("github.com:22/acme/widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("github.com:x@evil.org", "no forge: its URL names no repository on GitHub (github.com)"),
    ("github.com:x@evil.org/widget", "no forge: its URL names no repository on GitHub (github.com)"),
    ("https://gist.github.com/alice/0123456789abcdef", "no forge: its URL is a gist, which has no pull requests"),
    // Look-alikes
    ("https://github.com.evil.org/acme/widget", "no forge: 'github.com.evil.org' is not a known forge"),
    ("https://evilgithub.com/acme/widget", "no forge: 'evilgithub.com' is not a known forge"),
    ("https://evil.org/github.com/acme/widget", "no forge: 'evil.org' is not a known forge"),
    ("https://github.com@evil.org/acme/widget", "no forge: 'evil.org' is not a known forge"),
    ("https://github.com:x@evil.org/acme/widget", "no forge: 'evil.org' is not a known forge"),
    ("github.com@evil.org:acme/widget", "no forge: 'evil.org' is not a known forge"),
    ("https://github.co/acme/widget", "no forge: 'github.co' is not a known forge"),
    ("https://ghe.com/acme/widget", "no forge: 'ghe.com' is not a known forge"),
    ("https://evilghe.com/acme/widget", "no forge: 'evilghe.com' is not a known forge"),
    ("https://evil.github.com/acme/widget", "no forge: 'evil.github.com' is not a known forge"),
    ("https://xn--gthub-n4a.com/acme/widget", "no forge: 'xn--gthub-n4a.com' is not a known forge"),
    ("https://bitbucket.org.evil.org/acme/w", "unsupported: Bitbucket Data Center (bitbucket.org.evil.org)"),
    ("https://evilbitbucket.org/acme/w", "no forge: 'evilbitbucket.org' is not a known forge"),
    ("https://gіthub.com/acme/widget", "no forge: its URL cannot be read"),
    ("https://bitbuc\u{212A}et.org/acme/widget", "no forge: its URL cannot be read"),
    ("https://github.com%2eevil.org/acme/widget", "no forge: its URL cannot be read"),
    ("https://evil.org\\@github.com/acme/widget", "no forge: its URL cannot be read"),
    ("ssh://git@github.com:acme/widget", "no forge: its URL cannot be read"),
    // Bitbucket Cloud
    ("https://bitbucket.org/acme/widget.git", bitbucket), ("https://alice@bitbucket.org/acme/widget.git", bitbucket),
    ("git@bitbucket.org:acme/widget.git", bitbucket), ("ssh://git@bitbucket.org/acme/widget.git", bitbucket),
    ("ssh://git@altssh.bitbucket.org:443/acme/widget.git", bitbucket),
    ("https://www.bitbucket.org/acme/widget", bitbucket),
    ("git@bitbucket.org:widget.git", "no forge: its URL names no repository on Bitbucket (bitbucket.org)"),
    (
      "https://bitbucket.org/acme/widget/src/main", "no forge: its URL names no repository on Bitbucket (bitbucket.org)"
    ),
    // Others, by their names
    ("https://gitlab.com/group/sub/widget.git", "unsupported: GitLab (gitlab.com)"),
    ("ssh://git@altssh.gitlab.com:443/group/widget.git", "unsupported: GitLab (altssh.gitlab.com)"),
    ("git@gitlab.example:group/widget.git", "unsupported: GitLab (gitlab.example)"),
    ("https://codeberg.org/acme/widget", "unsupported: Forgejo (codeberg.org)"),
    ("https://gitea.com/acme/widget", "unsupported: Gitea (gitea.com)"),
    ("https://gitea.example:3000/acme/widget", "unsupported: Gitea (gitea.example)"),
    ("https://forgejo.example/acme/widget", "unsupported: Forgejo (forgejo.example)"),
    ("https://acme@dev.azure.com/acme/project/_git/widget", "unsupported: Azure DevOps (dev.azure.com)"),
    ("git@ssh.dev.azure.com:v3/acme/project/widget", "unsupported: Azure DevOps (ssh.dev.azure.com)"),
    ("https://acme.visualstudio.com/project/_git/widget", "unsupported: Azure DevOps (acme.visualstudio.com)"),
    ("https://git.sr.ht/~alice/widget", "unsupported: sourcehut (git.sr.ht)"),
    (
      "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/widget",
      "unsupported: AWS CodeCommit (git-codecommit.eu-west-1.amazonaws.com)"
    ),
    ("codecommit::eu-west-1://widget", "unsupported: AWS CodeCommit"),
    ("https://bitbucket.example/projects/acme", "unsupported: Bitbucket Data Center (bitbucket.example)"),
    // Others, by the shape of the URL
    ("https://code.example/scm/PROJ/widget.git", "unsupported: Bitbucket Data Center (code.example)"),
    ("https://code.example/bitbucket/scm/~alice/widget.git", "unsupported: Bitbucket Data Center (code.example)"),
    ("ssh://git@code.example:7999/PROJ/widget.git", "unsupported: Bitbucket Data Center (code.example)"),
    // No forge
    ("https://code.example/scm/widget.git", "no forge: 'code.example' is not a known forge"),
    ("ssh://git@code.example:2222/PROJ/widget.git", "no forge: 'code.example' is not a known forge"),
    ("https://[::1]:3000/acme/widget", "no forge: '::1' is not a known forge"),
    ("work:acme/widget", "no forge: 'work' is not a known forge"),
    ("gitlab:acme/widget", "no forge: 'gitlab' is not a known forge"),
    ("/srv/git/github.com/acme/widget.git", "no forge: its URL is a folder"),
    ("../widget", "no forge: its URL is a folder"),
    ("file:///srv/github.com/acme/widget", "no forge: its URL is a folder"),
    ("ext::ssh git@github.com %S acme/widget", "no forge: its URL is for 'git-remote-ext'"),
    ("gcrypt::https://github.com/acme/widget", "no forge: its URL is for 'git-remote-gcrypt'"),
    ("", "no forge: its URL cannot be read"), ("https://", "no forge: its URL cannot be read"),
  ])
  func `a URL tells its forge, or why there is none`(url: String, expected: String) async throws {
    #expect(line(try await DetectionScratch().detect(url)) == expected)
  }

  @Test(arguments: [
    (["https://mirror.example/x", "https://github.com/acme/widget"], gitHub),
    (["/srv/mirror/widget.git", "git@github.com:acme/widget.git"], gitHub),
    (["ext::x", "git@bitbucket.org:acme/widget.git"], bitbucket),
    (["https://", "https://github.com/acme", "https://github.com/acme/widget"], gitHub),
    (["/srv/a", "/srv/a", "https://github.com/acme/widget"], gitHub),
    (["https://github.com/acme/widget", "https://bitbucket.org/acme/widget"], gitHub),
    (["https://gitlab.com/acme/widget", "https://github.com/acme/widget"], "unsupported: GitLab (gitlab.com)"),
    (["https://gitlab.example/acme/widget", "https://github.com/acme/widget"], gitHub),
    (["/srv/a", "https://code.example/x", "ext::x"], "no forge: 'code.example' is not a known forge"),
    (["/srv/a", "ext::x"], "no forge: its URL is for 'git-remote-ext'"),
    ([], "no forge: it has no URL"),
  ])
  func `the first URL on a host whose name tells a forge decides`(urls: [String], expected: String) async throws {
    let scratch = try DetectionScratch()
    let finding = await ForgeDetection.detect(
      urls: urls, provider: nil, slug: nil, environment: scratch.environment)
    #expect(line(finding) == expected)
  }

  @Test func `what is said of a strange URL holds nothing that a terminal obeys, and no password`() async throws {
    for url in ["https://u:s3cret@x\u{1B}[2J.example/a", "https://u:s3cret@code.example/\u{9B}31m", "\u{1B}]0;x::y"] {
      let text = line(try await DetectionScratch().detect(url))
      #expect(text.unicodeScalars.allSatisfy { (0x20..<0x7f).contains($0.value) })
      #expect(!text.contains("s3cret"))
    }
  }

  @Test func `each reason says what to do, where something can be done`() {
    #expect(
      NoForge.unknownHost("git.example").hints == [
        "for GitHub Enterprise, log in: gh auth login --hostname git.example",
        "or name the forge: git config orchestrator.git.provider github",
      ])
    #expect(
      NoForge.noRepository(.bitbucket, host: "bitbucket.org").hints == [
        "name the repository: git config orchestrator.git.repoSlug WORKSPACE/NAME"
      ])
    #expect(
      NoForge.folder.hints == [
        "name the forge and the repository with orchestrator.git.provider and orchestrator.git.repoSlug"
      ])
    #expect(NoForge.gist.hints.isEmpty)
  }
}
