import Basics
import Forges
import Foundation
import GitHub
import HTTP
import HTTPClient
import OrchTestSupport
import Processes
import SystemPackage
import Testing

extension ForgeWorld {
  /// A forge that speaks GitHub's REST API and must be asked for nothing else.
  static func gitHub<R: Sendable>(_ body: (ForgeWorld) async throws -> R) async throws -> R {
    try await with(.gitHub) { world in
      let result = try await body(world)
      #expect(await world.forge.surprises == [])
      return result
    }
  }

  /// The environment of a user with that token.
  func gitHubEnvironment(token: String? = ForgeWorld.token) throws -> [String: String] {
    let folder = clone.scratch.path.appending("gh-\(token?.prefix(8) ?? "none")")
    return clone.environment.merging(try forge.configureGh(in: folder, token: token)) { $1 }
  }

  /// The client under test without its `gh`: requests go straight to the forge. Its waits go into `record`.
  func client(
    token: String = ForgeWorld.token, waits record: WaitRecord = WaitRecord()
  ) throws -> GitHubForge {
    let base = forge.baseURL
    let client = CurlClient(environment: [:])
    return GitHubForge(
      site: ForgeRepository(kind: .gitHub, host: "github.com", owner: "acme", repository: "widget"),
      environment: try gitHubEnvironment(token: token), directory: clone.scratch.path,
      retryPolicy: record.retryPolicy()
    ) { request in
      var request = request
      let path = request.url.absoluteString.replacing("https://api.github.com", with: base)
      request.url = try #require(URL(string: path))
      // The forge names the next page where it was asked.
      request.headers["Host"] = "api.github.com"
      request.headers["Authorization"] = "token \(token)"
      return try await client.send(request)
    }
  }

  /// The client as users have it, through `gh`.
  func ghClient(
    token: String? = ForgeWorld.token, host: String = "github.com", waits record: WaitRecord = WaitRecord(),
    longestWait: Duration = .seconds(3900), retries: Int = 4,
    changing change: (inout [String: String]) -> Void = { _ in }
  ) throws -> GitHubForge {
    var environment = try gitHubEnvironment(token: token)
    change(&environment)
    return GitHubForge(
      site: ForgeRepository(kind: .gitHub, host: host, owner: "acme", repository: "widget"), environment: environment,
      directory: clone.scratch.path, retryPolicy: record.retryPolicy(longestWait: longestWait, retries: retries))
  }

  /// Makes an empty repository that is the clone's remote `fork`.
  func addFork() async throws -> FilePath {
    let path = clone.scratch.path.appending("fork.git")
    try await clone.git("init", "--quiet", "--bare", path.string)
    try await clone.git("remote", "add", "fork", path.string)
    return path
  }

  func new(_ branch: String = "topic", base: String = "main") -> NewPullRequest {
    NewPullRequest(title: "Title of \(branch)", body: "Body of \(branch)", head: branch, base: base)
  }

  /// Pushes a branch and opens its pull request as that user.
  func open(_ branch: String = "topic", by author: String = "bob", isDraft: Bool = false) async throws
    -> FakeForge.PullRequest
  {
    try await push(branch, file: "\(branch.replacing("/", with: "-")).txt")
    return try await forge.open(
      title: "Title of \(branch)", head: branch, base: "main", author: author, isDraft: isDraft)
  }
}

/// The error that the body throws; fails the test when it throws none.
func forgeError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> ForgeError {
  try #require(await #expect(throws: ForgeError.self, sourceLocation: sourceLocation) { try await body() })
}
