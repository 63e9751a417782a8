import Basics
import Bitbucket
import Forges
import OrchTestSupport
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct BitbucketFaultTests {
  func failure(_ forge: BitbucketForge) async -> ForgeError? {
    do {
      _ = try await forge.openPullRequests()
      return nil
    } catch {
      return error
    }
  }

  @Test func `a login that Bitbucket does not know is reported with what to check`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let error = await #expect(throws: ForgeError.self) { try await world.bitbucket(as: "mallory").access() }
      #expect(error?.code == .notLoggedIn)
      #expect(error?.hints.contains { $0.contains("BITBUCKET_EMAIL must be the e-mail address") } == true)
      #expect(error?.hints.contains { $0.contains("app passwords have not worked since") } == true)
      #expect(error?.description.contains("mallory-0123456789") == false)
    }
  }

  @Test func `a repository that is not there or not visible is not found`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let site = ForgeRepository(kind: .bitbucket, host: "bitbucket.org", owner: "acme", repository: "gadget")
      let error = await #expect(throws: ForgeError.self) { try await world.bitbucket(at: site).access() }
      #expect(error?.code == .notFound)
      #expect(error?.message.hasPrefix("Bitbucket cannot find acme/gadget: ") == true)
    }
  }

  @Test func `what the account may not do is forbidden`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      let error = await #expect(throws: ForgeError.self) {
        try await world.bitbucket(as: "rob").create(NewPullRequest(title: "T", body: "", head: "topic", base: "main"))
      }
      #expect(error?.code == .forbidden)
    }
  }

  @Test func `after a 429 the client waits as it is told, even for a change`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      await world.forge.fail(
        .init("POST", "/pullrequests", .answer(.init(429, headers: ["Retry-After": "17"], text: "Rate limit"))))
      let waits = WaitRecord()
      let opened = try await world.bitbucket(waits)
        .create(NewPullRequest(title: "T", body: "", head: "topic", base: "main"))
      #expect(opened.number == 1)
      #expect(await waits.waits.map(\.duration) == [.seconds(17)])
      #expect(await waits.waits.map(\.cause) == [.rateLimit])
    }
  }

  @Test func `a change is not made again after a lost answer`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      try await world.push("topic")
      await world.forge.fail(.init("POST", "/pullrequests", .loseAnswer))
      let error = await #expect(throws: ForgeError.self) {
        try await world.bitbucket().create(NewPullRequest(title: "T", body: "", head: "topic", base: "main"))
      }
      #expect(error?.leavesDoubt == true)
      #expect(await world.requests("POST", endingIn: "/pullrequests") == 1)
    }
  }

  @Test(arguments: [
    FakeForge.Fault.Action.drop, .loseAnswer, .cutBody, .page(status: 503), .answer(.init(500, text: "")),
  ])
  func `reading is tried again after a failure`(fault: FakeForge.Fault.Action) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      _ = try await world.openPull("topic")
      await world.forge.fail(.init("GET", "/pullrequests", times: 2, fault))
      let waits = WaitRecord()
      #expect(try await world.bitbucket(waits).openPullRequests().map(\.number) == [1])
      #expect(await waits.waits.count == 2)
    }
  }

  @Test(arguments: [
    (FakeForge.Fault.Action.drop, ForgeError.Code.unreachable), (.cutBody, .unreachable),
    (.page(status: 502), .serverError),
    (.page(status: 200), .serverError),
    (.answer(.init(200, ["values": "none"])), .serverError),
    (.answer(.init(302, headers: ["Location": "https://evil.example/?\u{7}"], text: "")), .notFound),
    (.answer(.init(429, headers: ["Retry-After": "86000"], text: "")), .rateLimited),
  ])
  func `a failure that stays is reported in one line, without secrets`(
    fault: FakeForge.Fault.Action, code: ForgeError.Code
  ) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      await world.forge.fail(.init("GET", "/pullrequests", times: 99, fault))
      let error = try await failure(world.bitbucket())
      #expect(error?.code == code)
      let said = error?.message ?? ""
      #expect(!said.isEmpty)
      #expect(!said.unicodeScalars.contains { $0.properties.generalCategory == .control })
      for secret in [ForgeWorld.token, "Basic", "YWxpY2VA"] { #expect(error?.description.contains(secret) == false) }
    }
  }

  @Test(arguments: ["0", "-1", "1.5", "1e300", "9223372036854775807", "1e400", "18446744073709551616", "\"7\"", "null"])
  func `a pull request with an impossible number is not an answer of a forge`(number: String) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let pull = """
        {"id": \(number), "title": "T", "state": "OPEN", "source": {"branch": {"name": "a"}}, \
        "destination": {"branch": {"name": "main"}}}
        """
      let fault = FakeForge.Fault.Action.answer(.init(200, text: #"{"values": [\#(pull)]}"#))
      await world.forge.fail(.init("GET", "/pullrequests", times: 99, fault))
      let error = try await failure(world.bitbucket())
      #expect(error?.code == .serverError)
    }
  }

  @Test(arguments: [
    "http://127.0.0.1:1/2.0/more", "https://example.invalid/2.0/more", "http://example.invalid/", "//example.invalid/",
  ])
  func `the login does not follow a list to another host`(next: String) async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      await world.forge.fail(.init("GET", "/pullrequests", .answer(.init(200, ["values": [], "next": .string(next)]))))
      let waits = WaitRecord()
      let error = try await failure(world.bitbucket(waits))
      #expect(error?.code == .serverError)
      #expect(error?.message.contains("the login is not sent there") == true)
      #expect(await waits.waits.isEmpty)
    }
  }

  @Test func `a list without end is given up`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let next = "\(world.forge.baseURL)/2.0/repositories/acme/widget/pullrequests?page=2"
      await world.forge.fail(
        .init("GET", "/pullrequests", times: 999, .answer(.init(200, ["values": [], "next": .string(next)]))))
      let error = try await failure(world.bitbucket())
      #expect(error?.code == .serverError)
      #expect(error?.message == "Bitbucket's list of the pull requests of acme/widget does not end")
      #expect(await world.forge.requests.count == 2)
    }
  }

  @Test func `a request is given up when its task is`() async throws {
    try await ForgeWorld.with(.bitbucket) { world in
      let gate = FakeForge.Gate()
      await world.forge.fail(.init("GET", "/pullrequests", .hold(gate)))
      let forge = try world.bitbucket()
      let asking = Task { await failure(forge) }
      try await world.forge.waitForRequest { $0.method == "GET" }
      asking.cancel()
      #expect(await asking.value?.code == .cancelled)
      await gate.open()
    }
  }
}
