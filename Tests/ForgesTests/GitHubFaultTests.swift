import Basics
import Forges
import Foundation
import GitHub
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct GitHubFaultTests {
  // MARK: - Logins

  @Test func `a missing gh is reported with where to get it`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.ghClient { $0["PATH"] = "/nonexistent" }
      let error = try await forgeError { _ = try await forge.access() }
      #expect(
        error
          == ForgeError(
            .clientMissing, "cannot read acme/widget: 'gh' is not installed: it is needed to reach GitHub",
            hints: ["install it: https://cli.github.com", "then log in: gh auth login -h github.com"]))
    }
  }

  @Test func `no login at all is reported with how to log in`() async throws {
    try await ForgeWorld.gitHub { world in
      let error = try await forgeError { _ = try await world.ghClient(token: nil).access() }
      #expect(
        error
          == ForgeError(
            .notLoggedIn, "cannot read acme/widget: 'gh' has no login for 'github.com'",
            hints: ["log in: gh auth login -h github.com"]))
      let waits = WaitRecord()
      let other = try await forgeError {
        _ = try await world.ghClient(token: nil, host: "git.example.com", waits: waits).access()
      }
      #expect(other.code == .notLoggedIn)
      #expect(other.hints == ["log in: gh auth login -h git.example.com"])
      #expect(await waits.waits.isEmpty)
    }
  }

  @Test func `a token in the environment that GitHub does not know is reported by its variable, never by its value`()
    async throws
  {
    try await ForgeWorld.gitHub { world in
      let error = try await forgeError { _ = try await world.ghClient(token: "ghp_expired-012345").access() }
      #expect(
        error
          == ForgeError(
            .notLoggedIn, "cannot read acme/widget: 'github.com' does not accept the login: Bad credentials",
            hints: [
              "gh uses the token in GH_TOKEN: replace it, or unset the variable and log in: gh auth login -h github.com"
            ]))
    }
  }

  @Test func `a login that gh keeps is to be renewed with gh`() async throws {
    try await ForgeWorld.gitHub { world in
      let environment = try world.gitHubEnvironment(token: nil)
      let folder = try #require(environment["GH_CONFIG_DIR"])
      try Data("git.example.com:\n    oauth_token: gho_old-0123456789\n    user: alice\n".utf8)
        .write(to: URL(filePath: "\(folder)/hosts.yml"))
      let error = try await forgeError {
        _ = try await world.ghClient(token: nil, host: "git.example.com").access()
      }
      #expect(error.code == .notLoggedIn)
      #expect(error.hints == ["log in: gh auth login -h git.example.com"])
    }
  }

  @Test func `a token that gh does not use for the host is named`() async throws {
    try await ForgeWorld.gitHub { world in
      let error = try await forgeError { _ = try await world.ghClient(host: "git.example.com").access() }
      #expect(error.code == .notLoggedIn)
      #expect(
        error.hints == [
          "log in: gh auth login -h git.example.com", "gh uses the token in GH_TOKEN for github.com only",
        ])
    }
  }

  @Test func `a repository that is not shown is not found, and why that may be is reported`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.add(.init("eve", token: "ghp_eve-0123456789", permission: .none))
      let error = try await forgeError { _ = try await world.ghClient(token: "ghp_eve-0123456789").access() }
      #expect(error.code == .notFound)
      #expect(
        error.message
          == "cannot read acme/widget: 'github.com' does not have it, or does not show it to this login")
      #expect(
        error.hints == [
          "a private repository looks like this to a login without access; to see who it is:"
            + " gh auth status -h github.com"
        ])
      #expect(try await forgeError { _ = try await world.ghClient().pullRequest(99) }.code == .notFound)
    }
  }

  @Test func `a repository that has moved is reported before anything depends on it`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(
        .init("GET", "/repos/acme/widget", .answer(.init(200, ["full_name": "new/gadget", "default_branch": "main"]))))
      let error = try await forgeError { _ = try await world.ghClient().access() }
      #expect(
        error
          == ForgeError(
            .notFound, "'acme/widget' has moved to 'new/gadget' on 'github.com'",
            hints: ["set the remote's URL to where it is now: git remote set-url"]))

      await world.forge.fail(
        .init(
          "POST", "/pulls",
          .answer(
            .init(
              307, headers: ["Location": "https://api.github.com/repositories/1/pulls"],
              ["message": "Moved Permanently"]))))
      let late = try await forgeError { _ = try await world.ghClient().create(world.new()) }
      #expect(late.code == .notFound)
      #expect(late.message == "cannot open a pull request for 'topic': 'acme/widget' has moved")
    }
  }

  @Test(arguments: ["0", "-1", "1.5", "1e300", "9223372036854775807", "1e400", "18446744073709551616", "\"7\"", "null"])
  func `a pull request with an impossible number is not an answer of GitHub's`(number: String) async throws {
    try await ForgeWorld.gitHub { world in
      let pull = """
        [{"number": \(number), "html_url": "https://github.com/acme/widget/pull/7", "title": "T", "state": "open", \
        "head": {"ref": "a"}, "base": {"ref": "main"}}]
        """
      await world.forge.fail(.init("GET", "/pulls", times: 99, .answer(.init(200, text: pull))))
      let error = try await forgeError { _ = try await world.ghClient().openPullRequests() }
      #expect(error.code == .serverError)
    }
  }

  @Test func `a forbidden thing is reported in GitHub's words, with the scope that may be missing`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(
        .init("GET", "/pulls", .answer(.init(403, ["message": "Resource not accessible by personal access token"]))))
      let error = try await forgeError { _ = try await world.ghClient().openPullRequests() }
      #expect(
        error
          == ForgeError(
            .forbidden,
            "cannot list the pull requests of acme/widget: GitHub forbids it:"
              + " Resource not accessible by personal access token",
            hints: ["the token in GH_TOKEN needs the scope 'repo', or write access to contents and pull requests"]))
    }
  }

  @Test(arguments: [
    ("required; url=https://github.com/orgs/acme/sso?authorization_request=ABC", "https://github.com/orgs/acme/sso"),
    ("required; url=https://evil.example/sso", "see github.com"), ("required", "see github.com"),
  ])
  func `single sign-on is reported with the page that GitHub names for it`(header: String, hint: String) async throws {
    try await ForgeWorld.gitHub { world in
      let message: FakeForge.JSON = [
        "message": "Resource protected by organization SAML enforcement. You must grant your token access."
      ]
      await world.forge.fail(.init("GET", "/user", .answer(.init(403, headers: ["X-GitHub-SSO": header], message))))
      let error = try await forgeError { _ = try await world.ghClient().access() }
      #expect(error.code == .forbidden)
      #expect(error.message.contains("SAML enforcement"))
      #expect(error.hints.count == 1)
      #expect(error.hints.first?.hasPrefix("authorize the login for the organization: \(hint)") == true)
    }
  }

  // MARK: - Failures

  @Test(arguments: [
    (FakeForge.Fault.Action.drop, ForgeError.Code.unreachable, "cannot reach 'api.github.com': "),
    (.loseAnswer, .unreachable, "cannot reach 'api.github.com': "),
    (.cutBody, .unreachable, "unexpected EOF"),
    (
      .answer(.init(502, ["message": "Server Error"])), .serverError,
      "'github.com' answered with HTTP 502: Server Error"
    ),
    (.page(status: 503), .serverError, "'github.com' answered with HTTP 503"),
  ])
  func `reading is tried again after failures, and the last one is reported`(
    action: FakeForge.Fault.Action, code: ForgeError.Code, words: String
  ) async throws {
    try await ForgeWorld.gitHub { world in
      _ = try await world.open("topic")
      await world.forge.fail(.init("GET", "/pulls/1", times: 4, action))
      let waits = WaitRecord()
      #expect(try await world.ghClient(waits: waits).pullRequest(1).number == 1)
      let pauses = await waits.waits
      #expect(pauses.count == 4)
      for (pause, least) in zip(pauses, [100, 200, 400, 800]) {
        #expect(pause.duration >= .milliseconds(least) && pause.duration <= .milliseconds(least) * 1.25)
        guard case .failure = pause.cause else {
          Issue.record("not a failure: \(pause.cause)")
          continue
        }
      }

      await world.forge.fail(.init("GET", "/pulls/1", times: 3, action))
      let error = try await forgeError { _ = try await world.ghClient(retries: 2).pullRequest(1) }
      #expect(error.code == code)
      #expect(error.message.hasPrefix("cannot read pull request #1 of acme/widget: "))
      #expect(error.message.contains(words))
    }
  }

  @Test func `nobody at the other end is reported in one line`() async throws {
    try await ForgeWorld.gitHub { world in
      let forge = try world.ghClient(retries: 0) { $0["GH_DEBUG"] = "api" }
      await world.forge.stop()
      let error = try await forgeError { _ = try await forge.pullRequest(1) }
      #expect(error.code == .unreachable)
      #expect(error.message.hasPrefix("cannot read pull request #1 of acme/widget: cannot reach 'api.github.com': "))
      #expect(error.message.contains("dial unix"))
    }
  }

  @Test(arguments: [
    FakeForge.Fault.Action.page(status: 200), .answer(.init(200, text: "")), .answer(.init(200, [1, 2])),
  ])
  func `what is not an answer of GitHub's is reported as such, and not taken for one`(
    action: FakeForge.Fault.Action
  ) async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(.init("GET", "/pulls", times: 9, action))
      let error = try await forgeError { _ = try await world.client().openPullRequests() }
      #expect(
        error
          == ForgeError(
            .serverError,
            "cannot list the pull requests of acme/widget:"
              + " 'github.com' answered with something that is not from GitHub",
            hints: ["a proxy may have answered instead"]))
    }
  }

  @Test func `creating is not tried again after a lost answer`() async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic")
      await world.forge.fail(.init("POST", "/pulls", .loseAnswer))
      let waits = WaitRecord()
      let error = try await forgeError { _ = try await world.ghClient(waits: waits).create(world.new()) }
      #expect(error.code == .unreachable && error.leavesDoubt)
      #expect(await waits.waits.isEmpty)
      #expect(await world.forge.requests.count == 1)
    }
  }

  @Test func `a cancelled task stops gh and waits no longer`() async throws {
    try await ForgeWorld.gitHub { world in
      let gate = FakeForge.Gate()
      await world.forge.fail(.init("GET", "/pulls/1", .hold(gate)))
      let forge = try world.ghClient()
      let work = Task {
        do { return Result<PullRequest, any Error>.success(try await forge.pullRequest(1)) } catch {
          return .failure(error)
        }
      }
      try await world.forge.waitForRequest { $0.path.hasSuffix("/pulls/1") }
      work.cancel()
      let outcome = await work.value
      #expect(throws: ForgeError(.cancelled, "canceled")) { try outcome.get() }
      await gate.open()
    }
  }

  // MARK: - Rate limits

  @Test(arguments: [Duration.zero, .seconds(7200), .seconds(-7200)])
  func `a rate limit is waited for by the forge's clock, whatever ours says`(skew: Duration) async throws {
    try await ForgeWorld.gitHub { world in
      try await world.push("topic")
      await world.forge.configure { $0.clockSkew = skew }
      await world.forge.fail(.init("POST", "/pulls", .rateLimit(resetIn: .seconds(90))))
      let waits = WaitRecord()
      // What was turned away was not done: it is made again, whatever it is.
      #expect(try await world.ghClient(waits: waits).create(world.new()).number == 1)
      let wait = try #require(await waits.waits.first)
      #expect(await waits.waits.count == 1)
      #expect(wait.cause == .rateLimit)
      // Both are told in whole seconds.
      #expect(wait.duration >= .seconds(88) && wait.duration <= .seconds(91))
      #expect(abs(wait.until.timeIntervalSinceNow - 90) < 30)
    }
  }

  struct Limit: Sendable, CustomTestStringConvertible {
    var status: Int
    var headers: [String: String] = [:]
    var message = "You have exceeded a limit."
    var waits: [Int]
    var testDescription: String { "\(status) \(headers) \(message)" }
  }

  @Test(arguments: [
    Limit(status: 429, headers: ["Retry-After": "7"], waits: [7, 7]),
    Limit(status: 403, headers: ["Retry-After": "30"], waits: [30, 30]),
    Limit(status: 429, headers: ["Retry-After": "0"], waits: [1, 1]),
    Limit(status: 429, waits: [60, 120]),
    Limit(status: 403, message: "You have exceeded a secondary rate limit. Please wait.", waits: [60, 120]),
    Limit(status: 403, headers: ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"], waits: [1, 1]),
  ])
  func `a limit is waited for as the answer says, for at least a second`(limit: Limit) async throws {
    try await ForgeWorld.gitHub { world in
      let answer = FakeForge.Answer(limit.status, headers: limit.headers, ["message": .string(limit.message)])
      await world.forge.fail(.init("GET", "/pulls", times: 2, .answer(answer)))
      let waits = WaitRecord()
      _ = try await world.ghClient(waits: waits).openPullRequests()
      #expect(await waits.waits.map(\.duration) == limit.waits.map { .seconds($0) })
    }
  }

  @Test func `who is asked to wait for too long, or too often, is told until when`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(.init("GET", "/pulls", .rateLimit(resetIn: .seconds(90))))
      let waits = WaitRecord()
      let error = try await forgeError {
        _ = try await world.ghClient(waits: waits, longestWait: .seconds(60)).openPullRequests()
      }
      #expect(error.code == .rateLimited)
      #expect(
        error.message.hasPrefix(
          "cannot list the pull requests of acme/widget: 'api.github.com' takes no more requests from this login before 20"
        ))
      #expect(error.hints == ["its rate limit is used up: try again after that time"])
      #expect(await waits.waits.isEmpty)

      await world.forge.fail(
        .init("GET", "/pulls", times: 3, .answer(.init(429, headers: ["Retry-After": "1"], ["message": "slow"]))))
      let often = try await forgeError {
        _ = try await world.ghClient(waits: waits, retries: 2).openPullRequests()
      }
      #expect(often.code == .rateLimited)
      #expect(await waits.waits.count == 2)
    }
  }

  @Test func `a busy server is waited for as long as it asks`() async throws {
    try await ForgeWorld.gitHub { world in
      await world.forge.fail(
        .init("GET", "/pulls", .answer(.init(503, headers: ["Retry-After": "9"], ["message": "busy"]))))
      let waits = WaitRecord()
      _ = try await world.ghClient(waits: waits).openPullRequests()
      #expect(await waits.waits.map(\.duration) == [.seconds(9)])
    }
  }
}
